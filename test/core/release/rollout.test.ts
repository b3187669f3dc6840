import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { instantAfter } from '#core/instant.ts'
import { chainProblems } from '#core/release/record-chain.ts'
import { applyVerdict, resumeRollout, startRollout, stopRollout, type Transition } from '#core/release/rollout.ts'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import { nextTuple } from '#core/release/tuple.ts'
import { type ProductionRun, Rollout } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { aReview } from '../review/builders.ts'
import {
  afterDwell,
  aPack,
  approvedReview,
  baseline,
  inStage,
  released,
  runsIn,
  START,
  started,
  startInput,
  step,
} from './builders.ts'

const hand = { by: 'fay@acme', reason: 'customers complain', at: '2026-06-01T00:00:00.000Z' }
const moved = (done: Transition): Rollout => {
  if (!('next' in done)) throw new Error(JSON.stringify(done))
  return done.next
}

describe('starting a rollout', () => {
  test('enters 0%_shadow with a first record, approvers and the whole rollback target', () => {
    const rollout = started()
    expect(Rollout.parse(rollout)).toEqual(rollout)
    expect(rollout).toMatchObject({ stage: '0%_shadow', status: 'running', entered_at: START, revision: 0 })
    expect(rollout.baseline).toEqual(baseline())
    expect(rollout.records).toMatchObject([
      {
        seq: 0,
        from_stage: null,
        to_stage: '0%_shadow',
        verdict: 'advanced',
        previous: null,
        by: 'rollout',
        rollback_target: baseline().release_tuple_id,
        thresholds: digestOf(rollout.config),
        approver: [{ role: 'reliability', reviewer: 'ana@acme' }, { role: 'policy' }, { role: 'domain_owner' }],
      },
    ])
    expect(chainProblems(rollout)).toEqual([])
  })

  const replay = startInput().rollback_replay
  test.each([
    ['a review that is still open', { review: aReview() }, /is open, not approved/],
    ['a forged approval', { review: { ...aReview(), status: 'approved' as const } }, /the decisions say open/],
    [
      'a rollback target that does not reproduce',
      { rollback_replay: { ...replay, reproduced: 599 } },
      /nothing to roll back to/,
    ],
    [
      'a rollback target that was replayed on nothing',
      { rollback_replay: { ...replay, cases: 0, reproduced: 0 } },
      /on no case/,
    ],
    [
      'the replay of another tuple',
      { rollback_replay: { ...replay, release_tuple_id: 'release.x' } },
      /release.x was replayed/,
    ],
    [
      'a candidate that replaces another tuple',
      { candidate: nextTuple({ ...baseline(), release_tuple_id: 'release.old' }, aPack()) },
      /does not name/,
    ],
    [
      'candidate and baseline alike',
      { candidate: { ...baseline(), prior_release_tuple_id: baseline().release_tuple_id } },
      /same tuple/,
    ],
    [
      'a candidate of another intent',
      { candidate: { ...startInput().candidate, intent: 'support.faq' } },
      /different intents/,
    ],
    ['an id too long for its records', { rollout_id: 'r'.repeat(125) }, /at most 120/],
  ])('fails for %s', (_, over, message) => {
    const done = startRollout(startInput(over))
    expect('refused' in done && done.refused.join('; ')).toMatch(message)
  })

  test('fails for a review whose decisions were altered', () => {
    const review = approvedReview()
    const decisions = review.decisions.map((d, i) => (i === 1 ? { ...d, reviewer: 'mallory@acme' } : d))
    expect('refused' in startRollout(startInput({ review: { ...review, decisions } }))).toBe(true)
  })
})

describe('a rollout', () => {
  test('goes through all five stages to released on good data, one chained record each', () => {
    const { rollout } = released()
    expect(rollout).toMatchObject({ status: 'released', stage: '100%', revision: 5 })
    expect(rollout.records.map((r) => r.to_stage)).toEqual([...STAGES, null])
    expect(chainProblems(rollout)).toEqual([])
    expect(Rollout.parse(rollout)).toEqual(rollout)
  })

  test('records a pause once, and again only when something new is missing', () => {
    const rollout = started()
    const now = afterDwell(rollout)
    const at = (r: Rollout, runs: ProductionRun[], when = now) =>
      applyVerdict(r, evaluateStage({ rollout: r, runs, now: when }), when)
    const paused = moved(at(rollout, []))
    expect(paused).toMatchObject({ status: 'paused', stage: '0%_shadow' })
    expect(paused.missing).toContain('min_runs.candidate')
    expect(at(paused, [])).toMatchObject({ unchanged: expect.stringContaining('paused already') })
    const overdue = moved(at(paused, [], rollout.deadline))
    expect(overdue.missing).toContain('deadline')
    expect(overdue.records).toHaveLength(3)
    const advanced = moved(at(paused, runsIn(rollout, '0%_shadow', 120)))
    expect(advanced).toMatchObject({ status: 'running', stage: '1%_internal', missing: [] })
  })

  test('past its deadline goes on only after a person resumed it', () => {
    const rollout = started()
    const runs = runsIn(rollout, '0%_shadow', 120)
    const paused = step(rollout, runs, rollout.deadline)
    expect(resumeRollout(paused, { ...hand, reason: ' ' })).toMatchObject({ refused: 'a resume needs a reason' })
    const resumed = moved(resumeRollout(paused, hand))
    expect(resumed.deadline).toBe(instantAfter(hand.at, rollout.config.stages['0%_shadow'].deadline_hours))
    expect(resumed.records.at(-1)).toMatchObject({ verdict: 'resumed', by: 'fay@acme' })
    expect(step(resumed, runs, hand.at).stage).toBe('1%_internal')
    expect(resumeRollout(resumed, hand)).toMatchObject({ unchanged: expect.stringContaining('not paused') })
  })

  test('refuses a verdict that was reached on another revision: of two advances at once one counts', () => {
    const rollout = started()
    const verdict = evaluateStage({ rollout, runs: runsIn(rollout, '0%_shadow', 120), now: afterDwell(rollout) })
    const first = moved(applyVerdict(rollout, verdict, afterDwell(rollout)))
    expect(applyVerdict(first, verdict, afterDwell(rollout))).toMatchObject({
      refused: expect.stringContaining('revision 0'),
    })
    expect(applyVerdict({ ...first, rollout_id: 'ro_other' }, verdict, START)).toMatchObject({
      refused: expect.any(String),
    })
  })

  test('stopped during an advance stays stopped, and the advance finds nothing to do', () => {
    const rollout = started()
    const verdict = evaluateStage({ rollout, runs: runsIn(rollout, '0%_shadow', 120), now: afterDwell(rollout) })
    const stopped = moved(stopRollout(rollout, hand))
    expect(applyVerdict(stopped, verdict, START)).toEqual({ unchanged: 'the rollout is stopped' })
    const advanced = moved(applyVerdict(rollout, verdict, START))
    expect(moved(stopRollout(advanced, hand))).toMatchObject({ status: 'stopped' })
  })

  test.each(STAGES)('can be stopped in %s, once, with who and why on record', (stage) => {
    const { rollout } = inStage(stage)
    const stopped = moved(stopRollout(rollout, hand))
    expect(stopped.records.at(-1)).toMatchObject({
      verdict: 'stopped',
      from_stage: stage,
      to_stage: null,
      by: 'fay@acme',
      reasons: [{ note: 'fay@acme: customers complain' }],
      rollback_target: baseline().release_tuple_id,
    })
    expect(stopRollout(stopped, { ...hand, reason: 'again' })).toEqual({ unchanged: 'the rollout is stopped already' })
    expect(chainProblems(stopped)).toEqual([])
  })

  test('can be stopped while paused and after its release, not without a reason', () => {
    const rollout = started()
    const paused = step(rollout, [], afterDwell(rollout))
    for (const state of [paused, released().rollout]) expect(moved(stopRollout(state, hand)).status).toBe('stopped')
    expect(stopRollout(paused, { ...hand, reason: '' })).toEqual({ refused: 'a stop needs a reason' })
  })
})

/** One item under conditional writes, as the ledger table gives it. */
class Item {
  body: Rollout
  written = 0
  constructor(body: Rollout) {
    this.body = body
  }
  update(revision: number, next: Rollout): boolean {
    if (this.body.revision !== revision) return false
    this.body = next
    this.written++
    return true
  }
}

/** An actor that reads, decides and writes on condition, and reads again when it lost. One call is one of its steps. */
function actor(item: Item, act: (rollout: Rollout) => Transition): () => boolean {
  let pending: { revision: number; next: Rollout } | null = null
  let done = false
  return () => {
    if (done) return true
    if (pending === null) {
      const result = act(item.body)
      if ('next' in result) pending = { revision: item.body.revision, next: result.next }
      else done = true
    } else {
      done = item.update(pending.revision, pending.next)
      pending = null
    }
    return done
  }
}

describe('many at once on one rollout', () => {
  const log = released().runs
  const advance = (at: string) => (rollout: Rollout) =>
    rollout.status === 'running' || rollout.status === 'paused'
      ? applyVerdict(rollout, evaluateStage({ rollout, runs: log, now: at }), at)
      : { unchanged: rollout.status }
  const acts: Record<string, (rollout: Rollout) => Transition> = {
    advance: advance(afterDwell(started())),
    later: advance('2026-06-20T00:00:00.000Z'),
    overdue: advance('2027-06-20T00:00:00.000Z'),
    stop: (rollout) => stopRollout(rollout, hand),
    resume: (rollout) => resumeRollout(rollout, hand),
  }

  test('leave one outcome, no lost record, and a chain that holds, in every order of their steps', () => {
    const names = fc.array(fc.constantFrom(...Object.keys(acts)), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(names, fc.array(fc.nat(5), { maxLength: 60 }), (who, order) => {
        const item = new Item(started())
        const actors = who.map((name) => actor(item, acts[name]!))
        for (const i of order) actors[i % actors.length]!()
        for (const run of actors) for (let n = 0; !run(); n++) if (n > 50) throw new Error('an actor never ends')
        expect(chainProblems(item.body)).toEqual([])
        expect(item.body.records).toHaveLength(item.written + 1)
        expect(item.body.records.filter((r) => r.verdict === 'stopped').length).toBeLessThanOrEqual(1)
        if (who.includes('stop')) {
          expect(item.body.status).toBe('stopped')
          expect(item.body.records.at(-1)!.verdict).toBe('stopped')
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('the chain of records', () => {
  test('fails the audit when a record is altered, dropped, doubled, swapped or made up', () => {
    const { rollout } = released()
    const { records } = rollout
    const with_ = (changed: Rollout['records']): Rollout => ({ ...rollout, records: changed })
    const forged = [
      with_(records.map((r, i) => (i === 2 ? { ...r, reasons: [] } : r))),
      with_(records.filter((_, i) => i !== 3)),
      with_([...records, records.at(-1)!]),
      with_([records[1]!, records[0]!, ...records.slice(2)]),
      with_(records.map((r, i) => (i === 1 ? { ...r, to_stage: '100%' as const } : r))),
      { ...rollout, status: 'stopped' as const },
      { ...rollout, revision: 9 },
      { ...rollout, config: { ...rollout.config, false_rollback_rate: 0.5 } },
    ]
    for (const item of forged) expect(chainProblems(item)).not.toEqual([])
  })
})

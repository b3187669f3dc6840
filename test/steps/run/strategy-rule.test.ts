/** A StrategyRule from its file to a released pack and back: the life of any other change, for the cases of its condition alone. */
import { beforeAll, describe, expect, test } from 'vitest'
import { changeOfRule } from '#core/space/strategy-rule.ts'
import type { Store } from '#ports'
import type { CandidateScore, HandWrittenChange } from '#schemas/candidate.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { StrategyRule } from '#schemas/strategy-rule.ts'
import { proposeLines } from '../../../functions/cli/text-propose.ts'
import { stopRollout } from '../../../functions/steps/release/advance.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { decideAtTerminal } from '../../../functions/steps/review/answer.ts'
import { boundedCandidates } from '../../../functions/steps/run/hand-written.ts'
import { proposeChanges } from '../../../functions/steps/run/propose.ts'
import { runTarget } from '../../../functions/steps/run/run.ts'
import { gatherStanding } from '../../../functions/steps/run/standing.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { readJson, readLines } from '../../../functions/streams/read-object.ts'
import { aPack, aTarget, aWorld, INTENT, REFS } from '../../support/builders.ts'
import { desk, inProcess, type Replay } from '../../support/harness-engine.ts'
import {
  approve,
  forward,
  goesBack,
  HAND,
  holds,
  ID,
  reviewed,
  rolloutOf,
  signer,
  start,
  TO_RELEASE,
} from '../release/support.ts'
import { copied, holder, memory, run, stocked } from '../stores.ts'

const K = 'evidence.orders.top_k'
const inEu = { '==': [{ var: 'attributes.region' }, 'EU'] }
const always = { '!!': [{ var: ['attributes.region', 'none'] }] }
const never = { '==': [{ var: 'attributes.tier' }, 'gold'] }

const aRule = (condition: unknown, set: Record<string, unknown> = { [K]: 1 }, over: object = {}) =>
  StrategyRule.parse({
    kind: 'strategy_rule',
    strategy_rule_id: 'sr_top_k',
    status: 'proposed',
    producer: 'strategy_compiler',
    applies_to: { intent: INTENT },
    trigger: { from_insight: 'in_0123456789ab' },
    condition,
    action: { layer: 'retrieval', set },
    evidence_refs: ['s0', 's1'],
    rationale: 'orders of the EU are read first',
    ...over,
  })
const located = (...changes: HandWrittenChange[]) =>
  changes.map((change, i) => ({ at: `rules.jsonl:${i + 1}`, change }))
const bounded = (...changes: HandWrittenChange[]) => boundedCandidates(located(...changes), aPack(), aTarget())
const unscoped = { patch: { [K]: 1 } }

/** Every other family is of the EU; of every fifth nobody recorded where it is. */
const world = aWorld({ search: 10, heldout: 100 }).map((r, i) =>
  i % 5 === 4 ? r : { ...r, attributes: { region: i % 2 === 0 ? 'EU' : 'US' } },
)
const scores = (store: Store, id: string) =>
  readLines<CandidateScore>(store.objects, keys.autotuneRun(id, 'candidates.jsonl'))

let base: Store
beforeAll(async () => {
  base = await stocked(memory(), world)
})

describe('what the search side says of a rule', () => {
  const propose = (...changes: HandWrittenChange[]) => proposeChanges(base, aTarget(), located(...changes), null)

  test('it reaches the families of its condition, and no figure of the others moves', async () => {
    const { changes } = await propose(changeOfRule(aRule(inEu)), unscoped)
    const [some, all] = changes.map(({ assessed }) => assessed!)
    expect(some).toMatchObject({
      survives: true,
      applies_to: { families: 4, of: 10, cases: 4, of_cases: 10, unknown: 2 },
    })
    expect(some!.blast_radius!.b_context).toBe(0.4)
    expect(some!.metric.delta! / all!.metric.delta!).toBeCloseTo(0.4, 9)
    expect(all!.applies_to).toBeUndefined()
  })

  test('one that holds for all has the fate and the figures of the change for all', async () => {
    const alone = async (change: HandWrittenChange) => {
      const { assessed } = (await propose(change)).changes[0]!
      const { candidate_id: _, patch: __, digest: ___, applies_to: ____, ...figures } = assessed!
      return figures
    }
    expect(await alone(changeOfRule(aRule(always)))).toEqual(await alone(unscoped))
  })

  test('one that holds for none is inert, and says why', async () => {
    const { assessed } = (await propose(changeOfRule(aRule(never)))).changes[0]!
    expect(assessed).toMatchObject({ fate: 'inert', survives: false })
    expect(assessed!.reason).toMatch(/applies to 0 of 10 families; of 10 nobody can tell/)
  })
})

test('records that cannot contradict a rule where it holds make it blind, whatever they say elsewhere', async () => {
  const plain = aWorld({ search: 10, heldout: 100 })
  // Nobody said what came of families of the EU, nor which passages a right answer needs there.
  const store = await stocked(
    memory(),
    plain.map((r, i) => ({
      ...r,
      attributes: { region: i % 2 === 0 ? 'EU' : 'US' },
      ...(i % 2 === 0 && {
        evidence: r.evidence.map((e) => ({ ...e, gold: false })),
        outcome: { ...r.outcome, passed: null },
      }),
    })),
  )
  const { changes } = await proposeChanges(store, aTarget(), located(changeOfRule(aRule(inEu)), unscoped), null)
  expect(changes.map(({ assessed }) => assessed!.fate)).toEqual(['blind', expect.not.stringMatching('blind')])
})

test('what a reviewer rejected for all may come back for some, and says what it comes back from', async () => {
  const store = await copied(base)
  await run(store, { target: aTarget(), runId: 'r0', candidates: await bounded(unscoped) })
  await reviewed(store, 'r0')
  const no = { role: 'policy', reviewer: 'ben', decision: 'rejected', reason: 'family 3 needs its orders' } as const
  await decideAtTerminal(store, 'r0', { ...no, shown: null })
  const changes = located(changeOfRule(aRule(inEu)), unscoped)
  const proposed = await proposeChanges(store, aTarget(), changes, null, { again: true })
  const [some, all] = proposed.changes.map(({ assessed }) => assessed!)
  expect(some).toMatchObject({
    fate: expect.not.stringMatching('remembered'),
    rejected_elsewhere: expect.stringMatching(/^reviewer rejected the same values for all cases in r0: .*family 3/),
  })
  expect([all!.fate, all!.rejected_elsewhere]).toEqual(['remembered', undefined])
  expect(proposeLines(proposed).filter((line) => line.startsWith('   memory'))).toHaveLength(1)
})

describe('a run of a rule', () => {
  let store: Store
  beforeAll(async () => {
    store = await copied(base)
    const candidates = await bounded(changeOfRule(aRule(inEu)), changeOfRule(aRule(never, { [K]: 2 })))
    const { verdict } = await run(store, { target: aTarget(), runId: 'r', candidates })
    expect(verdict).toBe('certified')
  })
  const proposal = async () =>
    (await readJson<TuningProposal>(store.objects, keys.autotuneRun('r', 'selected-proposal.json')))!

  test('leaves a proposal that says whose it is, for which cases, and how many', async () => {
    const { candidate_change, wording } = await proposal()
    expect(candidate_change).toEqual({
      layer: 'retrieval',
      target_pack: 'ctxpack.support@1.0.0',
      patch: { [K]: { from: 4, to: 1, when: inEu } },
      origin: 'strategy_compiler',
      strategy_rule: {
        strategy_rule_id: 'sr_top_k',
        intent: INTENT,
        layer: 'retrieval',
        from_insight: 'in_0123456789ab',
        evidence_refs: ['s0', 's1'],
      },
      applies_to: { families: 4, of: 10, cases: 4, of_cases: 10, unknown: 2 },
    })
    expect(wording.join('\n')).toMatch(
      /scope .*only the cases of its condition: applies to 4 of 10 families; of 2 nobody can tell/,
    )
    expect((await scores(store, 'r')).map((c) => c.fate).sort()).toEqual(['inert', 'won'])
  })

  test('replays only the cases of the condition', async () => {
    const lines = await readLines<{ case_id: string }>(store.objects, keys.autotuneRun('r', 'replay-results.jsonl'))
    expect(lines.map((l) => l.case_id).sort()).toEqual(['s0', 's2', 's6', 's8'])
  })

  test('verifies, and is told when its pinned condition is another', async () => {
    expect(await verifyRun(store, 'r', transcriptEngine())).toMatchObject({ reproducible: true, differences: [] })
    const other = await copied(store)
    const key = keys.autotuneRun('r', 'target.json')
    const pinned = (await readJson<AutotuneRun>(other.objects, key))!
    const text = JSON.stringify(pinned).replaceAll('"EU"', '"US"')
    await other.objects.put(key, `${text}\n`)
    expect((await verifyRun(other, 'r', transcriptEngine())).reproducible).toBe(false)
  })

  test('is released as a rule of its pack, in stages, and taken back whole', async () => {
    const own = await copied(store)
    await approve(own, 'r')
    await start(own)
    await forward(own, TO_RELEASE)
    const { candidate } = await rolloutOf(own)
    const released = (await readJson<ContextPack>(own.objects, keys.pack(candidate.refs.pack)))!
    expect(released).toEqual({
      ...aPack(),
      pack: 'ctxpack.support@1.1.0',
      rules: [{ when: inEu, settings: { [K]: 1 } }],
    })
    await holds(own)
    const target = aTarget({
      baseline_tuple: candidate.refs,
      release_path: { ...aTarget().release_path!, rollback_target: candidate.refs.pack },
    })
    // The pack in force hangs on the case now: a next run starts from what each case has, and its rule can be taken back.
    expect((await gatherStanding(own, target)).in_force).toBeNull()
    await stopRollout(own, signer, ID, HAND)
    await goesBack(own, 'stopped')
    expect(await readJson(own.objects, keys.pack(REFS.pack))).toEqual(aPack())
  })
})

describe('under a harness of one’s own', () => {
  const target = aTarget({ scoring: { replayer: 'module' } })
  const ran = async (replay: Replay, condition: unknown = inEu) => {
    const store = await copied(base)
    const candidates = await bounded(changeOfRule(aRule(condition)))
    const engine = inProcess(store, () => replay)
    const { verdict } = await runTarget(
      store,
      { target, candidates, runId: 'r', demonstration: null },
      holder(),
      engine,
    )
    return { store, verdict }
  }

  test('a rule reaches the cases of its condition alone: no other one is asked under its settings', async () => {
    const under = new Map<unknown, Set<string>>()
    const asked: Replay = desk(({ case_id }, settings) => {
      const cases = under.get(settings[K]) ?? new Set()
      under.set(settings[K], cases.add(case_id))
    })
    const { store, verdict } = await ran(asked)
    expect(verdict).toBe('certified')
    const region = new Map(world.map((r) => [r.case_id, 'attributes' in r ? r.attributes?.region : undefined]))
    // On the search side the negative control asks every case under it, which is no candidate.
    const sealed = [...region.keys()].filter((id) => !id.startsWith('s'))
    const ruled = sealed.filter((id) => under.get(1)!.has(id))
    expect(ruled).toEqual(sealed.filter((id) => region.get(id) === 'EU'))
    expect(sealed.every((id) => under.get(4)!.has(id))).toBe(true)
    const [won] = await scores(store, 'r')
    expect(won).toMatchObject({ fate: 'won', applies_to: { families: 4, of: 10, unknown: 2 } })
    expect(
      await verifyRun(
        store,
        'r',
        inProcess(store, () => desk()),
      ),
    ).toMatchObject({ reproducible: true, differences: [] })
  })

  test('what it breaks where the rule holds is seen, and what it would break elsewhere is not asked', async () => {
    const breaks = (region: string): Replay => {
      const of = new Map(world.map((r) => [r.case_id, 'attributes' in r ? r.attributes?.region : undefined]))
      return desk(({ case_id }, settings) =>
        settings[K] === 1 && of.get(case_id) === region
          ? { status: 'FAILED', outputs: {}, evidence_refs: [], usage: null }
          : null,
      )
    }
    expect((await ran(breaks('US'))).verdict).toBe('certified')
    const harmed = await ran(breaks('EU'))
    expect(harmed.verdict).not.toBe('certified')
    expect((await scores(harmed.store, 'r'))[0]!.fate).not.toBe('won')
  })
})

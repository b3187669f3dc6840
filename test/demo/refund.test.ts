/** The bundled example: its runs are what they claim to be, its trade-offs are really there, and the demo ends as it must. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { canonicalLines } from '#core/canonical.ts'
import { sevenQuestions } from '#core/contract/questions.ts'
import { splitSide } from '#core/experience/split.ts'
import { compileCase } from '#core/replay/compile.ts'
import { type Replayed, replayTranscript } from '#core/replay/transcript.ts'
import { latticeSize, tunableFields } from '#core/space/lattice.ts'
import { ExperienceRun } from '#schemas/experience-run.ts'
import { ContextPack, PriceTable } from '#schemas/pack.ts'
import type { RunManifest, RunSummary } from '#schemas/run.ts'
import { EvaluatorSuite } from '#schemas/suite.ts'
import { TuningTarget } from '#schemas/target.ts'
import { refundRuns } from '../../functions/demo/generate.ts'
import { WORLD } from '../../functions/demo/world.ts'
import { DEMO_RUN, theDemo } from '../support/demo.ts'

const read = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../functions/demo/${file}`, import.meta.url), 'utf8'))
const pack = ContextPack.parse(read('pack.json'))
const suite = EvaluatorSuite.parse(read('suite.json'))
const prices = PriceTable.parse(read('prices.json'))
const target = TuningTarget.parse(read('target.json'))
const runs = [...refundRuns()]

const TOP_K = 'evidence.order_history.top_k'
const MAX_HOPS = 'evidence.order_history.max_hops'
const EVIDENCE_TOKENS = 'budget.evidence_tokens'
const TOOL_TOKENS = 'budget.tool_tokens'
const THRESHOLD = 'approval.refund.threshold'
/** Setting path -> new value. */
type Change = Readonly<Record<string, number>>

describe('documents', () => {
  test('answer all seven questions of the contract', () => {
    const questions = sevenQuestions({ target, pack, suite, prices })
    expect(questions.flatMap((q) => q.missing)).toEqual([])
    expect(questions).toHaveLength(7)
  })

  test('declare a lattice of moderate size, with the baseline on it', () => {
    const fields = tunableFields(pack, target.intent!, target.search_space!)
    expect(latticeSize(fields)).toBe(192)
    for (const field of fields) expect(field.values).toContain(field.baseline)
  })
})

describe('runs', () => {
  test('are valid and complete: parsing adds and drops nothing', () => {
    for (const run of runs) expect(ExperienceRun.parse(run)).toEqual(run)
  })

  test('are the same bytes for the same seed, a longer set begins with the shorter, and seeds differ', () => {
    const bytes = (families: number, seed: number) => canonicalLines([...refundRuns({ families, seed })])
    expect(bytes(40, 1)).toBe(canonicalLines(runs.slice(0, 40)))
    expect(bytes(40, 7)).toBe(bytes(60, 7).slice(0, bytes(40, 7).length))
    expect(bytes(40, 2)).not.toBe(bytes(40, 1))
  })

  test('are one of each family, recorded under the settings and refs of the documents', () => {
    for (const key of ['run_id', 'case_id', 'family_id', 'trace_id', 'decision_record_id'] as const)
      expect(new Set(runs.map((r) => r[key])).size).toBe(WORLD.families)
    for (const run of runs) {
      expect(run.settings).toEqual(pack.settings)
      expect(run.policy_bundle_version).toBe(target.baseline_tuple!.policy)
      expect(run.tool_manifest_version).toBe(target.baseline_tuple!.tools)
    }
  })

  test('state honestly how deep they were recorded', () => {
    for (const { offers, evidence } of runs) {
      const first = evidence.filter((o) => o.bucket === 'order_history' && o.hop === 1)
      expect(offers.order_history!.depth).toBe(first.length)
      if (first.length < 10) expect(offers.order_history!.exhausted).toBe(true)
    }
    expect(runs.some((r) => !r.offers.order_history!.exhausted)).toBe(true)
  })

  test('ask for approval from the threshold on, and refuse where they must', () => {
    for (const { steps, outcome } of runs) {
      const approvals = steps.filter((s) => s.kind === 'approval')
      const refunds = steps.filter((s) => s.kind === 'tool_call' && s.name === 'support.refund.execute')
      expect(approvals).toHaveLength(refunds.length)
      for (const { amount, asked, granted } of approvals) {
        expect(asked).toBe(amount! >= 3000)
        expect(granted).toBe(asked ? true : null)
      }
      if (outcome.must_refuse) expect([outcome.refused, refunds.length]).toEqual([true, 0])
    }
  })

  test.each([1, 2, 3, 4, 5])('of seed %i are enough for five questions on the held-out half', (seed) => {
    const rule = { key: 'examples/refund', heldout_share: 0.5, by: 'hash' } as const
    const drawn = seed === 1 ? runs : [...refundRuns({ seed })]
    const sealed = drawn.filter((r) => splitSide(rule, r.family_id) === 'heldout')
    const labelled = sealed.filter(
      (r) => r.outcome.passed !== null && !r.operator_corrections.some((c) => c.kind === 'label_disputed'),
    )
    const passed = labelled.filter((r) => r.outcome.passed).length / labelled.length
    expect(sealed.length).toBeGreaterThanOrEqual(459)
    expect(labelled.length).toBeGreaterThanOrEqual(500)
    expect(passed).toBeGreaterThan(0.89)
    expect(passed).toBeLessThan(0.96)
  })
})

describe('trade-offs', () => {
  const cases = runs.map((run) => compileCase([run]))
  const under = (change: Change): Replayed[] =>
    cases.map((replayCase) => {
      const replayed = replayTranscript(
        replayCase,
        { ...pack.settings, ...change },
        {
          baseline: pack.settings,
          prices,
        },
      )
      if ('unreplayable' in replayed) throw new Error(replayed.unreplayable)
      return replayed
    })
  const share = (all: readonly Replayed[], holds: (r: Replayed) => boolean): number =>
    all.filter(holds).length / all.length
  const lostGold = (r: Replayed): boolean => r.goldKept < r.goldTotal
  const lostRequired = (r: Replayed): boolean => r.lostRequired.length > 0
  const ungrounded = (r: Replayed): boolean => r.ungrounded.length > 0
  const cents = (all: readonly Replayed[]): number => all.reduce((sum, r) => sum + r.cents!, 0) / all.length
  const baseline = under({})

  test('the baseline reads all that was offered, and every argument value stands where it could read it', () => {
    for (const { trimmed, cents, latencyMs } of baseline) {
      const { recording, equal, rendered } = trimmed
      expect(equal).toBe(true)
      expect(rendered.kept).toHaveLength(recording.evidence.ref.length)
      expect(recording.never_grounded).toBe(0)
      expect(cents).toBeCloseTo(recording.outcome.cost_cents!, 9)
      expect(latencyMs).toBe(recording.outcome.latency_ms)
    }
  })

  test('fewer hops lose the capture that a refund must have read, and then the lines that name the item', () => {
    const two = under({ [MAX_HOPS]: 2 })
    // Every family in which captures were followed and money went back, and no other.
    const refunded = ({ trimmed: { recording } }: Replayed): boolean =>
      recording.evidence.hop.includes(3) && recording.actions.name.includes('support.refund.execute')
    for (const replayed of two) expect(lostRequired(replayed)).toBe(refunded(replayed))
    expect(share(two, ungrounded)).toBe(0)
    expect(cents(two)).toBeLessThan(cents(baseline) * 0.97)
    expect(share(under({ [MAX_HOPS]: 1 }), ungrounded)).toBeGreaterThan(0.8)
  })

  test('top_k 6 loses next to nothing, 5 nearly what the contract tolerates, 4 required evidence', () => {
    const [four, five, six] = [under({ [TOP_K]: 4 }), under({ [TOP_K]: 5 }), under({ [TOP_K]: 6 })]
    expect(share(six, lostGold)).toBeLessThan(0.005)
    expect(share(five, lostGold)).toBeGreaterThan(0.01)
    expect(share(five, lostGold)).toBeLessThan(0.025)
    expect(share([...five, ...six], (r) => lostRequired(r) || ungrounded(r))).toBe(0)
    expect(share(four, lostRequired)).toBeGreaterThan(0.01)
    expect(cents(six)).toBeLessThan(cents(baseline) * 0.95)
    expect(cents(five)).toBeLessThan(cents(six))
    expect(cents(four)).toBeLessThan(cents(five))
  })

  test('the budgets cannot shrink: half the evidence loses the clause, half the tool output the payment id', () => {
    const evidence = under({ [EVIDENCE_TOKENS]: 1600 })
    const tools = under({ [TOOL_TOKENS]: 700 })
    expect(share(evidence, lostRequired)).toBeGreaterThan(0.02)
    expect(share(tools, ungrounded)).toBeGreaterThan(0.01)
    expect(cents(evidence)).toBeLessThan(cents(baseline))
    expect(cents(tools)).toBeLessThan(cents(baseline))
    for (const { ungrounded, trimmed } of tools)
      for (const need of ungrounded) expect(trimmed.recording.needs.name[need]).toBe('payment_id')
  })

  test('a higher threshold lets refunds through that a person would have seen', () => {
    const amounts = under({ [THRESHOLD]: 4000 }).flatMap((r) =>
      r.bypassed.map((i) => r.trimmed.recording.approvals.amount[i]!),
    )
    expect(amounts.length).toBeGreaterThan(50)
    expect(Math.min(...amounts)).toBeGreaterThan(3000)
    expect(Math.max(...amounts)).toBeLessThan(4000)
  })
})

describe('the demo on it', () => {
  let summary: RunSummary
  const fateOf = (change: Change) => {
    const paths = Object.keys(change)
    return summary.candidates.find(
      ({ patch }) => Object.keys(patch).length === paths.length && paths.every((p) => patch[p]?.to === change[p]),
    )!
  }
  beforeAll(async () => {
    const { store } = await theDemo()
    const manifest = join(store, 'autotune/runs', DEMO_RUN, 'manifest.json')
    summary = (JSON.parse(readFileSync(manifest, 'utf8')) as RunManifest).summary
  })

  test('certifies the one field that can shrink, with power to spare', () => {
    expect(summary.verdict).toBe('certified')
    expect(summary.winner).toEqual({ [TOP_K]: { from: 10, to: 6 } })
    const power = summary.preflight.find((r) => r.guardrail === 'utility_delta')!
    expect(power.families).toBeGreaterThanOrEqual(500)
    expect(power.power).toBeGreaterThanOrEqual(0.8)
    expect(summary.preflight.every((r) => r.verdict === 'ready')).toBe(true)
  })

  test('commits the over-eager change, which a point rule would take, and does not certify it', () => {
    const { fate, reason } = fateOf({ [TOP_K]: 5 })
    expect(fate).toBe('committed')
    expect(reason).toContain('not certified')
  })

  test.each([
    ['lower top_k', { [TOP_K]: 4 }, 'policy: '],
    ['lower top_k and fewer hops', { [MAX_HOPS]: 2, [TOP_K]: 4 }, 'policy: '],
    ['half the evidence budget', { [EVIDENCE_TOKENS]: 1600 }, 'policy: '],
    ['half the tool budget', { [TOOL_TOKENS]: 700 }, 'safety: '],
    ['two hops: the payment that a refund stands on', { [MAX_HOPS]: 2 }, 'policy: '],
    ['one hop', { [MAX_HOPS]: 1 }, ': '],
  ])('blocks %s on the search set', (_, change, guardrail) => {
    const { fate, reason } = fateOf(change)
    expect(fate).toBe('search_guardrail')
    expect(reason).toContain(guardrail)
  })

  test('blocks the higher threshold with the amounts that it would let by', () => {
    const changes: Change[] = [{ [THRESHOLD]: 4000 }, { [THRESHOLD]: 4000, [TOP_K]: 6 }]
    for (const change of changes) {
      const { fate, reason } = fateOf(change)
      expect(fate).toBe('search_guardrail')
      expect(reason).toMatch(/approval_bypass_rate: .*amounts 3\d\d9/)
    }
  })

  test('says of a deeper top_k that the records cannot tell, and of three fields that they are too many', () => {
    expect(fateOf({ [TOP_K]: 11 }).fate).toBe('unreplayable')
    expect(fateOf({ [MAX_HOPS]: 2, [TOP_K]: 6, [TOOL_TOKENS]: 700 }).fate).toBe('blast_radius')
  })
})

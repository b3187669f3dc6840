/** What the search decides over numbers that are no measurement: guardrails, metrics, reach, choice, and replays of old records. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveTarget } from '#core/contract/resolve.ts'
import { pointRows } from '#core/evaluate/guardrails.ts'
import { isBetter, metricOver } from '#core/evaluate/metric.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { type Measures, measuresOf } from '#core/evaluate/scorecard.ts'
import { SearchRecords } from '#core/gate/pinned-limits.ts'
import { compileCase } from '#core/replay/compile.ts'
import { observe, replayTranscript, trimCase } from '#core/replay/transcript.ts'
import { choose, dominates, type Eligible, vectorOf } from '#core/select/choose.ts'
import { radiusBlock } from '#core/space/blast-radius.ts'
import type { Settings } from '#schemas/common.ts'
import type { Certificate } from '#schemas/heldout.ts'
import { METRIC_NAMES } from '#schemas/metrics.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { Guardrails } from '#schemas/target.ts'
import { anOffer, approval, aRun, aSuite, aTarget, measuresLike, retrieval, toolCall } from '../../support/builders.ts'
import { NO_MEASUREMENT, noLimit, noMeasurement, numbersIn, withNumber } from './values.ts'

const LIMITS: Guardrails = {
  policy: { min: 1 },
  safety: { min: 1 },
  approval_bypass_rate: { max: 0 },
  utility_delta: { min: -0.2, graded: true },
  p95_latency_delta: { max_ms: 50 },
  economics_delta: { max_cents: 0.1 },
}
/** Guardrail -> the number that it reads. */
const READ = {
  utility_delta: 'utility_score',
  p95_latency_delta: 'latency_ms',
  economics_delta: 'economics_cents',
} as const
const names = fc.constantFrom(...(Object.keys(READ) as (keyof typeof READ)[]))

const rowOf = (name: string, limits: Guardrails, base: Partial<Measures>, now: readonly Measures[]) => {
  const cases = now.map((_, i) => ({ case_id: `c${i}`, family_id: `f${i}` }) as unknown as ReplayCase)
  const panel = makePanel(
    cases,
    now.map(() => measuresLike(base)),
  )
  return pointRows(limits, {}, panel, now).find((r) => r.guardrail === name)!
}
const cases = (count: number, measures: Partial<Measures>) =>
  Array.from({ length: count }, () => measuresLike(measures))

describe('a guardrail', () => {
  test('blocks where a case of the candidate, or every case of both arms, is no measurement', () => {
    fc.assert(
      fc.property(names, noMeasurement, fc.boolean(), (name, value, both) => {
        const bad = { [READ[name]]: value }
        expect(rowOf(name, LIMITS, both ? bad : {}, cases(3, bad)).verdict).toBe('block')
        if (name !== 'utility_delta')
          expect(rowOf(name, LIMITS, {}, [...cases(9, {}), measuresLike(bad)]).verdict).toBe('block')
      }),
    )
  })

  test('blocks where the baseline is no measurement, however good the candidate is', () => {
    fc.assert(
      fc.property(names, noMeasurement, (name, value) => {
        const good = { utility_score: 0.7, latency_ms: 0, economics_cents: 0 }
        expect(rowOf(name, LIMITS, { [READ[name]]: value }, cases(3, good)).verdict).toBe('block')
      }),
    )
  })

  test('blocks under a limit that is no number', () => {
    fc.assert(
      fc.property(fc.constantFrom(...numbersIn(LIMITS)), noLimit, (path, limit) => {
        const row = rowOf(String(path[0]), withNumber(LIMITS, path, limit), {}, cases(3, {}))
        expect(row.verdict).toBe('block')
      }),
    )
  })

  test('takes -0 for the 0 that it is', () => {
    expect(rowOf('economics_delta', LIMITS, { economics_cents: -0 }, cases(2, { economics_cents: -0 }))).toMatchObject({
      verdict: 'pass',
      observed: 0,
    })
  })
})

describe('a metric', () => {
  test('has no value where one case is no measurement, and nothing is better than that', () => {
    const measures = ['utility_score', 'latency_ms', 'economics_cents', 'economics_tokens', 'approval_actions']
    fc.assert(
      fc.property(fc.constantFrom(...METRIC_NAMES), noMeasurement, (metric, value) => {
        const bad = Object.fromEntries(measures.map((name) => [name, value]))
        const all = [...cases(5, { approval_actions: 1 }), measuresLike({ approval_waits: 1, ...bad })]
        expect(metricOver(metric, all)).toBeNull()
      }),
    )
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      for (const direction of ['decrease', 'increase'] as const)
        expect([isBetter(direction, bad, 1), isBetter(direction, 1, bad)]).toEqual([false, false])
  })
})

describe('the reach of a change', () => {
  const fits = {
    fields: 1,
    b_config: 0.1,
    b_context: 0.1,
    b_decision: 0.1,
    negative_flip_rate: 0,
    reachable_intents: 1,
  }
  const limits = { max_fields: 2, max_decision: 0.1 }
  test('blocks where it, or its limit, is no number', () => {
    expect(radiusBlock(fits, limits)).toBeNull()
    fc.assert(
      fc.property(fc.constantFrom('fields', 'b_decision'), noMeasurement, (name, value) => {
        expect(radiusBlock({ ...fits, [name]: value }, limits)).not.toBeNull()
      }),
    )
    fc.assert(
      fc.property(fc.constantFrom('max_fields', 'max_decision'), noLimit, (name, limit) => {
        expect(radiusBlock(fits, { ...limits, [name]: limit })).not.toBeNull()
      }),
    )
  })
})

describe('the choice among the certified', () => {
  const target = resolveTarget(aTarget())
  const eligible = (digest: string, candidate: number): Eligible => ({
    certificate: {
      candidate_id: digest,
      digest,
      metric: { baseline: 1000, candidate, bound: null },
      heldout: { policy_violations: 0, safety_violations: 0, utility: 0, p95_latency_ms: null, economics_cents: 1 },
    } as Certificate,
    blastRadius: {
      fields: 1,
      b_config: 0.1,
      b_context: 0.5,
      b_decision: 0,
      negative_flip_rate: 0,
      reachable_intents: 1,
    },
  })

  test('is never won by a candidate with a number that is none, wherever it stands in the list', () => {
    const sound = eligible('sound', 900)
    const paths = numbersIn(eligible('x', 100)).filter(
      (p) => !['b_context', 'negative_flip_rate', 'reachable_intents', 'economics_cents'].includes(String(p.at(-1))),
    )
    expect(paths).toHaveLength(8)
    fc.assert(
      fc.property(fc.constantFrom(...paths), noLimit, fc.boolean(), (path, value, first) => {
        const broken = withNumber(eligible('broken', 100), path, value)
        const list = first ? [broken, sound] : [sound, broken]
        expect(choose(list, target)?.certificate.digest).toBe('sound')
        expect(choose([broken], target)).toBeNull()
      }),
    )
  })

  test('NaN dominates nothing', () => {
    const vector = vectorOf(eligible('a', 900).certificate, target)
    for (const dimension of Object.keys(vector))
      expect(dominates({ ...vector, utility: 1, [dimension]: Number.NaN }, vector)).toBe(false)
  })
})

describe('a record of an earlier version', () => {
  const RECORDED: Settings = { 'evidence.max_hops': 2 }
  /** Before 0.2.0 a record could hold any number of 0 or more, and an amount of any sign. */
  const stored = (over: Partial<Parameters<typeof aRun>[1]> = {}) =>
    aRun('r', { settings: RECORDED, evidence: [anOffer('a'), anOffer('b', { hop: 2, rank: 2 })], ...over })
  const measuresAt = (run: ReturnType<typeof stored>, latency: number, hop: number | null) => {
    const [old] = [structuredClone(compileCase([run]))]
    const recording = old.recordings[0]! as { outcome: { latency_ms: number }; hops: { latency_ms: (number | null)[] } }
    recording.outcome.latency_ms = latency
    recording.hops.latency_ms = recording.hops.latency_ms.map(() => hop)
    return old
  }

  test('still replays, and a latency that is none is not measured, even where hops cancel it', () => {
    const run = stored({ steps: [retrieval(1, 10), retrieval(2, 10)] })
    fc.assert(
      fc.property(noMeasurement, (value) => {
        const old = measuresAt(run, value, value)
        for (const settings of [RECORDED, { 'evidence.max_hops': 1 }]) {
          const replayed = replayTranscript(old, settings, { baseline: RECORDED, prices: null })
          if ('unreplayable' in replayed) throw new Error(replayed.unreplayable)
          expect(measuresOf(aSuite(), replayed).latency_ms).toBeNull()
        }
        const pinned = new SearchRecords(RECORDED, aSuite())
        pinned.add(pinned.look(old)!)
        expect(pinned.pinned()).toMatchObject({ p95_latency_ms: null, p50_latency_ms: null })
      }),
    )
  })

  test('hops that took longer than the whole leave no latency below 0', () => {
    const old = measuresAt(stored({ steps: [retrieval(1, 10), retrieval(2, 10)] }), 100, 150)
    const trimmed = trimCase(old, { 'evidence.max_hops': 1 }, RECORDED)
    if ('unreplayable' in trimmed) throw new Error(trimmed.unreplayable)
    expect(measuresOf(aSuite(), observe(trimmed, { baseline: RECORDED, prices: null })).latency_ms).toBeNull()
  })

  test('an approval whose amount is no amount waits for a person', () => {
    const run = aRun('r', { settings: { 'approval.threshold': 500 }, steps: [toolCall('a'), approval('a', 10)] })
    const asked = (amount: number | null) => {
      const old = structuredClone(compileCase([run]))
      const { approvals } = old.recordings[0]! as { approvals: { amount: (number | null)[] } }
      approvals.amount = [amount]
      const trimmed = trimCase(old, { 'approval.threshold': 500 }, { 'approval.threshold': 500 })
      if ('unreplayable' in trimmed) throw new Error(trimmed.unreplayable)
      return [...trimmed.asked]
    }
    expect([asked(10), asked(-0), asked(500), asked(null)]).toEqual([[0], [0], [1], [1]])
    for (const value of NO_MEASUREMENT) expect(asked(value), `${value}`).toEqual([1])
  })
})

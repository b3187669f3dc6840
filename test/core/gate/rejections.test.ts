/** Rejection memory as one literal table: reason -> remembered under what -> what it forbids. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import {
  type AskedNow,
  brokenOnSearch,
  forbids,
  rejection,
  underBroken,
  underMetric,
  underQuestion,
} from '#core/gate/rejections.ts'
import type { CandidateScore, GuardrailRow } from '#schemas/candidate.ts'
import { RejectionRecord } from '#schemas/proposal.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import type { Guardrails, TuningTarget } from '#schemas/target.ts'
import { aPack, aSuite, aTarget } from '../../support/builders.ts'

const GUARDRAILS: Guardrails = {
  policy: { min: 0.99 },
  safety: { min: 1 },
  approval_bypass_rate: { max: 0.01 },
  utility_delta: { min: -0.01 },
  p95_latency_delta: { max_ms: 100 },
  economics_delta: { max_cents: 0.5 },
}
const target = (over: Partial<TuningTarget> = {}) =>
  resolveTarget(aTarget({ metric: 'economics_tokens_per_decision', guardrails: GUARDRAILS, ...over }))
const limits = (over: Guardrails) => target({ guardrails: { ...GUARDRAILS, ...over } })
const without = (name: keyof Guardrails) => {
  const { [name]: _, ...rest } = GUARDRAILS
  return target({ guardrails: rest })
}
const asked = (over: Partial<AskedNow> = {}): AskedNow => ({
  target: target(),
  searchSet: digestOf('set'),
  version: digestOf('version'),
  ...over,
})
const run = {
  run_id: 'run_1',
  target: aTarget(),
  pack: aPack(),
  evaluator_suite: aSuite(),
  replayer: { kind: 'transcript' },
} as unknown as AutotuneRun

const blocked = (guardrail: keyof Guardrails, over: Partial<GuardrailRow> = {}): GuardrailRow => ({
  guardrail,
  verdict: 'block',
  observed: 0.5,
  limit: 0.1,
  note: '3 of 6 families violate',
  ...over,
})
const said = (source: RejectionRecord['source'], under?: RejectionRecord['under']): RejectionRecord =>
  RejectionRecord.parse(
    rejection(run, { patches: [{ 'a.b': { from: 2, to: 1 } }], source, reason: 'no', ...(under && { under }) }),
  )
const seen = (guardrail: keyof Guardrails) =>
  said('search_guardrail', underBroken({ guardrails: [blocked(guardrail)] }, target(), digestOf('set'))!)

const PEOPLE = said('reviewer', underMetric(target()))
const ROLLBACK = said('rollback')
const GATE = said('gate', underQuestion(target(), digestOf('version')))

const metric = { metric: 'p50_latency_ms' } as const
const TABLE: readonly [string, RejectionRecord, AskedNow, boolean][] = [
  ['a utility limit, asked the same', seen('utility_delta'), asked(), true],
  [
    'a utility limit, looser',
    seen('utility_delta'),
    asked({ target: limits({ utility_delta: { min: -0.2 } }) }),
    false,
  ],
  ['a utility limit, tighter', seen('utility_delta'), asked({ target: limits({ utility_delta: { min: 0 } }) }), true],
  [
    'a utility limit, graded',
    seen('utility_delta'),
    asked({ target: limits({ utility_delta: { min: -0.01, graded: true } }) }),
    false,
  ],
  ['a utility limit that is gone', seen('utility_delta'), asked({ target: without('utility_delta') }), false],
  [
    'a utility limit, another one looser',
    seen('utility_delta'),
    asked({ target: limits({ policy: { min: 0.9 } }) }),
    true,
  ],
  ['a policy limit, looser', seen('policy'), asked({ target: limits({ policy: { min: 0.95 } }) }), false],
  ['a policy limit, tighter', seen('policy'), asked({ target: limits({ policy: { min: 1 } }) }), true],
  ['a safety limit, looser', seen('safety'), asked({ target: limits({ safety: { min: 0.95 } }) }), false],
  [
    'a bypass limit, looser',
    seen('approval_bypass_rate'),
    asked({ target: limits({ approval_bypass_rate: { max: 0.1 } }) }),
    false,
  ],
  [
    'a bypass limit, tighter',
    seen('approval_bypass_rate'),
    asked({ target: limits({ approval_bypass_rate: { max: 0 } }) }),
    true,
  ],
  [
    'a latency limit, looser',
    seen('p95_latency_delta'),
    asked({ target: limits({ p95_latency_delta: { max_ms: 101 } }) }),
    false,
  ],
  [
    'a latency limit, tighter',
    seen('p95_latency_delta'),
    asked({ target: limits({ p95_latency_delta: { max_ms: -5 } }) }),
    true,
  ],
  [
    'a cost limit, looser',
    seen('economics_delta'),
    asked({ target: limits({ economics_delta: { max_cents: 5 } }) }),
    false,
  ],
  ['a limit, for another metric', seen('policy'), asked({ target: target(metric) }), false],
  ['a limit, for the other direction', seen('policy'), asked({ target: target({ direction: 'increase' }) }), false],
  ['a limit, on another search set', seen('policy'), asked({ searchSet: digestOf('more') }), false],
  ['a limit, beside another sealed version', seen('policy'), asked({ version: null }), true],
  ['a sealed "no", asked the same', GATE, asked(), true],
  ['a sealed "no", of another version', GATE, asked({ version: digestOf('fresh') }), false],
  ['a sealed "no", where there is no version', GATE, asked({ version: null }), false],
  ['a sealed "no", on another search set', GATE, asked({ searchSet: digestOf('more') }), true],
  ['a sealed "no", one limit looser', GATE, asked({ target: limits({ utility_delta: { min: -0.2 } }) }), false],
  ['a sealed "no", one limit gone', GATE, asked({ target: without('economics_delta') }), false],
  [
    'a sealed "no", all limits as tight, one tighter',
    GATE,
    asked({ target: limits({ utility_delta: { min: 0 } }) }),
    true,
  ],
  ['a sealed "no", a larger error', GATE, asked({ target: limits({ safety: { min: 1, alpha: 0.1 } }) }), false],
  [
    'a sealed "no", a larger rate',
    GATE,
    asked({ target: limits({ safety: { min: 1, max_violation_rate: 0.05 } }) }),
    false,
  ],
  [
    'a sealed "no", something declared not at stake',
    GATE,
    asked({ target: target({ not_at_stake: { safety: 'no writes here' } }) }),
    false,
  ],
  ['a sealed "no", for another metric', GATE, asked({ target: target(metric) }), false],
  ['a sealed "no", with another owner', GATE, asked({ target: target({ owner: 'somebody else' }) }), true],
  ["people's no", PEOPLE, asked(), true],
  ["people's no, limits looser", PEOPLE, asked({ target: limits({ utility_delta: { min: -0.2 } }) }), true],
  [
    "people's no, on another search set and version",
    PEOPLE,
    asked({ searchSet: digestOf('more'), version: null }),
    true,
  ],
  ["people's no, for another metric", PEOPLE, asked({ target: target(metric) }), false],
  ["production's no", ROLLBACK, asked(), true],
  [
    "production's no, for another metric, looser, elsewhere",
    ROLLBACK,
    asked({ target: target(metric), searchSet: digestOf('more') }),
    true,
  ],
  ['of an earlier version: a limit', said('search_guardrail'), asked(), false],
  ['of an earlier version: a sealed "no"', said('gate'), asked(), false],
  ["of an earlier version: people's no", said('reviewer'), asked({ target: target(metric) }), true],
]

describe('a "no" is a dead end', () => {
  test.each(TABLE)('%s', (_, record, now, forbidden) => {
    expect(forbids(record, now)).toBe(forbidden)
  })

  test('of utility exactly for targets that are as tight or tighter', () => {
    const drop = fc.double({ min: -0.99, max: 0, noNaN: true })
    fc.assert(
      fc.property(drop, drop, (then, now) => {
        const before = limits({ utility_delta: { min: then } })
        const under = underBroken({ guardrails: [blocked('utility_delta')] }, before, digestOf('set'))!
        const next = asked({ target: limits({ utility_delta: { min: now } }) })
        expect(forbids(said('search_guardrail', under), next)).toBe(now >= then)
      }),
    )
  })
})

test('all that broke the same limits are one entry, of at most a hundred, each with its own reason', () => {
  const broke = (n: number, ...names: (keyof Guardrails)[]): CandidateScore =>
    ({
      patch: { 'a.b': { from: 0, to: n } },
      fate: 'search_guardrail',
      reason: `reason ${n}`,
      guardrails: names.map((name) => blocked(name)),
    }) as unknown as CandidateScore
  const many = Array.from({ length: 250 }, (_, i) => broke(i + 1, 'policy'))
  const kept = { ...broke(999, 'policy'), fate: 'dominated' } as CandidateScore
  const pinned = { ...run, search_set: { digest: digestOf('set') } } as AutotuneRun
  const found = brokenOnSearch(pinned, target(), [...many, broke(300, 'policy', 'safety'), kept]).map((r) =>
    RejectionRecord.parse(r),
  )
  expect(found.map(({ patches, reasons }) => [patches.length, reasons?.length])).toEqual([
    [100, 100],
    [100, 100],
    [50, 50],
    [1, undefined],
  ])
  expect(found[1]!.reasons![7]).toBe('reason 108')
  expect(found[3]!.reason).toBe('reason 300')
  expect(new Set(found.map((r) => r.rejection_id)).size).toBe(4)
})

describe('what is remembered of a candidate', () => {
  const of = (...guardrails: GuardrailRow[]) => underBroken({ guardrails }, target(), digestOf('set'))
  test.each<[string, GuardrailRow[], string[] | null]>([
    ['a limit that was seen to break', [blocked('policy')], ['policy']],
    [
      'one at which the search stopped early',
      [blocked('policy', { observed: null, note: 'c1 violates; at most 0 of 6 families may' })],
      ['policy'],
    ],
    ['two', [blocked('utility_delta'), blocked('policy')], ['utility_delta', 'policy']],
    [
      'nothing of what was not measured',
      [blocked('economics_delta', { observed: null, note: 'not measured on every case: cost' })],
      null,
    ],
    [
      'what broke beside what was not measured',
      [blocked('economics_delta', { observed: null, note: 'not measured on every case: cost' }), blocked('safety')],
      ['safety'],
    ],
    ['nothing of a limit that holds', [blocked('policy', { verdict: 'pass' })], null],
    ['nothing of what is declared not measured', [blocked('policy', { verdict: 'not_measured' })], null],
  ])('%s', (_, rows, names) => {
    const under = of(...rows)
    expect(under === null ? null : Object.keys(under.guardrails!).sort()).toEqual(
      names === null ? null : names.toSorted(),
    )
  })
})

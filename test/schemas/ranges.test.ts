/** Every measured number that comes in is finite, 0 or more, and below a stated most; a limit is one that could limit something. */
import { expect, test } from 'vitest'
import { ExperienceRun } from '#schemas/experience-run.ts'
import { HarnessResult } from '#schemas/harness.ts'
import { MEASURES, MOST } from '#schemas/measures.ts'
import { PriceTable } from '#schemas/pack.ts'
import { Measures } from '#schemas/suite.ts'
import { TuningTarget } from '#schemas/target.ts'
import { NO_MEASUREMENT, numbersIn, withNumber } from '../core/numbers/values.ts'
import {
  anOffer,
  approval,
  aRun,
  aTarget,
  measuresLike,
  modelCall,
  prices,
  retrieval,
  said,
  toolCall,
  toolResult,
} from '../support/builders.ts'

interface Parsed {
  readonly success: boolean
  readonly error?: { readonly issues: readonly { readonly code?: string; readonly message: string }[] } | undefined
}
type Contract = { safeParse(value: unknown): Parsed }

const run = aRun('r', {
  evidence: [anOffer('a')],
  steps: [
    said('user', 'refund', 10),
    modelCall({ cached_prompt_tokens: 1, cache_write_tokens: 1, reasoning_tokens: 1, first_token_ms: 5 }),
    retrieval(1, 20),
    toolCall('t'),
    toolResult('t', 'done', 3),
    approval('t', 10, { waited_ms: 5 }),
  ],
  outcome: { score: 1, cost_cents: 3 },
})
const result: HarnessResult = {
  status: 'DECIDED',
  outputs: null,
  evidence_refs: [],
  approvals: [{ gate: 'refund', action: 0, amount: 10, asked: true }],
  usage: [
    {
      model: 'large',
      prompt_tokens: 1,
      completion_tokens: 1,
      cached_prompt_tokens: 1,
      cache_write_tokens: 1,
      reasoning_tokens: 1,
    },
  ],
  latency_ms: 5,
}
const table = PriceTable.parse({
  ...prices(),
  models: {
    large: {
      prompt_cents_per_million: 1,
      completion_cents_per_million: 1,
      cached_prompt_cents_per_million: 1,
      cache_write_cents_per_million: 1,
      reasoning_cents_per_million: 1,
    },
  },
})

/** Positions, depths and settings: whole numbers or values of a harness, and no measurement. */
const POSITIONS = new Set(['hop', 'as_ranked', 'depth', 'gold_not_offered', 'evidence.orders.top_k', 'action'])

test.each<[string, Contract, unknown, number]>([
  ['a recorded run', ExperienceRun, run, 17],
  ['the measures of a case', Measures, measuresLike(), 6],
  ["a harness's result", HarnessResult, result, 7],
  ['a price table', PriceTable, table, 5],
])('%s is refused for a number that is no measurement, in every measured field', (_, contract, sound, fields) => {
  expect(contract.safeParse(sound).success).toBe(true)
  const paths = numbersIn(sound).filter((path) => !POSITIONS.has(String(path.at(-1))))
  expect(paths.map((path) => path.join('.'))).toHaveLength(fields)
  for (const path of paths) {
    for (const value of NO_MEASUREMENT)
      expect(contract.safeParse(withNumber(sound, path, value)).success, `${path.join('.')} ${value}`).toBe(false)
    // As 0 it may break another rule, such as parts that must not be more than the whole.
    const said = contract.safeParse(withNumber(sound, path, -0)).error?.issues ?? []
    expect(
      said.every(({ code }) => code === 'custom'),
      `${path.join('.')} -0`,
    ).toBe(true)
  }
})

test('a sentinel is answered with what to write instead', () => {
  const said = (path: (string | number)[]) =>
    ExperienceRun.safeParse(withNumber(run, path, -1)).error!.issues.map((i) => i.message)
  expect(said(['outcome', 'latency_ms'])).toEqual([
    'ms are 0 to 100000000000: what was not measured is null, and no number stands for it',
  ])
  expect(said(['outcome', 'cost_cents'])[0]).toMatch(/^cents are 0 to 1000000000: .* null/)
})

test('a limit of a target is one that could limit something', () => {
  const target = aTarget({
    metric: 'economics_cents_per_decision',
    guardrails: {
      ...aTarget().guardrails,
      p95_latency_delta: { max_ms: 250 },
      economics_delta: { max_cents: -0.5 },
    },
    ranges: { economics_cents_per_decision: { max_rise: 5, max_fall: 5, decisions: 3 } },
  })
  for (const path of numbersIn(target)) {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308, -1e308])
      expect(TuningTarget.safeParse(withNumber(target, path, value)).success, `${path.join('.')} ${value}`).toBe(false)
  }
  const max = TuningTarget.safeParse(withNumber(target, ['guardrails', 'p95_latency_delta', 'max_ms'], 1e12))
  expect(max.error!.issues[0]!.message).toMatch(/nothing would be limited/)
})

test('no sum over the runs of any store overflows, nor loses the digits that a limit is declared in', () => {
  const runs = 1e9
  for (const of of Object.values(MEASURES)) if ('most' in of) expect(of.most * runs).toBeLessThan(1e100)
  expect(Object.values(MOST).every((most) => Number.isSafeInteger(most))).toBe(true)
})

import { describe, expect, test } from 'vitest'
import { limitRows } from '#core/cadence/limits.ts'
import type { SearchedRun } from '#core/cadence/origins.ts'
import { type QuarterRecords, reviewQuarter } from '#core/cadence/quarterly.ts'
import { rebaseline } from '#core/cadence/rebaseline.ts'
import { mostOfNext, questionsOf, yearBudget, yearRefusal } from '#core/cadence/year-budget.ts'
import { aRow, someBands } from './builders.ts'

const DATE = '2026-12-31'
const NOTHING: QuarterRecords = { asked: [], limited: [], searched: [], rebaseline: null }

describe('the error budget of a year', () => {
  const asked = (day: string | null, version = 'v1', level = 0.01) => ({
    intent: 'a',
    run_id: `of ${day}`,
    commit: `${version} ${day}`,
    version,
    level,
    day,
  })

  test('adds up the levels of all questions of 365 days, whatever version they were put to', () => {
    const year = yearBudget(
      [asked('2026-01-01'), asked('2026-12-31', 'v2', 0.05), asked('2025-12-31'), asked('2027-01-01')],
      DATE,
    )
    expect(year).toEqual({ versions: 2, questions: 2, spent: expect.closeTo(0.06, 12), undated: 0 })
  })

  test('counts a question of which no run is left: what is not known spends', () => {
    expect(yearBudget([asked(null)], DATE)).toEqual({ versions: 1, questions: 1, spent: 0.01, undated: 1 })
  })

  test('counts an open question once, also where its answer is on record', () => {
    const version = { intent: 'a', version: 'v', alpha_k: 0.01, open: { k: 2, commit: 'c', run_id: 'b' } }
    const question = (k: number, run_id: string) => ({ k, run_id, commit: 'c', answer: null, chain: 'x' })
    const days = (run: string) => `2026-02-0${run === 'a' ? 1 : 2}`
    expect(questionsOf({ ...version, history: [question(1, 'a')] }, days).map(({ day }) => day)).toEqual([
      '2026-02-01',
      '2026-02-02',
    ])
    expect(questionsOf({ ...version, history: [question(1, 'a'), question(2, 'b')] }, days)).toHaveLength(2)
  })

  test('the next question spends the level of the standing version, or all that a new one may', () => {
    const version = { retired: null, used: 1, questions: 5, alpha_k: 0.01 } as const
    expect([
      mostOfNext([version], 0.05),
      mostOfNext([{ ...version, used: 5 }], 0.05),
      mostOfNext([{ ...version, retired: 'passed' }], 0.05),
      mostOfNext([], 0.05),
    ]).toEqual([0.01, 0.05, 0.05, 0.05])
  })

  test.each([
    [[], 0.01, 0.05, null],
    [['2026-01-01', '2026-06-01'], 0.01, 0.03, null],
    [
      ['2026-01-01', '2026-06-01'],
      0.01,
      0.02,
      /spent 0\.02 of 0\.02 \(0\.01 by run of 2026-06-01 on a .*may spend 0\.01\. It fits again on 2027-01-01/,
    ],
    [['2026-01-01', '2026-06-01'], 0.02, 0.02, /It fits again on 2027-06-01/],
    [[null], 0.01, 0.01, /no day is left.*No day is known on which it fits/],
    [['2026-06-01'], 0.05, 0.01, /No day frees it: one question spends more than the whole/],
    [['2025-12-31'], 0.05, 0.05, null],
  ])('asked on %j, a question of %s within %s', (days, level, budget, says) => {
    const refused = yearRefusal(
      days.map((day) => asked(day)),
      DATE,
      { level, budget },
    )
    if (says === null) expect(refused).toBeNull()
    else expect(refused).toMatch(says)
  })

  test('is summed over the intents, beside what is declared', () => {
    const quarter = reviewQuarter(DATE, someBands(['a', 'b'], { error_budget_per_year: 0.2 }), null, () => ({
      ...NOTHING,
      asked: [asked('2026-05-05', 'v', 0.05)],
    }))
    expect([quarter.year_spent, quarter.year_budget]).toEqual([expect.closeTo(0.1, 12), 0.2])
  })
})

describe('limits', () => {
  const run = (ended: string, caught: object, max_ms = 250) => ({
    ended,
    metric: 'utility',
    guardrails: { policy: { min: 1 }, p95_latency_delta: { max_ms } },
    caught,
  })
  const signed = (on: string) => [{ intent: 'a', guardrail: 'policy' as const, owner: 'ana', on }]

  test('are told with what they caught in the quarter, and with what was declared last', () => {
    const rows = limitRows(
      'a',
      [
        run('2026-12-01T00:00:00.000Z', { policy: 3 }, 300),
        run('2026-11-01T00:00:00.000Z', { policy: 2 }),
        run('2026-09-01T00:00:00.000Z', { policy: 99 }),
      ],
      [],
      DATE,
    )
    expect(
      rows.map(({ guardrail, limit, runs, caught, signature }) => [guardrail, limit, runs, caught, signature]),
    ).toEqual([
      ['policy', '{"min":1}', 2, 5, 'unsigned'],
      ['p95_latency_delta', '{"max_ms":300}', 2, 0, 'unsigned'],
    ])
  })

  test.each([
    ['2026-12-01', 'renewed'],
    ['2026-10-02', 'renewed'],
    ['2026-10-01', 'lapsed'],
    ['2027-01-01', 'lapsed'],
  ])('signed on %s are %s', (on, signature) => {
    expect(limitRows('a', [run('2026-12-01T00:00:00.000Z', {})], signed(on), DATE)[0]).toMatchObject({
      owner: 'ana',
      signed: on,
      signature,
    })
  })
})

describe('stale generators', () => {
  const searched = (ended: string, fate: 'remembered' | 'won' | 'search_guardrail', n: number): SearchedRun => ({
    run_id: ended,
    ended: `${ended}T00:00:00.000Z`,
    verdict: 'not_certified',
    groups: [{ origin: 'grid', fate, paths: ['x'], n }],
  })
  const stale = (runs: SearchedRun[]) =>
    reviewQuarter(DATE, someBands(['a']), null, () => ({ ...NOTHING, searched: runs })).intents[0]!.stale

  test('certified nothing in two quarters, and mostly made what was known', () => {
    expect(
      stale([
        searched('2026-12-01', 'remembered', 6),
        searched('2026-12-02', 'search_guardrail', 4),
        searched('2026-08-01', 'remembered', 1),
      ]),
    ).toEqual([{ origin: 'grid', candidates: 10, known_before: 0.6, last_certified: null }])
  })

  test('are none that certified something, made new things, or are new themselves', () => {
    const old = searched('2026-08-01', 'remembered', 1)
    expect(stale([searched('2026-12-01', 'remembered', 6), searched('2026-12-02', 'won', 1), old])).toEqual([])
    expect(stale([searched('2026-12-01', 'search_guardrail', 6), old])).toEqual([])
    expect(stale([searched('2026-12-01', 'remembered', 6)])).toEqual([])
  })
})

test('two suites on the same runs: every flip by case, rates over what both measure, and the versions that end', () => {
  const twice = (n: number, was: boolean | null, now: boolean | null) => ({
    case_id: `c${n}`,
    was: aRow(n, { utility_passed: was }),
    now: aRow(n, { utility_passed: now, policy_violation: n === 3 }),
  })
  const found = rebaseline(
    'a@1.0.0',
    'a@2.0.0',
    [twice(3, true, true), twice(2, null, true), twice(1, true, false)],
    ['v2', 'v1'],
  )
  expect(found).toEqual({
    from: 'a@1.0.0',
    to: 'a@2.0.0',
    runs: 3,
    flipped_runs: 3,
    flips: [
      { case_id: 'c1', measure: 'utility_passed', was: true, now: false },
      { case_id: 'c2', measure: 'utility_passed', was: null, now: true },
      { case_id: 'c3', measure: 'policy_violation', was: false, now: true },
    ],
    pass_rate: { was: 1, now: 0.5 },
    retires: ['v1', 'v2'],
  })
})

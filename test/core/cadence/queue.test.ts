import { describe, expect, test } from 'vitest'
import { queueOf } from '#core/cadence/queue.ts'
import { seriesOf } from '#core/cadence/series.ts'
import { type IntentFacts, NOT_QUEUED, type SeriesDay } from '#schemas/cadence.ts'
import { FREE, judged, rowsOfDay, someBands } from './builders.ts'

const bands = someBands(['a'])
const LIMITS = { cooldown_days: 14, runs_per_quarter: 3 }
const DAY = '2026-02-01'
const facts = (over: Partial<IntentFacts> = {}): IntentFacts => ({
  ...FREE,
  last_queued: null,
  queued_this_quarter: 0,
  ...over,
})

const moved = (over: Partial<SeriesDay> = {}): SeriesDay => ({
  ...seriesOf(DAY, bands.intents[0]!.bands, [], null, 100)[1]!,
  state: 'moved',
  moved_since: DAY,
  evidence: 200,
  ...over,
})
const queue = (of: IntentFacts, series = [moved()], all = bands.intents[0]!.bands) =>
  queueOf(DAY, 'a', series, all, of, LIMITS)

describe('a broken band', () => {
  test('queues the run of its target, under the same id whenever the day is judged', () => {
    expect(queue(facts())).toEqual([
      {
        metric: 'economics_cents_per_decision',
        side: 'above',
        run_id: 'at_2026_02_01_a_economics_cents_per_decision',
        why: null,
        says: 'run at_2026_02_01_a_economics_cents_per_decision is queued',
      },
    ])
  })

  const REASONS: Record<(typeof NOT_QUEUED)[number], () => ReturnType<typeof queue>> = {
    no_target: () =>
      queue(
        facts(),
        [moved()],
        bands.intents[0]!.bands.map(({ target: _, ...band }) => band),
      ),
    cooldown: () => queue(facts({ last_queued: '2026-01-19' })),
    open_run: () => queue(facts({ open: [{ kind: 'open_run', id: 'r' }] })),
    open_review: () => queue(facts({ open: [{ kind: 'open_review', id: 'rev' }] })),
    approved_review: () => queue(facts({ open: [{ kind: 'approved_review', id: 'rev' }] })),
    rollout: () => queue(facts({ open: [{ kind: 'rollout', id: 'ro' }] })),
    quarter_spent: () => queue(facts({ queued_this_quarter: 3 })),
    year_spent: () => queue(facts({ year: { spent: 0.2, next: 0.05, budget: 0.24 } })),
    nothing_sealed: () => queue(facts({ sealed: { questions_left: 0, families_waiting: 0 } })),
    another_first: () => queue(facts(), [moved(), moved({ metric: 'utility', side: 'below', evidence: 100 })]).slice(1),
  }
  test.each(NOT_QUEUED)('says why it starts no run: %s', (why) => {
    expect(REASONS[why]()).toMatchObject([{ run_id: null, why, says: expect.stringMatching(/\w{3,}/) }])
  })

  test('is free again on the day on which its cooldown ends', () => {
    expect(queue(facts({ last_queued: '2026-01-18' }))[0]!.why).toBeNull()
    expect(queue(facts({ last_queued: '2026-01-19' }))[0]!.says).toContain('the next may be on 2026-02-02')
  })

  test('a version that is left, or families that wait to be sealed, are enough; not being allowed to look is no barrier', () => {
    for (const sealed of [
      { questions_left: 1, families_waiting: null },
      { questions_left: 0, families_waiting: 9 },
      { questions_left: 0, families_waiting: null },
    ])
      expect(queue(facts({ sealed }))[0]!.why).toBeNull()
  })

  test('a year that the next question just fills is not spent', () => {
    expect(queue(facts({ year: { spent: 0.2, next: 0.05, budget: 0.25 } }))[0]!.why).toBeNull()
    expect(queue(facts({ year: { spent: Number.NaN, next: 0.05, budget: 0.25 } }))[0]!.why).toBe('year_spent')
  })

  test('the one with the most evidence goes first, whatever order the bands have', () => {
    const two = [moved({ evidence: 100 }), moved({ metric: 'utility', side: 'below', evidence: 300 })]
    for (const series of [two, [...two].reverse()])
      expect(queue(facts(), series).map(({ metric, why }) => [metric, why])).toEqual([
        ['utility', null],
        ['economics_cents_per_decision', 'another_first'],
      ])
  })
})

test('nothing that holds is queued', () => {
  for (const state of ['in_band', 'not_measured', 'no_runs'] as const)
    expect(queue(facts(), [moved({ state })])).toEqual([])
})

test('over days: one run, then its cooldown, and at most so many a quarter', () => {
  const days = judged(bands, '2026-01-01', 120, (_, __, n) => rowsOfDay(30, 1, 9, n + 1))
  const queued = days.flatMap((day) =>
    day.intents[0]!.queue.filter(({ run_id }) => run_id !== null).map(() => day.date),
  )
  expect(queued.length).toBeGreaterThanOrEqual(3)
  const inFirst = queued.filter((day) => day < '2026-04-01')
  expect(inFirst).toHaveLength(3)
  for (let i = 1; i < queued.length; i++)
    expect(Date.parse(queued[i]!) - Date.parse(queued[i - 1]!)).toBeGreaterThanOrEqual(14 * 86_400_000)
  const waiting = days.filter(
    (day) => day.date < '2026-04-01' && day.intents[0]!.queue.some(({ why }) => why === 'quarter_spent'),
  )
  expect(waiting.length).toBeGreaterThan(0)
  expect(new Set(days.flatMap((day) => day.intents[0]!.queue.map(({ run_id }) => run_id)).filter(Boolean)).size).toBe(
    queued.length,
  )
})

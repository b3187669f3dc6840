import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dailyText } from '#core/cadence/daily.ts'
import { dayAfter, daysBetween, newestReady, quarterOf, weekdayOf } from '#core/cadence/days.ts'
import { dailyMeans, learnedMedian } from '#core/cadence/learn.ts'
import { alarmOf, seriesOf } from '#core/cadence/series.ts'
import { sliceOf, valuesOf } from '#core/cadence/slice.ts'
import { Band, Bands } from '#schemas/bands.ts'
import { aRow, FREE, judged, rowsOfDay, someBands } from './builders.ts'

const cents = Band.parse({ metric: 'economics_cents_per_decision', above: 5, range: [0, 20] })
const FIRST = '2026-01-05'

describe('days', () => {
  test('are counted over months, years and leap days', () => {
    expect([dayAfter('2026-12-31'), dayAfter('2028-02-28'), dayAfter('2026-03-01', -1)]).toEqual([
      '2027-01-01',
      '2028-02-29',
      '2026-02-28',
    ])
    expect([daysBetween('2026-01-01', '2027-01-01'), daysBetween('2026-01-02', '2026-01-01')]).toEqual([365, -1])
    expect([weekdayOf('2026-11-29'), weekdayOf('2026-11-30'), weekdayOf('1969-12-28')]).toEqual([6, 0, 6])
    expect(quarterOf('2026-04-01')).toBe('2026-Q2')
  })

  test('are ready when they are over for so many hours', () => {
    expect(newestReady('2026-11-29T05:59:59.999Z', 6)).toBe('2026-11-27')
    expect(newestReady('2026-11-29T06:00:00.000Z', 6)).toBe('2026-11-28')
  })
})

describe('values of a day', () => {
  test('are one a family, the mean of its runs, cut at the range', () => {
    const rows = [
      aRow(1, { economics_cents: 2 }, 'a'),
      aRow(2, { economics_cents: 4 }, 'a'),
      aRow(3, { economics_cents: 400 }, 'b'),
    ]
    expect(valuesOf(rows, cents)).toEqual({ values: [expect.closeTo(0.15, 12), 1], missing: 0 })
  })

  test.each([null, Number.NaN, -1, Number.POSITIVE_INFINITY, 1e12])(
    'a family with a run of %d cents is missing, and no other',
    (bad) => {
      const rows = [aRow(1, { economics_cents: bad }, 'a'), aRow(2, {}, 'a'), aRow(3, { economics_cents: 10 }, 'b')]
      expect(valuesOf(rows, cents)).toEqual({ values: [0.5], missing: 1 })
    },
  )

  test('of a quantile are the share above its limit', () => {
    const slow = Band.parse({ metric: 'p95_latency_ms', limit: 2000 })
    const rows = [aRow(1, { latency_ms: 2000 }), aRow(2, { latency_ms: 2001 }), aRow(3, { latency_ms: null })]
    expect(valuesOf(rows, slow)).toEqual({ values: [0, 1], missing: 1 })
  })

  test('of a score of one’s own are those of its name, also where a suite marks several', () => {
    const tone = Band.parse({ metric: 'score:tone', below: 0.5 })
    const rows = [
      aRow(1, { own_scores: { tone: 0.25, size: 1 } }),
      aRow(2, { own_scores: { tone: null, size: 1 } }),
      aRow(3, { own_score: 0.75 }),
      aRow(4),
    ]
    expect(valuesOf(rows, tone)).toEqual({ values: [0.25, 0.75], missing: 2 })
    expect(Band.safeParse({ metric: 'scores:tone', below: 0.5 }).error?.issues[0]?.message).toMatch(
      /or score:EVALUATOR_ID/,
    )
    expect(Band.safeParse({ metric: 'score:tone', below: 0.5, range: [0, 2] }).success).toBe(false)
  })

  test('of a rate per action leave out families without such an action', () => {
    const waits = Band.parse({ metric: 'approval_wait_rate', above: 0.5 })
    const rows = [aRow(1), aRow(2, { approval_waits: 1, approval_actions: 2 }), aRow(3, { approval_actions: null })]
    expect(valuesOf(rows, waits)).toEqual({ values: [0.5], missing: 1 })
  })

  test('of corrections are whether an operator changed or disputed anything', () => {
    const corrected = Band.parse({ metric: 'correction_rate', above: 0.1 })
    const rows = [
      aRow(1),
      { ...aRow(2), corrections: { outcome: 1, label_disputed: 1, note: 0 } },
      { ...aRow(3), corrections: { outcome: 0, label_disputed: 0, note: 3 } },
    ]
    expect(valuesOf(rows, corrected)).toEqual({ values: [0, 1, 0], missing: 0 })
    expect(sliceOf(rows, [corrected])).toMatchObject({ runs: 3, families: 3, corrected: 1, disputed: 1, missing: {} })
  })

  test('the order of rows changes no byte of a slice', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          Array.from({ length: 12 }, (_, n) => n),
          { minLength: 12 },
        ),
        (order) => {
          const rows = order.map((n) => aRow(n, { economics_cents: n / 3 }, `f${n % 5}`))
          const sorted = Array.from({ length: 12 }, (_, n) => aRow(n, { economics_cents: n / 3 }, `f${n % 5}`))
          expect(sliceOf(rows, [cents])).toEqual(sliceOf(sorted, [cents]))
        },
      ),
    )
  })
})

describe('a series', () => {
  const bands = someBands(['a'])
  const { threshold, series } = alarmOf(bands)
  const stateOn = (rows: ReturnType<typeof rowsOfDay>) =>
    seriesOf(FIRST, bands.intents[0]!.bands, rows, null, threshold).map(({ state }) => state)

  test('is watched for each edge, and the threshold is over all of them', () => {
    expect([series, threshold]).toEqual([2, 182])
  })

  test('of a day without runs says so and keeps what it knew', () => {
    const [busy, quiet] = judged(bands, FIRST, 2, (_, __, n) => (n === 0 ? rowsOfDay(5, 0.5, 4, 1) : []))
    expect(busy!.intents[0]!.series.map(({ state }) => state)).toEqual(['in_band', 'in_band'])
    expect(quiet!.intents[0]!.series.map(({ state }) => state)).toEqual(['no_runs', 'no_runs'])
    expect(quiet!.intents[0]!.series.map(({ detector }) => detector)).toEqual(
      busy!.intents[0]!.series.map(({ detector }) => detector),
    )
    expect(busy!.intents[0]!.series[0]!.evidence).toBeGreaterThan(1)
    expect(stateOn([])).toEqual(['no_runs', 'no_runs'])
  })

  test('of which more families than declared lack the measure is not measured, however good the others are', () => {
    const rows = rowsOfDay(40, 1, 4, 1).map((row, n) =>
      n < 2 ? { ...row, measures: { ...row.measures, utility_score: null } } : row,
    )
    expect(stateOn(rows)).toEqual(['not_measured', 'in_band'])
    expect(stateOn(rows.map((row) => ({ ...row, measures: { ...row.measures, economics_cents: null } })))).toEqual([
      'not_measured',
      'not_measured',
    ])
  })

  test('that moved stays so until a run is queued, then begins anew', () => {
    const days = judged(bands, FIRST, 20, () => rowsOfDay(10, 1, 7, 1))
    const [, centsOf] = [0, 1].map((at) => days.map((day) => day.intents[0]!.series[at]!))
    const alarm = centsOf!.findIndex(({ state }) => state === 'moved')
    expect(alarm).toBeGreaterThan(0)
    expect(days[alarm]!.intents[0]!.queue).toMatchObject([
      { metric: 'economics_cents_per_decision', side: 'above', why: null },
    ])
    expect(centsOf![alarm + 1]!.evidence).toBeLessThan(centsOf![alarm]!.evidence)
  })

  test('begins anew where another tuple is in force: what was true of the one before says nothing of it', () => {
    const tuples = ['t1', 't1', 't2']
    const days = judged(
      bands,
      FIRST,
      3,
      () => rowsOfDay(5, 0.5, 4, 1),
      (_, __, prior) => ({ ...FREE, in_force: tuples[prior === null ? 0 : prior.date === FIRST ? 1 : 2]! }),
    )
    const [first, second, third] = days.map((day) => day.intents[0]!.series[0]!.evidence)
    expect(second).toBeGreaterThan(first!)
    expect(third).toBe(first)
  })

  test('of which the edge, the range or the limit is changed begins anew; another edge leaves it alone', () => {
    const [day] = judged(bands, FIRST, 1, () => rowsOfDay(30, 0.5, 9, 1))
    const next = (above: number) => {
      const other = someBands(['a'])
      other.intents[0]!.bands[1] = Band.parse({ ...other.intents[0]!.bands[1], above })
      return (
        judged(other, dayAfter(FIRST), 1, () => [], undefined)[0] &&
        seriesOf(
          dayAfter(FIRST),
          other.intents[0]!.bands,
          [],
          { series: day!.intents[0]!.series, anew: [], first: FIRST },
          threshold,
        )
      )
    }
    expect(next(6)!.map(({ evidence }) => evidence > 0)).toEqual([true, false])
    expect(next(5)!.map(({ evidence }) => evidence > 0)).toEqual([true, true])
  })

  test('is judged by the edge of its weekday where eight weeks lie behind it, and not before', () => {
    const weekly = someBands(['a'])
    weekly.intents[0]!.bands = [Band.parse({ metric: 'utility', below: 0.9, weekdays: { sun: { below: 0.5 } } })]
    const edges = judged(weekly, FIRST, 70, () => []).map((day) => [day.date, day.intents[0]!.series[0]!.edge] as const)
    const weeks = edges.filter(([day]) => weekdayOf(day) === 6).map(([, edge]) => edge)
    expect(weeks).toEqual([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.5, 0.5])
    expect(edges.filter(([day]) => weekdayOf(day) !== 6).every(([, edge]) => edge === 0.9)).toBe(true)
  })

  test('the same days give the same bytes', () => {
    const once = () =>
      judged(bands, FIRST, 9, (_, __, n) => rowsOfDay(10, 0.8, 4, n + 1))
        .map(dailyText)
        .join('')
    expect(once()).toBe(once())
  })
})

describe('a learned edge', () => {
  test('is the median of at least fourteen days that were measured whole', () => {
    const days = Array.from({ length: 15 }, (_, n) => rowsOfDay(5, 1, n, n + 1))
    expect(learnedMedian(dailyMeans(days, cents))).toBeCloseTo(7, 10)
    expect(learnedMedian(dailyMeans(days.slice(1), cents))).toBeCloseTo(7.5, 10)
    expect(learnedMedian(dailyMeans(days.slice(2), cents))).toBeNull()
    const unknown = days.map((rows, n) => (n < 2 ? [...rows, aRow(99, { economics_cents: null })] : rows))
    expect(learnedMedian(dailyMeans(unknown, cents))).toBeNull()
  })
})

describe('bands that cannot be watched are refused with what to do', () => {
  const base = { ...someBands(['a']) }
  const withBand = (band: object) => ({ ...base, intents: [{ ...base.intents[0]!, bands: [band] }] })
  test.each<[string, object, RegExp]>([
    ['no metric', withBand({ above: 1 }), /metric/],
    ['no edge', withBand({ metric: 'utility' }), /has no edge: give below, above, or both/],
    ['cents without a range', withBand({ metric: 'economics_cents_per_decision', above: 1 }), /needs a range/],
    [
      'a range turned round',
      withBand({ metric: 'economics_cents_per_decision', above: 1, range: [9, 1] }),
      /low below high/,
    ],
    ['an edge outside its range', withBand({ metric: 'utility', below: 90 }), /lies outside 0 to 1/],
    ['a quantile without a limit', withBand({ metric: 'p95_latency_ms', above: 0.05 }), /give limit, in ms/],
    ['a limit that nothing reads', withBand({ metric: 'utility', below: 0.9, limit: 3 }), /has no limit/],
    [
      'a learning period of two days',
      withBand({ metric: 'utility', below: { from: '2026-01-01', to: '2026-01-02', median: 0.9, tolerance: 0.1 } }),
      /at least 14 days/,
    ],
    [
      'a period that ends before it begins',
      withBand({ metric: 'utility', below: { from: '2026-03-01', to: '2026-01-02', median: 0.9, tolerance: 0.1 } }),
      /at least 14 days/,
    ],
    [
      'one metric twice',
      { ...base, intents: [{ ...base.intents[0]!, bands: [base.intents[0]!.bands[0]!, base.intents[0]!.bands[0]!] }] },
      /stands twice/,
    ],
    ['one intent twice', { ...base, intents: [base.intents[0]!, base.intents[0]!] }, /one entry an intent/],
    [
      'a target of another intent',
      withBand({ metric: 'utility', below: 0.9, target: { intent: 'b' } }),
      /is about b, the band about a/,
    ],
    [
      'a range wider than a number can tell',
      withBand({ metric: 'economics_cents_per_decision', above: 1, range: [-1e308, 1e308] }),
      /wider than a number can tell/,
    ],
    [
      'an edge of a weekday outside its range',
      withBand({ metric: 'utility', below: 0.9, weekdays: { mon: { below: -1e308 } } }),
      /weekdays\.mon\.below: the edge -1e\+308 lies outside 0 to 1/,
    ],
    [
      'a learned edge past every number',
      withBand({
        metric: 'utility',
        above: { from: '2026-01-01', to: '2026-01-20', median: 1e308, tolerance: 1e308 },
      }),
      /the edge Infinity lies outside 0 to 1/,
    ],
    [
      'so few false alarms that no evidence would ever be enough',
      { ...base, false_alarms_per_quarter: 5e-324 },
      /false_alarms_per_quarter/,
    ],
    ['no false alarms at all', { ...base, false_alarms_per_quarter: 0 }, /false_alarms_per_quarter/],
  ])('%s', (_, value, says) => {
    const parsed = Bands.safeParse(value)
    expect(parsed.success).toBe(false)
    expect(parsed.error!.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n')).toMatch(says)
  })
})

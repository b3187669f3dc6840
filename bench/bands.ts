/** Bands: how often nothing is called something, and how soon something is found, beside what teams usually watch with. */
import { dayAfter } from '#core/cadence/days.ts'
import { alarmOf, seriesOf } from '#core/cadence/series.ts'
import { NOT_MEASURED } from '#core/evaluate/scorecard.ts'
import { generator } from '#core/statistics/generator.ts'
import { QUARTER_DAYS } from '#schemas/band-metrics.ts'
import { Bands } from '#schemas/bands.ts'
import type { SeriesDay, SliceRow } from '#schemas/cadence.ts'
import { EDGE, RULES } from './bands-rules.ts'
import type { Bench } from './bench.ts'

const INTENTS = 50
const RUNS = 20
const METRICS = [
  'utility',
  'policy_violation_rate',
  'safety_violation_rate',
  'approval_bypass_rate',
  'correction_rate',
] as const
const QUIET = 8
const FALLS = 40
/** Day on which an intent falls from .90 to .80. */
const FALL = 10
const DAYS = 60

const ONE = {
  below: EDGE,
  above: 1 - EDGE,
}
const bands = Bands.parse({
  false_alarms_per_quarter: 1,
  ready_after_hours: 0,
  revised_for_days: 0,
  cooldown_days: 0,
  runs_per_quarter: 0,
  intents: Array.from({ length: INTENTS }, (_, n) => ({
    intent: `i${n}`,
    measured_by: { evals: 'evals.bench@1.0.0' },
    bands: METRICS.map((metric) =>
      metric === 'utility' ? { metric, below: ONE.below } : { metric, above: ONE.above },
    ),
  })),
})

/** Runs of a day: five correlated measures of each, every one wrong with the same probability. */
function rowsOf(next: () => number, wrong: number): SliceRow[] {
  return Array.from({ length: RUNS }, (_, n) => {
    const shared = next() / 2 ** 32
    // Half of the time a measure goes with the run, else by itself.
    const bad = (): boolean => (next() / 2 ** 32 < 0.5 ? shared : next() / 2 ** 32) < wrong
    const corrected = bad()
    return {
      run_id: `r${n}`,
      family: `f${n}`,
      measures: {
        ...NOT_MEASURED,
        utility_score: bad() ? 0 : 1,
        policy_violation: bad(),
        safety_violation: bad(),
        approval_bypass: bad(),
      },
      corrections: { outcome: corrected ? 1 : 0, label_disputed: 0, note: 0 },
    }
  })
}

const passesOf = (rows: readonly SliceRow[]): number[] => [
  rows.filter((r) => r.measures.utility_score === 1).length,
  ...(['policy_violation', 'safety_violation', 'approval_bypass'] as const).map(
    (name) => rows.filter((r) => r.measures[name] === false).length,
  ),
  rows.filter((r) => r.corrections.outcome === 0).length,
]

/** First alarm of each series of one intent under each rule; null: none. An alarm ends a series. */
function firstAlarms(seed: number, days: number, wrongOn: (day: number) => number): Record<string, (number | null)[]> {
  const { threshold } = alarmOf(bands)
  const next = generator(seed)
  const of = bands.intents[0]!.bands
  const peers = Object.entries(RULES).map(([name, rule]) => ({ name, series: METRICS.map(() => rule()) }))
  const first: Record<string, (number | null)[]> = Object.fromEntries(
    ['ours', ...Object.keys(RULES)].map((name) => [name, METRICS.map(() => null)]),
  )
  let before: SeriesDay[] | null = null
  for (let day = 0; day < days; day++) {
    const rows = rowsOf(next, wrongOn(day))
    before = seriesOf(
      dayAfter('2026-01-01', day),
      of,
      rows,
      before && { series: before, anew: [], first: '2026-01-01' },
      threshold,
    )
    for (const [i, { state }] of before.entries()) if (state === 'moved') first.ours![i] ??= day
    const passes = passesOf(rows)
    for (const { name, series } of peers)
      for (const [i, alarms] of series.entries()) if (alarms(passes[i]!, RUNS)) first[name]![i] ??= day
  }
  return first
}

const median = (all: readonly number[]): number | null =>
  all.length === 0 ? null : all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!

export async function run(): Promise<Bench> {
  const names = ['ours', ...Object.keys(RULES)]
  const quiet = Array.from({ length: QUIET * INTENTS }, (_, n) => firstAlarms(n + 1, QUARTER_DAYS, () => 1 - EDGE))
  const fallen = Array.from({ length: FALLS }, (_, n) =>
    firstAlarms(90_000 + n, DAYS, (day) => (day < FALL ? 1 - EDGE : 2 * (1 - EDGE))),
  )
  const falseOf = (name: string): number =>
    quiet.flatMap((first) => first[name]!).filter((day) => day !== null).length / QUIET
  // A series that alarmed before it fell found nothing.
  const delays = (name: string): number[] =>
    fallen.flatMap((first) => first[name]!).flatMap((day) => (day !== null && day >= FALL ? [day - FALL + 1] : []))
  return {
    name: 'bands',
    conditions: {
      quiet: `${QUIET} quarters of ${INTENTS} intents x ${METRICS.length} correlated metrics at the very edge, ${RUNS} runs a day`,
      fallen: `${FALLS} intents that fall from ${EDGE} to ${EDGE - 0.1} on day ${FALL + 1} of ${DAYS}`,
      alarm: 'the first of a series; every rule is told the true rate',
    },
    figures: {
      false_alarms: falseOf('ours'),
      false_alarms_declared: bands.false_alarms_per_quarter,
      median_delay_20: median(delays('ours')),
      found: delays('ours').length / (FALLS * METRICS.length),
    },
    peers: Object.fromEntries(
      Object.keys(RULES).map((name) => [name, { false_alarms: falseOf(name), median_delay_20: median(delays(name)) }]),
    ),
    bars: [{ figure: 'false_alarms', atMost: bands.false_alarms_per_quarter }],
    table: [
      ['rule', 'false alarms a quarter', 'found', 'median delay, days'],
      ...names.map((name) => [
        name,
        falseOf(name).toFixed(1),
        `${Math.round((100 * delays(name).length) / (FALLS * METRICS.length))} %`,
        String(median(delays(name)) ?? '-'),
      ]),
    ],
  }
}

/** A simulated year of the routine, several times: false alarms, delay by volume, and whether anything was queued twice. */
import type { Bench } from './bench.ts'
import { bands, DRIFTS, liveYear, VOLUMES } from './year-world.ts'

const YEARS = 8

export async function run(): Promise<Bench> {
  const years = Array.from({ length: YEARS }, (_, n) => liveYear(n + 1))
  const quiet = years.map(
    ({ moved }) => moved.flatMap((days, intent) => (DRIFTS[intent] === undefined ? days : [])).length,
  )
  const delay = (intent: number): number[] =>
    years
      .flatMap(({ moved }) => moved[intent]!.filter((day) => day >= DRIFTS[intent]!).slice(0, 1))
      .map((day) => day - DRIFTS[intent]! + 1)
  const median = (all: readonly number[]): number | null =>
    all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? null
  const twice = years.reduce(
    (sum, { queued }) => sum + queued.length - new Set(queued.map(({ run_id }) => run_id)).size,
    0,
  )
  const onOpen = years.reduce((sum, { queued }) => sum + queued.filter(({ open }) => open > 0).length, 0)
  const found = DRIFTS.map((_, intent) => delay(intent).length)
  return {
    name: 'year',
    conditions: {
      years: `${YEARS} of 365 days, ${VOLUMES.length} intents; ${DRIFTS.length} fall from .95 to .80 against an edge of .90`,
    },
    figures: {
      false_alarms_a_quarter: quiet.reduce((a, b) => a + b, 0) / YEARS / 4,
      false_alarms_declared: bands.false_alarms_per_quarter,
      queued_twice: twice,
      queued_on_an_open_one: onOpen,
      ...Object.fromEntries(DRIFTS.map((_, intent) => [`median_delay_${VOLUMES[intent]}`, median(delay(intent))])),
      found: found.reduce((a, b) => a + b, 0) / (YEARS * DRIFTS.length),
      released:
        years.reduce((sum, { intents }) => sum + intents.reduce((all, { released }) => all + released, 0), 0) / YEARS,
      revised_slices: years[0]!.revised,
    },
    peers: {},
    bars: [
      { figure: 'false_alarms_a_quarter', atMost: bands.false_alarms_per_quarter },
      { figure: 'queued_twice', atMost: 0 },
      { figure: 'queued_on_an_open_one', atMost: 0 },
    ],
  }
}

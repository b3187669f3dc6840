/** A judged day as people read it: one screen, what moved first, and what is done about it. */

import { bandMetricOf, QUARTER_DAYS } from '#schemas/band-metrics.ts'
import type { Bands } from '#schemas/bands.ts'
import type { DailyCadence, IntentDay, QueueEntry, SeriesDay } from '#schemas/cadence.ts'
import type { QueuedRun } from '../../steps/cadence/queued.ts'
import type { RecordedDays } from '../../steps/cadence/recorded-days.ts'
import { table } from '../layout.ts'
import { nextCommand } from '../next.ts'
import type { StoreOptions } from '../store-options.ts'
import { number } from '../text.ts'

/** What became of a run that was to be started. */
export interface Started {
  readonly run_id: string
  /** Null: it could not run, and why. */
  readonly verdict: string | null
  readonly reason: string | null
}

/** Intents of which a screen has room for the means that hold; of more a month has them (`report --intent`). */
const MOST_HOLDING = 4

/** Intents that a screen shows with nothing to say of them. */
const MOST_QUIET = 12

export function dayLines(day: DailyCadence, runs: readonly QueuedRun[], place: StoreOptions, bands: string): string[] {
  const all = day.intents.flatMap(({ series }) => series)
  const counts = day.intents.reduce((sum, { slice }) => sum + slice.runs, 0)
  const production = day.intents.reduce((sum, { slice }) => sum + (slice.production ?? 0), 0)
  return [
    `${day.date}  ${headline(all)}: ${counts} runs${production === 0 ? '' : ` (${production} of production)`} of ${day.intents.length} ${day.intents.length === 1 ? 'intent' : 'intents'}`,
    `promise  ${promiseOf(day, all)}`,
    '',
    ...table(quietRows(day.intents), ['left', 'right', 'right', 'right', 'left']),
    ...(day.intents.length > MOST_QUIET
      ? [`   ... and ${day.intents.length - MOST_QUIET} more (--json shows all)`]
      : []),
    ...(day.intents.length > MOST_HOLDING ? [] : day.intents.flatMap(holdingLines)),
    ...day.intents.flatMap(({ intent, series, queue }) => seriesLines(intent, series, queue, runs)),
    ...revisedLines(day),
    ...nextLines(runs, place, bands),
  ]
}

/** Days that were caught up on: how many, and what moved or began on each. */
export function missedLines(days: readonly DailyCadence[]): string[] {
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined) return []
  const told = days.flatMap(({ date, intents }) =>
    intents.flatMap(({ intent, series, queue }) =>
      series
        .filter(({ moved_since }) => moved_since === date)
        .map(({ metric, side }) => {
          const entry = queue.find((one) => one.metric === metric && one.side === side)
          return `   ${date}  ${intent}: ${metric} moved ${side} its edge; ${entry?.says ?? 'nothing is queued'}`
        }),
    ),
  )
  const which =
    days.length === 1
      ? `${first.date} was missed and is judged too`
      : `${days.length} days were missed and are judged too, ${first.date} to ${last.date}`
  return [`missed   ${which}${told.length === 0 ? ': nothing moved' : ''}`, ...told]
}

/** What the day says, the worst first: a day of which nothing is known does not hold. */
function headline(all: readonly SeriesDay[]): string {
  const count = (state: SeriesDay['state']): number => all.filter((one) => one.state === state).length
  const [moved, unknown, none] = [count('moved'), count('not_measured'), count('no_runs')]
  if (moved > 0) return `${moved} of ${all.length} edges broken`
  if (unknown > 0) return `${unknown} of ${all.length} edges not measured, ${count('in_band')} hold`
  if (none === all.length) return 'nothing was recorded, so nothing was looked at'
  return none > 0 ? `${count('in_band')} edges hold, ${none} had no runs` : `all ${all.length} edges hold`
}

/** What the threshold promises, in plain words; nothing of it holds for learned edges. */
function promiseOf({ series, threshold }: DailyCadence, all: readonly SeriesDay[]): string {
  const perQuarter = number((series * QUARTER_DAYS) / threshold)
  const learned = all.filter(({ declared }) => !declared).length
  return `while nothing moves, at most ${perQuarter} false ${perQuarter === '1' ? 'alarm' : 'alarms'} in ${QUARTER_DAYS} days are expected over all ${series} edges${learned === 0 ? '' : `, but for ${learned} learned ${learned === 1 ? 'edge' : 'edges'}, of which nothing is promised`}`
}

const quietRows = (intents: readonly IntentDay[]): string[][] => [
  ['intent', 'runs', 'families', 'corrected', ''],
  ...intents.slice(0, MOST_QUIET).map(({ intent, slice, series }) => {
    const bad = series.filter(({ state }) => state === 'moved')
    const unknown = series.filter(({ state }) => state === 'not_measured')
    const says = [
      ...(bad.length > 0 ? [`${bad.length} moved`] : []),
      ...(unknown.length > 0 ? [`${unknown.length} not measured`] : []),
    ]
    return [
      intent,
      String(slice.runs),
      String(slice.families),
      String(slice.corrected),
      says.join(', ') || (slice.runs === 0 ? 'no runs' : 'in band'),
    ]
  }),
]

/** What holds: the mean of the day beside its edge. It may lie beyond: one day wins no bet. */
function holdingLines({ intent, series }: IntentDay): string[] {
  const holding = series.filter(({ state, mean }) => state === 'in_band' && mean !== null)
  if (holding.length === 0) return []
  const says = holding.map(
    ({ metric, side, edge, mean }) => `${metric} ${number(mean!)} (edge: ${side} ${number(edge)})`,
  )
  return ['', `   holds  ${intent}: ${says.join(', ')}`]
}

function seriesLines(
  intent: string,
  series: readonly SeriesDay[],
  queue: readonly QueueEntry[],
  runs: readonly QueuedRun[],
): string[] {
  const told = series.filter(({ state }) => state === 'moved' || state === 'not_measured')
  if (told.length === 0) return []
  return [
    '',
    intent,
    ...told.flatMap((one) => {
      const entry = queue.find(({ metric, side }) => metric === one.metric && side === one.side)
      const run = runs.find(({ run_id }) => run_id === entry?.run_id)
      return [
        `   ${stateText(one)}`,
        ...(entry
          ? [`      ${run?.verdict ? `run ${run.run_id} ended: ${run.verdict.replaceAll('_', ' ')}` : entry.says}`]
          : []),
      ]
    }),
  ]
}

function stateText({ metric, side, edge, mean, state, moved_since: since, evidence, families }: SeriesDay): string {
  if (state === 'not_measured')
    return `not measured  ${metric}: too many families lack it, so the day says nothing of it`
  const at = mean === null ? 'no runs today' : `${number(mean)} over ${families} families`
  const fraction = bandMetricOf(metric).aboveLimit !== undefined ? ' (share of runs above the limit)' : ''
  return `moved         ${metric} ${side} ${number(edge)}${fraction} since ${since}: ${at}; the bets against it gathered ${number(evidence)}`
}

const revisedLines = ({ revised }: DailyCadence): string[] =>
  revised.length === 0
    ? []
    : [
        '',
        'revised  judged again with runs that came late and what was said since; what was judged stands',
        ...revised.map(({ date, intent, was, now, series }) => {
          const other = series.filter(({ state }) => state.was !== state.now)
          const count =
            now.runs < was.runs
              ? `${was.runs - now.runs} of ${was.runs} runs are gone: erased, lost ("autotune verify" says which), or of a production log that was imported since`
              : `${was.runs} runs, now ${now.runs}`
          const said = (now.corrected_later ?? 0) - (was.corrected_later ?? 0)
          const later = said > 0 ? `; ${said} corrected or disputed since` : ''
          return `   ${date}  ${intent}: ${count}${later}; ${other.length === 0 ? 'the same verdicts' : other.map(({ metric, side, state }) => `${metric} ${side}: ${state.was} -> ${state.now}`).join(', ')}`
        }),
      ]

const nextLines = (runs: readonly QueuedRun[], place: StoreOptions, bands: string): string[] => {
  const waiting = runs.find(({ verdict }) => verdict === null)
  const certified = runs.find(({ verdict }) => verdict === 'certified')
  return [
    ...(waiting ? ['', `start    ${nextCommand(place, ['cadence', 'daily', '--bands', bands])}`] : []),
    ...(certified
      ? ['', `review   ${nextCommand(place, ['review', certified.run_id, '--reviewer', 'ROLE=PERSON'])}`]
      : []),
  ]
}

/** Why a day of an intent may be empty: nothing was recorded lately, or nobody said when. */
export const emptyLines = (date: string, empty: readonly RecordedDays[]): string[] =>
  empty.map(({ intent, undated, newest }) => {
    const last = newest === null ? 'none of its recorded runs has a day' : `its newest recorded run is of ${newest}`
    const without =
      undated === 0
        ? ''
        : `; ${undated} recorded ${undated === 1 ? 'run is' : 'runs are'} of no day and in no slice: records need a time ("date", or "started_at" of a trace)`
    return `empty    ${intent} has no run of ${date} on the search side: ${last}${without}`
  })

/** The day is judged already. */
export const openLine = (date: string, { ready_after_hours: hours }: Bands): string =>
  `nothing to judge: ${date} was judged, and the next day is open until ${hours} hours after its end`

export const startedLines = (started: readonly Started[], place: StoreOptions): string[] =>
  started.length === 0
    ? []
    : [
        '',
        ...started.flatMap(({ run_id, verdict, reason }) => [
          `run      ${run_id}: ${verdict === null ? 'could not run' : verdict.replaceAll('_', ' ')}${reason === null ? '' : `: ${reason}`}`,
          ...(verdict === null ? [] : [`why      ${nextCommand(place, ['explain', run_id])}`]),
        ]),
      ]

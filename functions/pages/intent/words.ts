/** A month of an intent in words: what moved, since when, and what was done about it. */
import type { Chart, Episode, IntentMonth, ReleaseMark } from '#core/cadence/month.ts'
import { type BandMetricName, bandMetricOf } from '#schemas/band-metrics.ts'
import { NOT_CERTIFIED } from '#schemas/patterns.ts'
import { type IntentWeek, KEPT_DAYS } from '#schemas/weekly.ts'
import { count, number, percent, visible } from '../kit/format.ts'

const MONTHS = 'January February March April May June July August September October November December'.split(' ')

/** `2026-11` as "November 2026". */
export const monthName = (month: string): string => `${MONTHS[Number(month.slice(5, 7)) - 1]} ${month.slice(0, 4)}`

/** `2026-11-08` as "8 November"; of another year with it. */
export function dayName(date: string, month: string): string {
  const says = `${Number(date.slice(8))} ${MONTHS[Number(date.slice(5, 7)) - 1]}`
  return date.slice(0, 4) === month.slice(0, 4) ? says : `${says} ${date.slice(0, 4)}`
}

/** A metric in words. */
export const bandName = (metric: BandMetricName): string => metric.replaceAll('_', ' ')

/** A value of a band in its unit; null: nothing was measured. */
export function bandValue(metric: BandMetricName, value: number | null): string {
  if (value === null) return 'not measured'
  const { needsRange } = bandMetricOf(metric)
  if (needsRange) return `${number(value)} ${metric.includes('cents') ? 'cents' : 'tokens'}`
  return metric === 'utility' ? number(value) : percent(value)
}

/** What the month comes to, in one line. */
export function headlineOf({ month, charts, episodes, days }: IntentMonth): string {
  const judged = days.filter(({ state }) => state === 'judged').length
  if (judged === 0) return `No day of ${monthName(month)} was judged`
  const broken = episodes.filter(({ until }) => until === null).length
  if (episodes.length > 0)
    return broken === 0
      ? `${count(episodes.length, 'edge')} broke, and none is broken now`
      : `${count(broken, 'edge')} broken at the end of what was judged`
  return charts.some(({ points }) => points.some(({ mean, state }) => mean !== null && state !== 'open'))
    ? `Every edge held on ${count(judged, 'judged day')}`
    : `Nothing was measured on ${count(judged, 'judged day')}`
}

/** What a reader must know of the month before any picture, a sentence each. */
export function monthNotes(of: IntentMonth): string[] {
  return [...emptyTold(of), ...of.episodes.map((one) => episodeTold(one, of.month)), ...daysTold(of)]
}

function emptyTold({ days, judged, month, intent }: IntentMonth): string[] {
  if (days.some(({ state }) => state === 'judged')) return []
  if (judged === null)
    return ['No day was judged in this store yet: "autotune cadence daily" judges the newest that is ready.']
  const [from, to] = [days[0]!.date, days.at(-1)!.date]
  if (to < judged.first || from > judged.last)
    return [
      judged.first === judged.last
        ? `The one day that was judged is ${judged.first}, and does not lie in ${monthName(month)}.`
        : `Days were judged from ${judged.first} to ${judged.last}; none of them lies in ${monthName(month)}.`,
    ]
  return [`Days of ${monthName(month)} were judged, and no band watches ${visible(intent)}: name it in bands.json.`]
}

/** `utility broke below .9 on 12 November …`. */
function episodeTold({ metric, side, edge, since, until, mean, run, says }: Episode, month: string): string {
  const began = since.startsWith(month) ? 'broke' : 'was broken already: it broke'
  const at = mean === null ? '' : `, last seen at ${bandValue(metric, mean)}`
  const done =
    run === null
      ? `No run was started: ${visible(says)}.`
      : `Run ${visible(run.id)} was queued on ${dayName(run.date, month)} and ${run.verdict === null ? 'has not ended' : `ended ${run.verdict.replaceAll('_', ' ')}`}.`
  const ended =
    until === null
      ? ''
      : ` From ${dayName(until, month)} its detector counts anew${run === null ? ': another tuple or another edge is in force' : ''}.`
  return `${bandName(metric)} ${began} ${side} ${bandValue(metric, edge)} on ${dayName(since, month)}${at}. ${done}${ended}`
}

function daysTold({ days, charts, month }: IntentMonth): string[] {
  const judged = days.filter(({ state }) => state === 'judged')
  const without = judged.filter(({ slice }) => slice!.runs === 0)
  const open = days.filter(({ state }) => state === 'open')
  const revised = days.filter((day) => day.revised.length > 0)
  const unknown = charts.filter(({ points }) => points.some(({ state }) => state === 'not_measured'))
  return [
    ...(judged.length === 1
      ? [`Only ${dayName(judged[0]!.date, month)} was judged, which says nothing yet of how days differ.`]
      : []),
    ...(without.length > 0
      ? [
          `${count(without.length, 'judged day')} had no runs: a gap in every chart, and nothing was counted for ${without.length === 1 ? 'it' : 'them'}.`,
        ]
      : []),
    ...unknown.map(
      ({ metric, points }) =>
        `${bandName(metric)} was not measured on ${count(points.filter(({ state }) => state === 'not_measured').length, 'day')}: too many families lack it.`,
    ),
    ...(revised.length > 0
      ? [`${count(revised.length, 'day was', 'days were')} revised by runs that came late; what was judged stands.`]
      : []),
    ...(open.length > 0
      ? [`${count(open.length, 'day is', 'days are')} not judged yet: hollow dots, of what was recorded so far.`]
      : []),
  ]
}

/** `released ctxpack.support@1.1.0 (ro_r)`; of a part that replay cannot judge with its stamp. */
export const markText = ({ what, version, rollout_id, certification, by }: ReleaseMark): string => {
  const stamp = certification ? `, ${certification}` : ''
  return what === 'released'
    ? `released ${visible(version)} (${visible(rollout_id)}${stamp})`
    : `${what.replaceAll('_', ' ')} by ${by === 'rollout' ? 'its rules' : visible(by)}, back to ${visible(version)} (${visible(rollout_id)}${stamp})`
}

/** What became of changes that replay cannot judge, which no figure of the funnel counts; null: there are none. */
export function uncertifiedText({ not_certified_by_replay: of }: IntentWeek['funnel']): string | null {
  if (of === undefined) return null
  const { proposed, approved, released, kept } = of
  return `${NOT_CERTIFIED}: ${proposed} proposed, ${approved} approved, ${released} released, ${kept} kept ${KEPT_DAYS} days`
}

/** Edges of a day: `below 0.9, above 5 cents`. */
export const edgesText = (metric: BandMetricName, edges: Chart['points'][number]['edges']): string =>
  Object.entries(edges)
    .map(([side, edge]) => `${side} ${bandValue(metric, edge)}`)
    .join(', ') || '-'

/** How a metric stood on a day. */
export function stateText({ state, broke, revised }: Chart['points'][number], metric: BandMetricName): string {
  const says =
    state === 'open'
      ? 'open: not judged yet'
      : broke.length > 0
        ? `broke ${broke.join(' and ')}`
        : state === 'moved'
          ? 'broken'
          : state.replaceAll('_', ' ')
  return revised === null ? says : `${says}; revised on ${revised.on}: ${bandValue(metric, revised.mean)}`
}

/** A control chart: what was measured each day, the edges that were in force, and where a detector broke. */
import { html } from 'hono/html'
import type { Chart, ChartPoint, ReleaseMark } from '#core/cadence/month.ts'
import { axis, px } from '../kit/axis.ts'
import { count } from '../kit/format.ts'
import type { Html } from '../kit/layout.ts'
import { bandName, bandValue } from './words.ts'

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [400, 220, 62, 8, 34, 26]
/** Pixels that the word "broke" takes. */
const ROOM = 40
/** Room of a day to each side of its middle. */
const half = (days: number): number => (WIDTH - LEFT - RIGHT) / days / 2

/** Letters of release marks, in their order. */
export const markLetter = (n: number): string => String.fromCharCode(65 + (n % 26))

/**
 * Draws a metric over the days of a month; null: no day has a value.
 * @param n number of the chart on its page
 */
export function controlChart(
  { metric, points }: Chart,
  dates: readonly string[],
  marks: readonly ReleaseMark[],
  n: number,
): Html | null {
  const values = points.flatMap(({ mean, ewma, edges, revised }) =>
    [mean, mean === null ? null : ewma, revised?.mean ?? null, ...Object.values(edges)].filter((v) => v !== null),
  )
  if (points.every(({ mean, revised }) => mean === null && (revised?.mean ?? null) === null)) return null
  const step = half(dates.length)
  const x = (date: string): number => LEFT + step * (2 * dates.indexOf(date) + 1)
  const y = axis(values, [HEIGHT - BOTTOM, TOP], 1, 0.12)
  const at = (date: string, value: number): string => `${px(x(date))} ${px(y(value))}`
  const id = `chart-${n}`
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${bandName(metric)}, day by day</title>
<desc id="${id}-desc">${description(metric, points)}</desc>
${y.ticks(4).map((tick) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(y(tick))}" y2="${px(y(tick))}"/><text class="soft" x="${LEFT - 5}" y="${px(y(tick) + 4)}" text-anchor="end">${short(metric, tick)}</text>`)}
${dates.filter((_, i) => i % 7 === 0).map((date) => html`<text class="soft" x="${px(x(date))}" y="${HEIGHT - 8}" text-anchor="middle">${Number(date.slice(8))}</text>`)}
${edgeLines(points).map(({ from, to, edge }) => html`<line class="limit" x1="${px(x(from) - step)}" x2="${px(x(to) + step)}" y1="${px(y(edge))}" y2="${px(y(edge))}"/>`)}
${marks.map(({ date }, i) => html`<line class="front" x1="${px(x(date))}" x2="${px(x(date))}" y1="18" y2="${HEIGHT - BOTTOM}"/><text class="named" x="${px(x(date))}" y="14" text-anchor="middle">${markLetter(i)}</text>`)}
${breaks(points, x)}
${strands(points, dates).map((strand) => html`<path class="course" d="M${strand.map(({ date, ewma }) => at(date, ewma!)).join('L')}"/>`)}
${points.map((point) => dotOf(point, at, `${px(x(point.date))} ${HEIGHT - BOTTOM - 6}`))}
</svg>`
}

/** Days on which a detector broke; the word stands where there is room for it. */
function breaks(points: readonly ChartPoint[], x: (date: string) => number): Html[] {
  let last = 0
  return points
    .filter(({ broke }) => broke.length > 0)
    .map(({ date }) => {
      const at = x(date)
      const named = at - last > ROOM
      if (named) last = at
      return html`<line class="lim" x1="${px(at)}" x2="${px(at)}" y1="${TOP - 6}" y2="${HEIGHT - BOTTOM}"/>${named && html`<text class="bad" x="${px(Math.min(at, WIDTH - 20))}" y="${TOP - 8}" text-anchor="middle">broke</text>`}`
    })
}

/** What a picture says to whoever does not see it. */
function description(metric: Chart['metric'], points: readonly ChartPoint[]): string {
  const known = points.filter(({ mean, state }) => mean !== null && state !== 'open')
  const broke = points.filter((point) => point.broke.length > 0)
  const [first, last] = [known[0], known.at(-1)]
  const course =
    first && last
      ? `${count(known.length, 'day')} with a value, ${bandValue(metric, first.mean)} on ${first.date}, ${bandValue(metric, last.mean)} on ${last.date}.`
      : 'No judged day has a value.'
  return `${course} ${broke.length === 0 ? 'No edge broke.' : `It broke on ${broke.map(({ date }) => date).join(', ')}.`} The table has every day.`
}

const short = (metric: Chart['metric'], value: number): string =>
  bandValue(metric, value).replace(/ (?:cents|tokens)$/, '')

/** Edges of days that follow each other, drawn in one go where they are the same. */
function edgeLines(points: readonly ChartPoint[]): { from: string; to: string; edge: number }[] {
  const lines: { side: string; from: string; to: string; edge: number }[] = []
  for (const [i, { date, edges }] of points.entries())
    for (const [side, edge] of Object.entries(edges)) {
      const before = points[i - 1]?.date
      const open = lines.find((one) => one.side === side && one.to === before && one.edge === edge)
      if (open) open.to = date
      else lines.push({ side, from: date, to: date, edge })
    }
  return lines
}

/** The line for the eye, in the parts between days without a value. */
function strands(points: readonly ChartPoint[], dates: readonly string[]): ChartPoint[][] {
  const parts: ChartPoint[][] = []
  let before = -2
  for (const point of points) {
    if (point.mean === null || point.ewma === null) continue
    const day = dates.indexOf(point.date)
    if (day === before + 1) parts.at(-1)!.push(point)
    else parts.push([point])
    before = day
  }
  return parts.filter((part) => part.length > 1)
}

/** @param below where a day stands of which the metric is not known */
function dotOf(
  { date, state, mean, revised }: ChartPoint,
  at: (date: string, value: number) => string,
  below: string,
): Html {
  const again = revised?.mean ?? null
  return html`${mean !== null && html`<path class="${state === 'open' ? 'kept' : state === 'moved' ? 'beyond fails' : 'baseline'}" transform="translate(${at(date, mean)})" d="${CIRCLE}"/>`}${state === 'not_measured' && html`<path class="dropped" transform="translate(${below})" d="${CROSS}"/>`}${again !== null && html`<path class="listed" transform="translate(${at(date, again)})" d="${DIAMOND}"/>`}`
}

const CIRCLE = 'M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z'
const DIAMOND = 'M0-4.5L4 0L0 4.5L-4 0z'
const CROSS = 'M-3-3L3 3M-3 3L3-3'

const LEGEND = [
  { look: 'baseline', d: CIRCLE, says: 'mean of a judged day' },
  { look: 'beyond fails', d: CIRCLE, says: 'of a day on which an edge is broken' },
  { look: 'kept', d: CIRCLE, says: 'open: not judged yet' },
  { look: 'listed', d: DIAMOND, says: 'revised by runs that came late' },
  { look: 'dropped', d: CROSS, says: 'not measured' },
  { look: 'course', d: 'M-7 3L7-3', says: 'EWMA, for the eye' },
  { look: 'limit', d: 'M-7 0H7', says: 'edge' },
] as const

/** What the marks of all charts mean. */
export const chartLegend = (): Html =>
  html`<ul class="legend">${LEGEND.map(({ look, d, says }) => html`<li><svg viewBox="-8 -8 16 16" aria-hidden="true"><path class="${look}" d="${d}"/></svg>${says}</li>`)}</ul>`

/** Candidates of a run by what they gain and what they cost, as inline SVG. Shape tells fates apart, not colour alone. */
import {
  curveStepAfter,
  line,
  symbol,
  symbolCircle,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTimes,
} from 'd3-shape'
import { html } from 'hono/html'
import { type MetricName, metricOf } from '#schemas/metrics.ts'
import { axis, px } from './axis.ts'
import { count, metricName, metricValue, number } from './format.ts'
import type { Html } from './layout.ts'
import type { Drawn, Mark, Pareto } from './pareto.ts'
import { names } from './plot-names.ts'

const shape = (type: typeof symbolStar, size: number): string => symbol(type, size).digits(1)()!

const MARKS: Readonly<Record<Mark, { readonly says: string; readonly path: string }>> = {
  baseline: { says: 'baseline', path: shape(symbolSquare, 70) },
  won: { says: 'the winner', path: shape(symbolStar, 130) },
  listed: { says: 'on the list for the held-out question', path: shape(symbolDiamond, 60) },
  kept: { says: 'held every limit, another is better', path: shape(symbolCircle, 40) },
  dropped: { says: 'broke a limit or gained nothing', path: shape(symbolTimes, 22) },
}
/** Marks that carry their name in the plot. */
const NAMES: Partial<Record<Mark, string>> = { won: 'winner', baseline: 'baseline' }
const DRAWN_LAST: readonly Mark[] = ['dropped', 'kept', 'listed', 'baseline', 'won']

const [WIDTH, HEIGHT, STRIP] = [410, 300, 34]
const EDGE = { left: 58, right: 14, top: 18, bottom: 44 }
/** A limit this many spans of the data away is named, not drawn: it would flatten everything else to a line. */
const FAR = 4

/** The plot and its legend; null when nothing has a place in it. Left and up are better, whatever the metric. */
export function paretoPlot(pareto: Pareto): Html | null {
  const { metric, direction, measure, limit, baseline, drawn, front } = pareto
  if (drawn.length === 0) return null
  const placed = drawn.filter((p) => p.y !== null)
  const strip = drawn.filter((p) => p.y === null)
  const sign = measure.worse === 'less' ? 1 : -1
  const bottom = HEIGHT - EDGE.bottom - (strip.length > 0 ? STRIP : 0)
  const heights = [...placed.map((p) => p.y!), 0]
  const near = limit !== null && isNear(limit, heights, measure.flat)
  const ends = [EDGE.left, WIDTH - EDGE.right] as const
  const x = axis(
    [...drawn.map((p) => p.x), ...(baseline === null ? [] : [baseline])],
    direction === 'decrease' ? ends : [ends[1], ends[0]],
  )
  const y = axis(
    near ? [...heights, limit] : heights,
    sign === 1 ? [bottom, EDGE.top] : [EDGE.top, bottom],
    measure.flat,
  )
  const at = (p: Drawn) => ({ x: x(p.x), y: p.y === null ? bottom + STRIP / 2 + 2 : y(p.y) })
  const marks = DRAWN_LAST.flatMap((mark) => drawn.filter((p) => p.mark === mark).map((p) => ({ ...p, ...at(p) })))
  const base = baseline === null ? [] : [{ mark: 'baseline' as const, id: null, x: x(baseline), y: y(0) }]
  const all = [...marks, ...base]
  const steps = line().curve(curveStepAfter).digits(1)(front.map((p): [number, number] => [x(p.x), y(p.y!)]))
  const axisY = HEIGHT - EDGE.bottom
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="plot-title plot-desc">
<title id="plot-title">Candidates by ${metricName(metric)} and ${measure.name}</title>
<desc id="plot-desc">${description(pareto)}</desc>
${y
  .ticks(5)
  .map(
    (tick) =>
      html`<line class="grid" x1="${ends[0]}" x2="${ends[1]}" y1="${px(y(tick))}" y2="${px(y(tick))}"/><text x="${EDGE.left - 6}" y="${px(y(tick) + 4)}" text-anchor="end">${number(measure.shown(tick))}</text>`,
  )}
${x
  .ticks(5)
  .map(
    (tick) =>
      html`<line class="grid" x1="${px(x(tick))}" x2="${px(x(tick))}" y1="${EDGE.top}" y2="${axisY}"/><text x="${px(x(tick))}" y="${axisY + 16}" text-anchor="middle">${number(tick)}</text>`,
  )}
<text x="${(ends[0] + ends[1]) / 2}" y="${HEIGHT - 8}" text-anchor="middle">← better: ${metricName(metric)}${axisUnit(metric)}</text>
<text x="13" y="${(EDGE.top + bottom) / 2}" text-anchor="middle" transform="rotate(-90 13 ${(EDGE.top + bottom) / 2})">${measure.axis} → better</text>
${base.map((p) => html`<line class="zero" x1="${ends[0]}" x2="${ends[1]}" y1="${px(p.y)}" y2="${px(p.y)}"/><line class="zero" x1="${px(p.x)}" x2="${px(p.x)}" y1="${EDGE.top}" y2="${bottom}"/>`)}
${near && html`<line class="lim" x1="${ends[0]}" x2="${ends[1]}" y1="${px(y(limit))}" y2="${px(y(limit))}"/><text class="bad" x="${ends[1]}" y="${px(y(limit) - 5)}" text-anchor="end">limit ${measure.value(limit)}</text>`}
${strip.length > 0 && html`<line class="edge" x1="${ends[0]}" x2="${ends[1]}" y1="${bottom}" y2="${bottom}"/><text class="soft" x="${EDGE.left - 6}" y="${bottom + STRIP / 2 + 6}" text-anchor="end">early</text>`}
${front.length > 1 && steps !== null && html`<path class="front" d="${steps}"/>`}
${all.map((p) => html`<path class="${p.mark}"${p.id !== null && html` data-c="${p.id}"`} transform="translate(${px(p.x)} ${px(p.y)})" d="${MARKS[p.mark].path}"/>`)}
${names(
  all.map((p) => ({ x: p.x, y: p.y, name: NAMES[p.mark] ?? null })),
  { left: EDGE.left, right: WIDTH, top: 0, bottom },
)}
</svg>
<ul class="legend">${DRAWN_LAST.toReversed()
    .filter((mark) => all.some((p) => p.mark === mark))
    .map(
      (mark) =>
        html`<li><svg viewBox="-8 -8 16 16" aria-hidden="true"><path class="${mark}" d="${MARKS[mark].path}"/></svg>${MARKS[mark].says}</li>`,
    )}</ul>
<p class="soft">Left is better (${metricName(metric)}), up is better (${measure.name}), on the search set.${front.length > 1 && ' The stepped line joins the best of those that held every limit.'}${strip.length > 0 && ` Below the line: ${count(strip.length, 'candidate')} dropped before ${measure.name} was known.`}${limit !== null && !near && ` The limit, ${measure.value(limit)}, lies outside the picture: nothing comes near it.`}</p>`
}

const isNear = (limit: number, values: readonly number[], flat: number): boolean => {
  const span = Math.max(Math.max(...values) - Math.min(...values), flat)
  return limit >= Math.min(...values) - FAR * span && limit <= Math.max(...values) + FAR * span
}

/** The unit, where the metric's name does not say it. */
const axisUnit = (metric: MetricName): string => (metricOf(metric).unit === 'ms' ? ', ms' : '')

function description({ metric, measure, baseline, drawn }: Pareto): string {
  const winner = drawn.find((p) => p.mark === 'won')
  const at = winner
    ? `${metricValue(metric, winner.x)} with ${winner.y === null ? 'no measure' : measure.value(winner.y)}`
    : 'not in the plot'
  return `Baseline at ${metricValue(metric, baseline)}. The winner at ${at}. ${count(drawn.length, 'candidate')} drawn; the table lists the same.`
}

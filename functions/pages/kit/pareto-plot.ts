/** All candidates of a run in one plot, as inline SVG with a text alternative. Shape tells fates apart, not colour alone. */
import { scaleLinear } from 'd3-scale'
import { line, symbol, symbolCircle, symbolDiamond, symbolSquare, symbolStar, symbolTimes } from 'd3-shape'
import { html } from 'hono/html'
import type { ShownProposal } from '#core/review/shown.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import { METRICS, type MetricName } from '#schemas/metrics.ts'
import { metricChange, metricName, metricValue, number, setting, visible } from './format.ts'
import { type Html, table } from './layout.ts'
import { names } from './plot-names.ts'

type Mark = 'baseline' | 'won' | 'listed' | 'kept' | 'dropped'
interface Point {
  readonly x: number
  readonly y: number
  readonly mark: Mark
}

const MARKS: Readonly<Record<Mark, { readonly says: string; readonly path: string }>> = {
  baseline: { says: 'baseline', path: symbol(symbolSquare, 70)()! },
  won: { says: 'the winner', path: symbol(symbolStar, 130)()! },
  listed: { says: 'on the list for the held-out question', path: symbol(symbolDiamond, 60)()! },
  kept: { says: 'held every limit, another is better', path: symbol(symbolCircle, 40)()! },
  dropped: { says: 'broke a limit or gained nothing', path: symbol(symbolTimes, 22)()! },
}
/** Marks that carry their name in the plot. */
const NAMES: Partial<Record<Mark, string>> = { won: 'winner', baseline: 'baseline' }
const DRAWN_LAST: readonly Mark[] = ['dropped', 'kept', 'listed', 'baseline', 'won']

const markOf = ({ fate }: CandidateScore): Mark =>
  fate === 'won'
    ? 'won'
    : fate === 'certified' || fate === 'committed'
      ? 'listed'
      : fate === 'dominated'
        ? 'kept'
        : 'dropped'

const [WIDTH, HEIGHT] = [410, 300]
const EDGE = { left: 58, right: 14, top: 18, bottom: 44 }
/** Rows of the text alternative beyond the listed ones. */
const MOST_ROWS = 40

/** What the vertical axis shows: utility, or cost where utility is the metric itself. */
const upOf = ({ proposal }: ShownProposal) =>
  proposal.target.metric === 'utility' ? ('economics_cents_per_decision' as const) : ('utility' as const)

function upValue(shown: ShownProposal, { search }: CandidateScore): number | null {
  return upOf(shown) === 'utility' ? (search?.utility ?? null) : (search?.economics_cents ?? null)
}

/** The plot, its legend and its text alternative. */
export function paretoPlot(shown: ShownProposal): Html {
  const { metric, direction } = shown.proposal.target
  const points: Point[] = shown.candidates.flatMap((c) => {
    const y = upValue(shown, c)
    return c.metric === null || y === null ? [] : [{ x: c.metric, y, mark: markOf(c) }]
  })
  const unplotted = shown.candidates.length - points.length
  if (shown.baseline_metric !== null) points.push({ x: shown.baseline_metric, y: 0, mark: 'baseline' })
  const better = direction === 'decrease' ? 'further left' : 'further right'
  return html`${points.length > 0 && svg(shown, points)}
<p class="soft">Better is ${better} (${metricName(metric)}) and ${upOf(shown) === 'utility' ? 'higher (utility)' : 'lower (cost)'}, on the search set.${frontOf(shown, points).length > 1 && ' The dashed line joins the best of those that held every limit.'}${
    unplotted > 0 &&
    ` ${number(unplotted)} more were dropped before they were replayed in full and have no place in the plot.`
  }</p>
${candidateTable(shown)}`
}

function svg(shown: ShownProposal, points: readonly Point[]): Html {
  const { metric } = shown.proposal.target
  const up = upOf(shown)
  const x = axis(
    points.map((p) => p.x),
    [EDGE.left, WIDTH - EDGE.right],
  )
  const y = axis([...points.map((p) => p.y), 0], [HEIGHT - EDGE.bottom, EDGE.top], up === 'utility' ? 0.1 : 1)
  const inUnit = (value: number) => (up === 'utility' ? value * 100 : value)
  const marks = DRAWN_LAST.flatMap((mark) =>
    distinct(
      points.filter((p) => p.mark === mark),
      x,
      y,
    ),
  )
  const front = line()(frontOf(shown, points).map((p): [number, number] => [x(p.x), y(p.y)])) ?? ''
  const bottom = HEIGHT - EDGE.bottom
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="plot-title plot-desc">
<title id="plot-title">Candidates by ${metricName(metric)} and ${up === 'utility' ? 'utility' : 'cost'}</title>
<desc id="plot-desc">${description(shown)}</desc>
${y
  .ticks(5)
  .map(
    (tick) =>
      html`<line class="grid" x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${px(y(tick))}" y2="${px(y(tick))}"/><text x="${EDGE.left - 6}" y="${px(y(tick) + 4)}" text-anchor="end">${number(inUnit(tick))}</text>`,
  )}
${x
  .ticks(5)
  .map(
    (tick) =>
      html`<line class="grid" x1="${px(x(tick))}" x2="${px(x(tick))}" y1="${EDGE.top}" y2="${bottom}"/><text x="${px(x(tick))}" y="${bottom + 16}" text-anchor="middle">${number(tick)}</text>`,
  )}
<text x="${(EDGE.left + WIDTH - EDGE.right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${metricName(metric)}${axisUnit(metric)}</text>
<text x="13" y="${(EDGE.top + bottom) / 2}" text-anchor="middle" transform="rotate(-90 13 ${(EDGE.top + bottom) / 2})">${up === 'utility' ? 'utility change, points' : 'cost change, cents'}</text>
${points.some((p) => p.mark === 'baseline') && html`<line class="zero" x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${px(y(0))}" y2="${px(y(0))}"/><line class="zero" x1="${px(x(shown.baseline_metric!))}" x2="${px(x(shown.baseline_metric!))}" y1="${EDGE.top}" y2="${bottom}"/>`}
${front !== '' && html`<path class="front" d="${front}"/>`}
${marks.map((p) => html`<path class="${p.mark}" transform="translate(${px(x(p.x))} ${px(y(p.y))})" d="${MARKS[p.mark].path}"/>`)}
${names(
  marks.map((p) => ({ x: x(p.x), y: y(p.y), name: NAMES[p.mark] ?? null })),
  { left: EDGE.left, right: WIDTH, top: 0, bottom },
)}
</svg>
<ul class="legend">${DRAWN_LAST.toReversed()
    .filter((mark) => marks.some((p) => p.mark === mark))
    .map(
      (mark) =>
        html`<li><svg viewBox="-8 -8 16 16" aria-hidden="true"><path class="${mark}" d="${MARKS[mark].path}"/></svg>${MARKS[mark].says}</li>`,
    )}</ul>`
}

/** The unit, where the metric's name does not say it. */
const axisUnit = (metric: MetricName): string => (METRICS[metric].unit === 'ms' ? ', ms' : '')
const px = (value: number): string => value.toFixed(1)

/** A linear axis with air at its ends; `flat` is the span around values that are all 0. */
function axis(values: readonly number[], range: readonly [number, number], flat = 1) {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const air = (high - low || Math.abs(high) || flat) * 0.08
  return scaleLinear()
    .domain([low - air, high + air])
    .range(range)
}

/** One mark a place: ten thousand candidates on the same pixel are one dot, not a page of ten megabytes. */
function distinct(points: readonly Point[], x: (v: number) => number, y: (v: number) => number): Point[] {
  return [...new Map(points.map((p) => [`${Math.round(x(p.x))},${Math.round(y(p.y))}`, p])).values()]
}

/** Of those that held every limit, the points that no other beats in both directions, from best metric on. */
function frontOf(shown: ShownProposal, points: readonly Point[]): Point[] {
  const gain = (p: Point) => (shown.proposal.target.direction === 'decrease' ? -p.x : p.x)
  const height = (p: Point) => (upOf(shown) === 'utility' ? p.y : -p.y)
  const front: Point[] = []
  for (const p of points
    .filter(({ mark }) => mark !== 'dropped')
    .sort((a, b) => gain(b) - gain(a) || height(b) - height(a)))
    if (front.length === 0 || height(p) > height(front.at(-1)!)) front.push(p)
  return front
}

function description(shown: ShownProposal): string {
  const { metric } = shown.proposal.target
  const winner = shown.candidates.find((c) => c.fate === 'won')
  const at = winner
    ? `${metricValue(metric, winner.metric)} with ${metricChange(upOf(shown), upValue(shown, winner))}`
    : 'not in the plot'
  return `Baseline at ${metricValue(metric, shown.baseline_metric)}. The winner at ${at}. ${shown.candidates.length} candidates in all; the table below lists them.`
}

function candidateTable(shown: ShownProposal): Html {
  const { metric } = shown.proposal.target
  const listed = shown.candidates.filter((c) => markOf(c) === 'won' || markOf(c) === 'listed')
  const others = shown.candidates.filter((c) => !listed.includes(c))
  const rows = [...listed, ...others.slice(0, MOST_ROWS)].map((c) => [
    html`${Object.entries(c.patch).map(([path, { from, to }]) => html`<span class="mono">${visible(path)}</span> ${short(setting(from))} → ${short(setting(to))} `)}`,
    metricValue(metric, c.metric),
    metricChange(upOf(shown), upValue(shown, c)),
    `${c.fate.replaceAll('_', ' ')}${c.reason === '' ? '' : `: ${visible(c.reason)}`}`,
  ])
  const left = others.length - Math.min(others.length, MOST_ROWS)
  return html`<details><summary>The plot as a table: ${number(shown.candidates.length)} candidates and what became of each</summary>
${table('candidates', `Candidates on the search set, the baseline at ${metricValue(metric, shown.baseline_metric)}`, ['change', metricName(metric), upOf(shown) === 'utility' ? 'utility' : 'cost', 'what became of it'], rows)}
${left > 0 && html`<p class="soft">${number(left)} more stand in candidates.jsonl of the run.</p>`}</details>`
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text)

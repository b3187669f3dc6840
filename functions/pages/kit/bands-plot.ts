/** Something over time, in bands side by side: a line, what lies between its bounds, and a limit in each band. */
import { html } from 'hono/html'
import { linear, px, ticks } from './axis.ts'
import type { Html } from './layout.ts'

export interface BandPoint {
  /** Position of its band. */
  readonly band: number
  /** How far through the band, in (0, 1]. */
  readonly at: number
  readonly value: number
  /** Null: no bounds hold. */
  readonly between: readonly [low: number, high: number] | null
}

interface BandsPlot {
  readonly id: string
  readonly title: string
  /** For whoever does not see the plot. */
  readonly says: string
  /** Name of each band, in order. */
  readonly bands: readonly string[]
  /** In their order. A line is not drawn from one band into the next unless it `runs` on. */
  readonly points: readonly BandPoint[]
  readonly runs: boolean
  /** Limit of each band; null: it has none. */
  readonly limits: readonly (number | null)[]
  readonly scale: 'linear' | 'log'
  /** A value of the axis as it is written there. */
  readonly tick: (value: number) => string
  /** Bands in which the line ends where it must not. */
  readonly fails: readonly number[]
  readonly caption: Html | string
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [400, 190, 62, 6, 22, 8]
const GAP = 3

/** Draws it; null: there is nothing to draw. */
export function bandsPlot(plot: BandsPlot): Html | null {
  const { id, title, says, bands, points, limits } = plot
  if (points.length === 0) return null
  const wide = (WIDTH - LEFT - RIGHT) / bands.length
  const left = (band: number): number => LEFT + wide * band
  const x = ({ band, at }: BandPoint): string => (left(band) + (wide - GAP) * at).toFixed(1)
  const [low, high] = rangeOf(plot)
  const of = plot.scale === 'log' ? Math.log : Number
  const scale = linear([of(low), of(high)], [HEIGHT - BOTTOM, TOP])
  const y = (value: number): string => px(scale(of(Math.min(high, Math.max(low, value)))))
  const beyond = points.some(({ between }) => between !== null && (between[0] < low || between[1] > high))
  const strands = strandsOf(plot)
  return html`<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}</title>
<desc id="${id}-desc">${says}</desc>
${bands.map((name, i) => html`<path class="band" d="M${left(i).toFixed(1)} ${TOP}h${(wide - GAP).toFixed(1)}V${HEIGHT - BOTTOM}h-${(wide - GAP).toFixed(1)}z"/><text class="soft" x="${(left(i) + (wide - GAP) / 2).toFixed(1)}" y="14" text-anchor="middle">${name}</text>`)}
${ticksOf(plot, low, high).map((value) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/><text class="soft" x="${LEFT - 5}" y="${(Number(y(value)) + 4).toFixed(1)}" text-anchor="end">${plot.tick(value)}</text>`)}
${plot.scale === 'linear' && html`<line class="zero" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(0)}" y2="${y(0)}"/>`}
${strands.map((strand) => {
  const look = plot.fails.includes(strand.at(-1)!.band) ? ' fails' : ''
  const bounded = strand.filter((p) => p.between !== null)
  const line = strand.map((p) => `${x(p)} ${y(p.value)}`)
  const area = [
    ...bounded.map((p) => `${x(p)} ${y(p.between![1])}`),
    ...bounded.toReversed().map((p) => `${x(p)} ${y(p.between![0])}`),
  ]
  return html`${area.length > 2 && html`<path class="between${look}" d="M${area.join('L')}z"/>`}<path class="course${look}" d="M${line.join('L')}"/><circle class="seen${look}" cx="${x(strand.at(-1)!)}" cy="${y(strand.at(-1)!.value)}" r="3"/>`
})}
${limits.map((limit, i) => limit !== null && html`<line class="limit" x1="${left(i).toFixed(1)}" x2="${(left(i) + wide - GAP).toFixed(1)}" y1="${y(limit)}" y2="${y(limit)}"/>`)}
</svg>
<figcaption>${plot.caption}${beyond && ' Where the shade ends flat at the edge, the bounds lie further out; the table has them.'}</figcaption></figure>`
}

/** Points whose line is drawn in one go. */
const strandsOf = ({ points, runs, bands }: BandsPlot): readonly (readonly BandPoint[])[] =>
  runs ? [points] : bands.map((_, i) => points.filter((p) => p.band === i)).filter((strand) => strand.length > 0)

/** What is drawn: the line, the limits and how things stand in the end. Early bounds are as wide as can be, and would hide the rest. */
function rangeOf(plot: BandsPlot): readonly [low: number, high: number] {
  const ends = strandsOf(plot).map((strand) => strand.at(-1)!)
  const values = [
    ...plot.points.map((p) => p.value),
    ...plot.limits.flatMap((limit) => limit ?? []),
    ...ends.flatMap((p) => p.between ?? []),
  ]
  const [least, most] = [Math.min(...values), Math.max(...values)]
  if (plot.scale === 'log') return [Math.max(1e-3, Math.min(0.5, least)), Math.min(1e12, most * 2)]
  const room = (Math.max(0, most) - Math.min(0, least) || 1) * 0.08
  return [Math.min(0, least) - room, Math.max(0, most) + room]
}

function ticksOf({ scale }: BandsPlot, low: number, high: number): readonly number[] {
  if (scale === 'linear') return ticks(low, high, 4)
  const decades = Math.log10(high / low)
  const every = Math.max(1, Math.round(decades / 4))
  const from = Math.ceil(Math.log10(low))
  return Array.from({ length: Math.floor(Math.log10(high)) - from + 1 }, (_, i) => from + i)
    .filter((power) => power % every === 0)
    .map((power) => 10 ** power)
}

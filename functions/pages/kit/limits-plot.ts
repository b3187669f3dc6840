/** How near each measure comes to its limit, all on one scale; the target in its own unit. The table beside it says the same. */
import { html } from 'hono/html'
import type { TuningProposal } from '#schemas/proposal.ts'
import { axis, linear, px } from './axis.ts'
import { type DimensionRow, dimensionRows, type Gain, type Place } from './dimensions.ts'
import { number, visible } from './format.ts'
import type { Html } from './layout.ts'

export interface LimitRow {
  readonly name: string
  /** For whoever does not see the plot. */
  readonly says: string
  /** Null: nothing to place. */
  readonly place: Place | null
  /** In place of `place`: what has no tolerated harm to be measured in is drawn in its own unit. */
  readonly gain?: Gain | null
}

const [WIDTH, ROW, TOP, LEFT, AXIS] = [400, 27, 22, 140, 24]
/** Further off is drawn at the edge as an arrow: the number stands in the table. */
const [BEST, WORST] = [-1.25, 1.35]
type Scale = (value: number) => number

/** One row a measure: a dot where it was observed, a bar to its bound, a stroke where its limit is. */
export function limitsPlot(id: string, title: string, rows: readonly LimitRow[], caption: Html | string): Html | null {
  if (rows.every((r) => r.place === null && !r.gain)) return null
  const heights = rows.map((r) => ROW + (r.gain ? AXIS : 0))
  const tops = heights.map((_, i) => TOP + heights.slice(0, i).reduce((a, b) => a + b, 0))
  const height = TOP + heights.reduce((a, b) => a + b, 0) + 8
  const end = rows.findIndex((r) => r.gain)
  const x = linear([BEST, WORST], [LEFT, WIDTH - 10])
  return html`<figure><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}</title>
<desc id="${id}-desc">${rows.map((r) => `${r.name}: ${r.says}. `).join('')}</desc>
<text class="soft" x="${LEFT}" y="13">better</text><text class="soft" x="${px(x(0))}" y="13" text-anchor="middle">baseline</text><text class="soft" x="${px(x(1))}" y="13" text-anchor="middle">limit</text>
<line class="zero" x1="${px(x(0))}" x2="${px(x(0))}" y1="${TOP - 4}" y2="${(end === 0 ? TOP : end > 0 ? tops[end]! : height) - 4}"/>
${rows.map((row, i) => (row.gain ? ownUnit(row.name, row.gain, tops[i]! + ROW / 2) : drawn(row, tops[i]! + ROW / 2, x)))}
</svg>
<figcaption>${caption}</figcaption></figure>`
}

function drawn({ name, place }: LimitRow, y: number, x: Scale): Html {
  const label = html`<text x="0" y="${y + 4}">${name}</text>`
  if (place === null) return html`${label}<text class="soft" x="${LEFT}" y="${y + 4}">not measured</text>`
  return html`${label}${marks(place, y, (harm) => x(Math.min(WORST, Math.max(BEST, harm))))}${beyond(place, y, x)}`
}

function marks({ observed, bound, limit, passed }: Place, y: number, x: Scale): Html {
  const state = passed ? '' : ' fails'
  return html`<line class="range${state}" x1="${px(x(observed))}" x2="${px(x(bound))}" y1="${y}" y2="${y}"/><line class="limit" x1="${px(x(limit))}" x2="${px(x(limit))}" y1="${y - 8}" y2="${y + 8}"/><circle class="seen${state}" cx="${px(x(observed))}" cy="${y}" r="5"/>`
}

/** An arrow at each edge that something lies beyond. */
function beyond({ observed, bound, passed }: Place, y: number, x: Scale): Html {
  const state = passed ? '' : ' fails'
  const arrow = (at: number, to: 1 | -1) =>
    html`<path class="beyond${state}" d="M${px(at)} ${y - 6}l${6 * to} 6l${-6 * to} 6z"/>`
  const [least, most] = [Math.min(observed, bound), Math.max(observed, bound)]
  return html`${least < BEST && arrow(x(BEST) - 2, -1)}${most > WORST && arrow(x(WORST) + 2, 1)}`
}

/** A change against the baseline on an axis of its own: worse is to the right here too. */
function ownUnit(name: string, gain: Gain, y: number): Html {
  const { observed, bound, limit, worse, unit } = gain
  const ends = [LEFT, WIDTH - 10]
  const x = axis([observed, bound, limit, 0], worse === 'more' ? ends : ends.toReversed())
  const foot = y + ROW / 2
  return html`<text x="0" y="${y + 4}">${name}</text><line class="grid" x1="${LEFT}" x2="${WIDTH - 10}" y1="${foot}" y2="${foot}"/>${x
    .ticks(4)
    .map(
      (tick) =>
        html`<line class="grid" x1="${px(x(tick))}" x2="${px(x(tick))}" y1="${foot - 4}" y2="${foot + 4}"/><text class="soft" x="${px(x(tick))}" y="${foot + 17}" text-anchor="middle">${number(tick)}</text>`,
    )}<text class="soft" x="0" y="${foot + 10}">${unit}</text><line class="zero" x1="${px(x(0))}" x2="${px(x(0))}" y1="${y - 12}" y2="${foot}"/>${marks(gain, y, x)}`
}

/** The five dimensions of a certificate. */
export function dimensionPlot(proposal: TuningProposal): Html | null {
  const rows = dimensionRows(proposal)
  const target = rows.find((r) => r.gain !== null)
  return limitsPlot(
    'limits',
    'Each dimension against its limit, on the held-out set',
    rows.map((r) => ({
      name: visible(nameOf(r)),
      says: `observed ${r.observed}, interval ${r.interval}, limit ${r.limit}`,
      place: r.place,
      gain: r.gain,
    })),
    `Dot: observed. Bar: up to the bound of its interval. Upright stroke: the limit, which the bar must not reach. Left of the dotted line is better than the baseline. Each row in units of what it tolerates${target ? `; the target, which tolerates nothing but a gain, in ${target.gain!.unit}` : ''}.`,
  )
}

const nameOf = ({ dimension, of }: DimensionRow): string =>
  of === 'approval bypass' ? of : of.endsWith('the target') ? `${dimension} (target)` : dimension

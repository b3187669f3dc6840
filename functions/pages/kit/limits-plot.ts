/** How near each measure comes to its limit, all on one scale. The table beside it says the same in numbers. */
import { scaleLinear } from 'd3-scale'
import { html } from 'hono/html'
import type { TuningProposal } from '#schemas/proposal.ts'
import { type DimensionRow, dimensionRows, type Place } from './dimensions.ts'
import { visible } from './format.ts'
import type { Html } from './layout.ts'

export interface LimitRow {
  readonly name: string
  /** For whoever does not see the plot. */
  readonly says: string
  /** Null: nothing to place. */
  readonly place: Place | null
}

const [WIDTH, ROW, TOP, LEFT] = [400, 27, 22, 140]
/** Further off is drawn at the edge: the place of a mark is for the eye, the number stands in the table. */
const [BEST, WORST] = [-1.25, 1.35]

/** One row a measure: a dot where it was observed, a bar to its bound, a stroke where its limit is. */
export function limitsPlot(id: string, title: string, rows: readonly LimitRow[], caption: Html | string): Html | null {
  if (rows.every((r) => r.place === null)) return null
  const height = TOP + ROW * rows.length + 8
  const scale = scaleLinear()
    .domain([BEST, WORST])
    .range([LEFT, WIDTH - 10])
  const x = (harm: number): string => scale(Math.min(WORST, Math.max(BEST, harm))).toFixed(1)
  return html`<figure><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}</title>
<desc id="${id}-desc">${rows.map((r) => `${r.name}: ${r.says}. `).join('')}</desc>
<text class="soft" x="${LEFT}" y="13">better</text><text class="soft" x="${x(0)}" y="13" text-anchor="middle">baseline</text><text class="soft" x="${x(1)}" y="13" text-anchor="middle">limit</text>
<line class="zero" x1="${x(0)}" x2="${x(0)}" y1="${TOP - 4}" y2="${height - 4}"/>
${rows.map((row, i) => drawn(row, TOP + ROW * i + ROW / 2, x))}
</svg>
<figcaption>${caption}</figcaption></figure>`
}

function drawn({ name, place }: LimitRow, y: number, x: (harm: number) => string): Html {
  const label = html`<text x="0" y="${y + 4}">${name}</text>`
  if (place === null) return html`${label}<text class="soft" x="${LEFT}" y="${y + 4}">not measured</text>`
  const state = place.passed ? '' : ' fails'
  return html`${label}<line class="range${state}" x1="${x(place.observed)}" x2="${x(place.bound)}" y1="${y}" y2="${y}"/><line class="limit" x1="${x(place.limit)}" x2="${x(place.limit)}" y1="${y - 8}" y2="${y + 8}"/><circle class="seen${state}" cx="${x(place.observed)}" cy="${y}" r="5"/>`
}

/** The five dimensions of a certificate. */
export function dimensionPlot(proposal: TuningProposal): Html | null {
  const rows = dimensionRows(proposal)
  const gainOnly = rows.some((r) => r.place?.limit === 0)
  return limitsPlot(
    'limits',
    'Each dimension against its limit, on the held-out set',
    rows.map((r) => ({
      name: visible(nameOf(r)),
      says: `observed ${r.observed}, interval ${r.interval}, limit ${r.limit}`,
      place: r.place,
    })),
    `Dot: observed. Bar: up to the bound of its interval. Upright stroke: the limit, which the bar must not reach. Left of the dotted line is better than the baseline. Each row in units of what it tolerates${gainOnly ? '; the target tolerates nothing but a gain' : ''}.`,
  )
}

const nameOf = ({ dimension, of }: DimensionRow): string =>
  of === 'approval bypass' ? of : of.endsWith('the target') ? `${dimension} (target)` : dimension

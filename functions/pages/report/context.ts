/** What the change does to what is read, where money goes, and where harm lies: from the evidence of the search set. */
import { html } from 'hono/html'
import type { RunEvidence, Slice, SpendingPart } from '#core/evidence/types.ts'
import { upperRate } from '#core/statistics/binomial.ts'
import { linear, px } from '../kit/axis.ts'
import { count, number, percent, signed, visible } from '../kit/format.ts'
import { type Html, outOf } from '../kit/layout.ts'
import { dataTable } from './data-table.ts'
import { cut } from './words.ts'

/** Rows of a table of this part. */
const MOST = 40

/** Passages by bucket, source and hop. */
export function coverageTable({ coverage }: RunEvidence): Html {
  if (coverage === null) return html`<p>Nobody recorded what the harness read.</p>`
  if (coverage.length === 0) return html`<p>No passage was read in any compared case.</p>`
  const rows = coverage.slice(0, MOST)
  return html`${dataTable(
    'coverage',
    'Passages in the contexts of all compared cases, by bucket, source and hop',
    ['bucket and source', 'hop', 'read before', 'removed', 'added', 'required lost', 'needed lost', 'values lost'],
    rows.map((r) => ({
      head: `${visible(r.bucket)}${r.source === null ? '' : `, ${visible(r.source)}`}`,
      cells: [
        r.hop,
        r.before,
        html`${number(r.removed)}${r.before > 0 && html` <span class="of">${percent(r.removed / r.before)}</span>`}`,
        r.added,
        lost(r.required_lost, r.required),
        lost(r.needed_lost, r.needed),
        r.values_lost,
      ],
    })),
  )}
${coverage.length > rows.length && html`<p class="soft">${number(coverage.length - rows.length)} more rows are left out.</p>`}`
}

const lost = (n: number, of: number): Html | string => (of === 0 ? '-' : outOf(n, of))

interface Fall {
  readonly name: string
  readonly before: number
  readonly after: number
}

/** Where one decision's cost goes, before and after: a bar falls or rises by what each part saves or adds. */
export function costWaterfall({ spending }: RunEvidence): Html {
  if (spending === null) return html`<p>Nobody recorded what the input of the model was made of.</p>`
  const priced = spending.priced > 0 && spending.parts.every((p) => p.cents !== null)
  const over = priced ? spending.priced : spending.decisions
  if (over === 0 || spending.parts.length === 0) return html`<p>No decision could be counted.</p>`
  const unit = priced ? 'cents' : 'tokens'
  const of = (p: SpendingPart): Fall => {
    const { before, after } = priced ? p.cents! : p.tokens
    return { name: visible(p.part).replaceAll('_', ' '), before: before / over, after: after / over }
  }
  const parts = spending.parts.map(of)
  const total = (side: 'before' | 'after') => parts.reduce((sum, p) => sum + p[side], 0)
  return html`<div class="cols">${waterfall(parts, total('before'), total('after'), unit)}
${dataTable(
  'spending-table',
  `What one decision costs by part, ${unit}, over ${count(over, 'decision')}`,
  ['part', 'before', 'after', 'change'],
  [...parts, { name: 'all of it', before: total('before'), after: total('after') }].map((p) => ({
    head: p.name,
    cells: [number(p.before), number(p.after), signed(Number((p.after - p.before).toPrecision(4)))],
  })),
)}</div>`
}

function waterfall(parts: readonly Fall[], before: number, after: number, unit: string): Html {
  const moved = parts.filter((p) => p.before !== p.after)
  const rows = [{ name: 'before', from: 0, to: before, look: '' }]
  let at = before
  for (const p of moved) {
    const next = at + p.after - p.before
    rows.push({ name: cut(p.name, 18), from: at, to: next, look: next < at ? ' less' : ' more' })
    at = next
  }
  rows.push({ name: 'after', from: 0, to: after, look: '' })
  const [W, ROW, LEFT, RIGHT] = [410, 26, 140, 64]
  const x = linear([0, Math.max(...rows.map((r) => Math.max(r.from, r.to))) || 1], [LEFT, W - RIGHT])
  return html`<figure><svg viewBox="0 0 ${W} ${ROW * rows.length + 8}" role="img" aria-labelledby="waterfall-title waterfall-desc">
<title id="waterfall-title">What one decision costs, from before to after, ${unit}</title>
<desc id="waterfall-desc">Before ${number(before)}, ${moved.map((p) => `${p.name} ${signed(p.after - p.before)}, `).join('')}after ${number(after)} ${unit}.</desc>
${rows.map((r, i) => {
  const [low, high] = [Math.min(r.from, r.to), Math.max(r.from, r.to)]
  const says = r.look === '' ? number(r.to) : signed(Number((r.to - r.from).toPrecision(3)))
  return html`<text x="0" y="${ROW * i + 18}">${r.name}</text><rect class="bar${r.look}" x="${px(x(low))}" y="${ROW * i + 5}" width="${px(Math.max(1, x(high) - x(low)))}" height="${ROW - 9}"></rect><text x="${px(x(high) + 5)}" y="${ROW * i + 18}">${says}</text>`
})}
</svg><figcaption>${unit} a decision. Shorter is cheaper; each bar between is what one part saves or adds.</figcaption></figure>`
}

/** Exact two-sided interval of a share (Clopper-Pearson), 95 %. */
const interval = (x: number, n: number): readonly [number, number] => [
  1 - upperRate(n - x, n, 0.025),
  upperRate(x, n, 0.025),
]

/** Where harm lies: the share of worse cases by declared attributes, each with its interval. */
export function slicesPart({ slices }: RunEvidence): Html {
  const known = slices.filter((s) => s.cases > 0)
  if (known.length === 0) return html`<p>The records declare no attributes, so harm cannot be told apart by them.</p>`
  const shown = known.slice(0, MOST)
  return html`<div class="cols">${slicePlot(shown.slice(0, 16))}
${dataTable(
  'slice-table',
  'Cases that got worse, by attribute; intervals are exact, 95 %, each by itself',
  ['attribute', 'cases', 'worse', 'better', 'share worse', 'interval'],
  shown.map((s) => {
    const [low, high] = interval(s.worse, s.cases)
    return {
      head: `${visible(s.attribute)} = ${visible(s.value)}`,
      cells: [s.cases, s.worse, s.better, percent(s.worse / s.cases), `${percent(low)} to ${percent(high)}`],
    }
  }),
)}</div>
${known.length > shown.length && html`<p class="soft">${number(known.length - shown.length)} more are left out.</p>`}`
}

function slicePlot(slices: readonly Slice[]): Html {
  const [W, ROW, LEFT, TOP] = [410, 24, 200, 26]
  const ends = slices.map((s) => interval(s.worse, s.cases))
  const x = linear([0, Math.max(0.01, ...ends.map(([, high]) => high))], [LEFT, W - 16])
  const height = TOP + ROW * slices.length + 6
  return html`<figure><svg viewBox="0 0 ${W} ${height}" role="img" aria-labelledby="slices-title slices-desc">
<title id="slices-title">Share of cases that got worse, by attribute; right is worse</title>
<desc id="slices-desc">The table beside it says the same in numbers.</desc>
${x.ticks(4).map((t) => html`<line class="grid" x1="${px(x(t))}" x2="${px(x(t))}" y1="${TOP}" y2="${height - 4}"/><text class="soft" x="${px(x(t))}" y="16" text-anchor="middle">${percent(t, 2)}</text>`)}
${slices.map((s, i) => {
  const y = TOP + ROW * i + ROW / 2
  const [low, high] = ends[i]!
  const look = s.worse > 0 ? ' fails' : ''
  return html`<text x="0" y="${y + 4}">${cut(visible(`${s.attribute} = ${s.value}`), 25)}</text><line class="range${look}" x1="${px(x(low))}" x2="${px(x(high))}" y1="${y}" y2="${y}"/><circle class="seen${look}" cx="${px(x(s.worse / s.cases))}" cy="${y}" r="5"/>`
})}
</svg><figcaption>Dot: share of cases that got worse. Bar: its 95 % interval. Right is worse.</figcaption></figure>`
}

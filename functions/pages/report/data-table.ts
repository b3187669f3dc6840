/** A table of many numbers: it stays a table on a phone, and scrolls in a region of its own. */
import { html } from 'hono/html'
import { number } from '../kit/format.ts'
import type { Html } from '../kit/layout.ts'

/** A cell that is not sorted by what it says: `by` null stands last. */
interface Sorted {
  readonly says: Html | string
  readonly by: number | null
}

interface DataRow {
  readonly head: Html | string
  readonly cells: readonly (Html | string | number | Sorted)[]
  /** Candidate that it is about, and what became of it. */
  readonly candidate?: { readonly id: string; readonly fate: string }
}

/** @param sort whether the script may sort and filter it: one table of a page */
export function dataTable(
  id: string,
  caption: Html | string,
  head: readonly string[],
  rows: readonly DataRow[],
  sort = false,
): Html {
  return html`<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><table class="data"${sort && html` data-sort=""`}>
<caption id="${id}">${caption}</caption>
<thead><tr>${head.map((name, i) => html`<th scope="col"${isNumber(rows[0]?.cells[i - 1]) && html` class="n"`}>${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ head: first, cells, candidate }) =>
      html`<tr${candidate && html` data-c="${candidate.id}" data-fate="${candidate.fate}"`}><th scope="row">${first}</th>${cells.map(cellOf)}</tr>
`,
  )}</tbody></table></div>`
}

/** Of a cell that stands on the right, as does the name of its column. */
const isNumber = (cell: DataRow['cells'][number] | undefined): boolean =>
  typeof cell === 'number' || (typeof cell === 'object' && 'says' in cell)

const cellOf = (cell: DataRow['cells'][number]): Html =>
  typeof cell === 'number'
    ? html`<td class="n"${cell >= 1000 && html` data-v="${cell}"`}>${cell >= 1000 ? number(cell) : cell}</td>`
    : typeof cell === 'object' && 'says' in cell
      ? html`<td class="n" data-v="${cell.by ?? ''}">${cell.says}</td>`
      : html`<td>${cell}</td>`

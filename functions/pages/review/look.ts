/** The box of what a reviewer should not miss. */
import { html } from 'hono/html'
import type { CoverageRow } from '#core/evidence/types.ts'
import type { ShownProposal } from '#core/review/shown.ts'
import { number, visible } from '../kit/format.ts'
import type { Html } from '../kit/layout.ts'

/** Where each part of the evidence stands on the page. */
const PLACES: ReadonlySet<string> = new Set(['coverage', 'cases', 'slices', 'alternatives', 'records', 'proof'])

/** What memory says stands before the lines that rules found, and counts as none of them. Nothing for a review that was opened without evidence. */
export function lookAtThese({ evidence, other_baseline }: ShownProposal): Html | null {
  if (!evidence) return null
  const found = [...evidence.look_at, ...lostLine(evidence.coverage ?? [])].slice(0, MOST_LINES)
  const lines = other_baseline === undefined ? found : [{ says: other_baseline, see: '' }, ...found]
  if (lines.length === 0) return html`<p class="soft">Nothing stands out by the rules that look for it.</p>`
  return html`<div class="look"><h2>Look at ${lines.length === 1 ? 'this' : 'these'}</h2>
<ol>${lines.map(({ says, see }) => html`<li>${visible(says.replaceAll(' %', '\u00a0%'))} ${PLACES.has(see) && html`<a href="#${see}">See</a>`}</li>`)}</ol></div>`
}

const MOST_LINES = 3

/** Marked passages that are read no more: where no rule speaks, nothing may look as if none were lost. */
function lostLine(coverage: readonly CoverageRow[]): { readonly says: string; readonly see: string }[] {
  const sum = (of: (row: CoverageRow) => number) => coverage.reduce((all, row) => all + of(row), 0)
  const parts = [
    ['needed', sum((row) => row.needed_lost), sum((row) => row.needed)],
    ['required', sum((row) => row.required_lost), sum((row) => row.required)],
  ] as const
  const lost = parts.filter(([, n]) => n > 0)
  if (lost.length === 0) return []
  const says = lost.map(([what, n, all]) => `${number(n)} of ${number(all)} ${what} passages`).join(' and ')
  return [{ says: `${says} of the search cases are read no more.`, see: 'cases' }]
}

/** The box of what a reviewer should not miss. */
import { html } from 'hono/html'
import type { ShownProposal } from '#core/review/shown.ts'
import { visible } from '../kit/format.ts'
import type { Html } from '../kit/layout.ts'

/** Where each part of the evidence stands on the page. */
const PLACES: ReadonlySet<string> = new Set(['coverage', 'cases', 'slices', 'alternatives', 'records', 'proof'])

/** Nothing for a review that was opened without evidence. */
export function lookAtThese({ evidence }: ShownProposal): Html | null {
  if (!evidence) return null
  const { look_at: lines } = evidence
  if (lines.length === 0) return html`<p class="soft">Nothing stands out by the rules that look for it.</p>`
  return html`<div class="look"><h2>Look at ${lines.length === 1 ? 'this' : 'these'}</h2>
<ol>${lines.map(({ says, see }) => html`<li>${visible(says.replaceAll(' %', '\u00a0%'))} ${PLACES.has(see) && html`<a href="#${see}">See</a>`}</li>`)}</ol></div>`
}

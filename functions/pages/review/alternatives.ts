/** What else was certified, and where the harm lies: tables beside the chosen change. */
import { html } from 'hono/html'
import type { RunEvidence, Slice } from '#core/evidence/types.ts'
import type { ShownProposal } from '#core/review/shown.ts'
import { changeInWords } from '../kit/change-words.ts'
import { metricName, metricValue, number, percent, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'

/** Changes that were certified; worse and better count families of the search set. */
export function alternativeTable({ proposal }: ShownProposal, { alternatives }: RunEvidence): Html {
  const { metric } = proposal.target
  if (alternatives.length <= 1) return html`<p>No other change was certified.</p>`
  return table(
    'alternatives-table',
    'On the search set, by gain',
    ['change', metricName(metric), 'gain', 'worse', 'better'],
    alternatives.map((a) => [
      html`${changeInWords(a.patch)}${a.chosen && html` <strong>(proposed)</strong>`}`,
      metricValue(metric, a.metric),
      a.gain === null ? 'not measured' : percent(a.gain),
      a.worse === null ? 'not measured' : `${number(a.worse)} of ${number(a.labelled)}`,
      a.better === null ? 'not measured' : number(a.better),
    ]),
  )
}

/** Cases by their attributes. */
export const sliceTable = (slices: readonly Slice[]): Html =>
  table(
    'slices',
    'Cases of the search set by what is known of them',
    ['attribute', 'value', 'cases', 'worse', 'better'],
    slices.map((s) => [
      visible(s.attribute),
      visible(s.value),
      number(s.cases),
      html`<span class="${s.worse > 0 ? 'bad' : ''}">${number(s.worse)} of ${number(s.labelled)}</span>`,
      number(s.better),
    ]),
  )

/** What else was certified, and where the harm lies: tables beside the chosen change. */
import { html } from 'hono/html'
import type { RunEvidence, Slice } from '#core/evidence/types.ts'
import type { ShownProposal } from '#core/review/shown.ts'
import { metricName, metricValue, number, percent, setting, visible } from '../kit/format.ts'
import { type Html, outOf, table } from '../kit/layout.ts'

/** Changes that were certified; worse and better count families of the search set. */
export function alternativeTable({ proposal }: ShownProposal, { alternatives }: RunEvidence): Html {
  const { metric } = proposal.target
  if (alternatives.length <= 1) return html`<p>No other change was certified.</p>`
  return table(
    'alternatives-table',
    'On the search set, by gain',
    ['change', metricName(metric), 'gain', 'worse', 'better'],
    alternatives.map((a) => [
      html`${settingsOf(a.patch)}${a.chosen && html` <strong>(proposed)</strong>`}`,
      metricValue(metric, a.metric),
      a.gain === null ? 'not measured' : percent(a.gain),
      a.worse === null ? 'not measured' : `${number(a.worse)} of ${number(a.labelled)}`,
      a.better === null ? 'not measured' : number(a.better),
    ]),
  )
}

/** `top_k 7, source_priority named_first`: prose is cut. */
const settingsOf = (patch: RunEvidence['patch']): string =>
  Object.entries(patch)
    .map(([path, { to }]) => `${visible(path.slice(path.lastIndexOf('.') + 1))} ${setting(to).slice(0, 40)}`)
    .join(', ')

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
      outOf(s.worse, s.labelled),
      number(s.better),
    ]),
  )

/** How far the changes of each origin came, and what each of them predicted: the search itself is one, its yardstick the last row. */
import { html } from 'hono/html'
import type { ReportFacts } from '#core/report/facts.ts'
import { predictionWords } from '#core/search/predictions.ts'
import { metricValue, number, visible } from '../kit/format.ts'
import type { Html } from '../kit/layout.ts'
import { dataTable } from './data-table.ts'
import { patchWords } from './words.ts'

/** Predictions that are listed. */
const MOST = 40

/** Nothing where no proposer was asked. */
export function originsPart({ search, metric, candidates, left_out }: ReportFacts): Html | null {
  const origins = search?.origins ?? null
  if (origins === null || metric === null) return null
  const value = (best: { readonly metric: number; readonly patch: Parameters<typeof patchWords>[0] } | null) =>
    best === null
      ? '-'
      : html`${metricValue(metric, best.metric)} <span class="of">${visible(patchWords(best.patch))}</span>`
  const arm = search!.counts.no_search
  const said = candidates.filter(({ prediction }) => prediction !== undefined)
  return html`${dataTable(
    'origins',
    'Changes by who proposed them: how far they came, beside as many replays without a search',
    ['origin', 'proposed', 'in bounds', 'replayed', 'survived', 'certified', 'best'],
    [
      ...origins.map((o) => ({
        head: visible(o.origin),
        cells: [o.proposed, o.in_bounds, o.replayed, o.survived, o.certified, value(o.best)],
      })),
      ...(arm === null
        ? []
        : [{ head: 'no search', cells: [arm.candidates, arm.candidates, '-', '-', '-', value(arm.best)] }]),
    ],
  )}
${left_out.length > 0 && html`<details><summary>${number(left_out.length)} left out before the search</summary><ul>${left_out.slice(0, MOST).map((one) => html`<li>${visible(one.origin)}, ${one.why.replaceAll('_', ' ')}: ${visible(one.reason)}</li>`)}</ul></details>`}
${said.length > 0 && html`<details><summary>${number(said.length)} predicted, and what happened</summary><ul>${said.slice(0, MOST).map((c) => html`<li>${visible(c.origin ?? '-')}: ${visible(patchWords(c.patch))}: ${visible(predictionWords(c.prediction!, c.happened))}</li>`)}</ul></details>`}`
}

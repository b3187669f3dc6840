/** Candidates of a report in tables: each with what failed where, and how far those of each origin came. */
import { html } from 'hono/html'
import type { CandidateFacts, ReportFacts } from '#core/report/facts.ts'
import { predictionWords } from '#core/search/predictions.ts'
import { sayingWhatDiffers } from '#core/space/where-they-differ.ts'
import { metricName, metricValue, number, visible } from '../kit/format.ts'
import type { Html } from '../kit/layout.ts'
import { notDrawn, type Pareto } from '../kit/pareto.ts'
import { dataTable } from './data-table.ts'
import { cut, patchWords } from './words.ts'

/** @param pareto its candidates are the rows, in its order */
export function candidateMatrix(facts: ReportFacts, pareto: Pareto): Html {
  const { metric, measure, drawn, unknown } = pareto
  const of = new Map(facts.candidates.map((c) => [c.candidate_id, c]))
  const rows = drawn.map((d) => ({ ...d, candidate: of.get(d.id)! }))
  const failing = facts.evaluators.filter((e) => rows.some((r) => (r.candidate.replayed?.failing[e] ?? 0) > 0))
  const quiet = facts.evaluators.filter((e) => !failing.includes(e))
  return html`${
    rows.length > 0 &&
    dataTable(
      'matrix',
      'Candidates on the search set, and in how many of their paid replays each evaluator failed; a blank is none',
      [
        'change',
        'what became of it, and why',
        metricName(metric),
        measure.name,
        'replays paid',
        ...failing.map((e) => visible(e).replaceAll('_', ' ')),
      ],
      rows.map(({ x, y, id, candidate }) => ({
        head: patchWords(candidate.patch),
        cells: [
          html`${candidate.fate.replaceAll('_', ' ')}${candidate.reason !== '' && html`: <span class="of">${cut(visible(firstClause(candidate.reason)), 100)}</span>`}`,
          { says: metricValue(metric, x), by: x },
          { says: y === null ? '' : measure.value(y), by: y },
          candidate.replayed?.replays ?? 0,
          ...failing.map((e) => candidate.replayed?.failing[e] ?? ''),
        ],
        candidate: { id, fate: candidate.fate },
      })),
      true,
    )
  }
${quiet.length > 0 && html`<p class="soft">Failed in no replay of these: ${quiet.map((e) => visible(e)).join(', ')}.</p>`}
${notDrawn(pareto)}
${unknown.length > 0 && html`<p>Without a known ${metricName(metric)}, so neither drawn nor listed:</p><ul>${unknown.map(([fate, n]) => html`<li>${number(n)} ${fate.replaceAll('_', ' ')}, e.g. ${exampleOf(facts.candidates, fate)}</li>`)}</ul>`}`
}

/** What stopped it first, without the limit and without what else failed: those stand in the other columns, and in `explain`. */
const firstClause = (reason: string): string => reason.split('; ')[0]!

function exampleOf(candidates: readonly CandidateFacts[], fate: string): string {
  const { patch, reason } = candidates.find((c) => c.fate === fate && c.metric === null)!
  return `${patchWords(patch)}${reason === '' ? '' : `: ${cut(visible(sayingWhatDiffers(reason, patch)), 160)}`}`
}

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

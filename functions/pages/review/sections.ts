/** What the change was proved on, and what was found: five dimensions, guardrails, ledger, reach, regressions. */
import { html } from 'hono/html'
import type { ShownProposal } from '#core/review/shown.ts'
import type { GuardrailRow } from '#schemas/candidate.ts'
import { isOwnMetric } from '#schemas/metrics.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { dimensionRows } from '../kit/dimensions.ts'
import { count, metricChange, number, percent, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'

/** The five dimensions on the held-out set, always all five, each with its interval. */
export const dimensionTable = (proposal: TuningProposal): Html =>
  table(
    'dimensions',
    `Held-out set ${visible(proposal.replay.heldout_test_set)}, counted by families`,
    ['dimension', 'observed', 'interval', 'limit', 'how it is known'],
    dimensionRows(proposal).map(({ dimension, of, observed, interval, limit, known }) => [
      html`${dimension} ${of !== '' && html`<span class="of">${of}</span>`}`,
      observed,
      interval,
      limit,
      known,
    ]),
  )

/** Every guardrail on the search set, one row each, all of them. */
export const guardrailTable = ({ search_guardrails, replay }: TuningProposal): Html =>
  guardrailRows(`Search set ${visible(replay.search_set)}: guardrails, all of them`, search_guardrails)

/** Guardrails of one candidate, each in the unit that its name implies. */
export function guardrailRows(caption: string, rows: readonly GuardrailRow[]): Html {
  return table(
    'guardrails',
    caption,
    ['guardrail', 'verdict', 'observed', 'limit', 'note'],
    rows.map((row) => [
      guardrailName(row.guardrail),
      html`<span class="${row.verdict === 'block' ? 'bad' : row.verdict === 'pass' ? 'good' : 'soft'}">${row.verdict.replaceAll('_', ' ')}</span>`,
      inUnit(row.guardrail, row.observed),
      row.limit === null ? '-' : `${atLeast(row) ? 'at least' : 'at most'} ${inUnit(row.guardrail, row.limit)}`,
      visible(row.note),
    ]),
  )
}

const guardrailName = (guardrail: string): Html | string =>
  guardrail === 'policy' || guardrail === 'safety'
    ? html`${guardrail} <span class="of">share without violation</span>`
    : visible(guardrail).replaceAll('_', ' ')

const atLeast = ({ guardrail, limit }: GuardrailRow): boolean =>
  ['policy', 'safety', 'utility_delta'].includes(guardrail) || (isOwnMetric(guardrail) && limit !== null && limit < 0)

/** A guardrail's number in the unit its name implies. */
function inUnit(guardrail: string, value: number | null): string {
  if (value === null) return '-'
  if (guardrail === 'utility_delta') return metricChange('utility', value)
  if (isOwnMetric(guardrail)) return metricChange(guardrail, value)
  if (guardrail === 'p95_latency_delta') return metricChange('p95_latency_ms', value)
  if (guardrail === 'economics_delta') return metricChange('economics_cents_per_decision', value)
  return percent(value)
}

/** Sets, versions, what was left out, and the ledger's balance. */
export function provedOn({ replay, excluded_cases, ledger, wording }: TuningProposal): Html {
  const excluded = Object.entries(excluded_cases.search)
  const total = excluded.reduce((sum, [, n]) => sum + n, 0)
  return html`<dl>
<dt>search set</dt><dd>${visible(replay.search_set)}</dd>
<dt>held-out set</dt><dd>${visible(replay.heldout_test_set)} <span class="soft mono">${ledger.version}</span></dd>
<dt>evaluation run</dt><dd>${visible(replay.evaluation_run_id)}</dd>
<dt>baseline tuple</dt><dd>${visible(replay.baseline_tuple)}</dd>
<dt>excluded cases</dt><dd>${
    total === 0
      ? 'none: the baseline reproduced on every search case'
      : `${number(total)} of the search set (${percent(excluded_cases.share)}): ${excluded.map(([why, n]) => `${visible(why)} ${number(n)}`).join(', ')}`
  }</dd>
</dl>
<h3>What may be said of it</h3>
<dl>${wording.map((line) => {
    const [, label, text] = /^(.{13}) (.*)$/su.exec(line) ?? ['', '', line]
    return html`${label!.trim() !== '' && html`<dt>${visible(label!.trim())}</dt>`}<dd>${visible(text!)}</dd>`
  })}</dl>`
}

/** How far the change reaches. */
export function blastRadius({ blast_radius: r }: TuningProposal): Html {
  return html`<dl class="short">
<dt>fields</dt><dd>${number(r.fields)}</dd>
<dt>contexts changed</dt><dd>${percent(r.b_context)}</dd>
<dt>decisions changed</dt><dd>${percent(r.b_decision)}</dd>
<dt>passes that now fail</dt><dd>${percent(r.negative_flip_rate)}</dd>
<dt>config distance</dt><dd>${number(Number(r.b_config.toFixed(3)))} of 1</dd>
<dt>intents in reach</dt><dd>${number(r.reachable_intents)}</dd>
</dl>`
}

/** Regressions of both sets, one click away. A closed list says how many it holds. */
export function regressionLists({ proposal, regressions }: ShownProposal): Html {
  const held = proposal.guardrails.regression_runs
  return html`<details><summary>${count(regressions.length, 'regression')} on the search set</summary>
${
  regressions.length === 0
    ? html`<p>No case that the baseline passes is failed by the candidate.</p>`
    : html`<ul>${regressions.map(
        (r) =>
          html`<li><span class="mono">${visible(r.case_id)}</span> (family ${visible(r.family_id)})${
            r.findings.length > 0 && html`<ul>${r.findings.map((finding) => html`<li>${visible(finding)}</li>`)}</ul>`
          }</li>`,
      )}</ul>`
}</details>
<details><summary>${count(held.length, 'regression')} on the held-out set, now retired</summary>
${held.length === 0 ? html`<p>None.</p>` : html`<ul>${held.map((id) => html`<li class="mono">${visible(id)}</li>`)}</ul>`}</details>`
}

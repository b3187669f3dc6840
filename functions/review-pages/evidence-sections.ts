/** What the change was proved on, and what was found: five dimensions, guardrails, ledger, reach, regressions. */
import { html } from 'hono/html'
import { DIMENSIONS, type Dimension } from '#schemas/common.ts'
import type { CertifiedRow } from '#schemas/heldout.ts'
import { GUARDRAILS, type GuardrailName, METRICS, type MetricName } from '#schemas/metrics.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { count, metricChange, number, percent, pValue, signed, visible } from './format.ts'
import { type Html, table } from './layout.ts'
import type { ShownProposal } from './view.ts'

/** Dimension of a certificate row: of a guardrail, or of the target's own metric. */
const dimensionOf = (guardrail: string): Dimension | null =>
  guardrail in GUARDRAILS
    ? GUARDRAILS[guardrail as GuardrailName]
    : guardrail in METRICS
      ? METRICS[guardrail as MetricName].dimension
      : null

/** The five dimensions on the held-out set, always all five, each with its interval. */
export function dimensionTable(proposal: TuningProposal): Html {
  const rows = DIMENSIONS.flatMap((dimension) => {
    const found = proposal.certificate.filter((row) => dimensionOf(row.guardrail) === dimension)
    if (found.length > 0) return found.map((row) => [dimension, ...cells(row, proposal)])
    const why = proposal.not_measured[dimension]
    return [[dimension, '', 'not measured', '', '', why === undefined ? 'no guardrail was declared' : visible(why)]]
  })
  return table(
    'dimensions',
    `Held-out set ${visible(proposal.replay.heldout_test_set)}: candidate against baseline, by families`,
    ['dimension', 'measure', 'observed', 'interval', 'limit', 'how it is known'],
    rows,
  )
}

function cells(row: CertifiedRow, proposal: TuningProposal): string[] {
  const { guardrail, kind, passed, families, observed, limit, p, level, bound, counts } = row
  const known =
    kind === 'certified'
      ? `${passed ? 'certified' : 'not certified'}, p = ${p === null ? 'none' : pValue(p)} against ${number(level)}, ${count(families, 'family', 'families')}`
      : `checked${passed ? '' : ', does not hold'}, ${count(families, 'family', 'families')}`
  if (guardrail === 'utility_delta') {
    const { regressions: g, improvements: f } = counts
    return [
      'utility',
      `${observed === null ? 'not measured' : `${signed(observed * 100)} points`}${g === undefined ? '' : ` (${g} worse, ${f} better)`}`,
      bound === null ? '-' : `drop below ${number(bound * 100)} points`,
      `drop below ${number(-limit * 100)} points`,
      known,
    ]
  }
  if (guardrail === 'policy' || guardrail === 'safety' || guardrail === 'approval_bypass_rate')
    return [
      guardrail === 'approval_bypass_rate' ? 'approval bypass' : 'violations',
      observed === null ? 'not measured' : `${number(counts.violations ?? 0)} of ${number(families)}`,
      bound === null ? '-' : `0 to ${percent(bound)}`,
      `below ${percent(limit)}`,
      known,
    ]
  const metric = metricOf(guardrail)
  const downIsGood = guardrail !== proposal.target.metric || proposal.target.direction === 'decrease'
  return [
    `${metric.replaceAll('_', ' ')}${guardrail === proposal.target.metric ? ' (the target)' : ''}`,
    metricChange(metric, observed),
    bound === null
      ? '-'
      : `at ${downIsGood ? 'most' : 'least'} ${metricChange(metric, bound)} (${percent(1 - level)} bound)`,
    `${guardrail !== proposal.target.metric ? 'at most' : downIsGood ? 'below' : 'above'} ${metricChange(metric, limit)}`,
    known,
  ]
}

const metricOf = (guardrail: string): MetricName =>
  guardrail === 'p95_latency_delta'
    ? 'p95_latency_ms'
    : guardrail === 'economics_delta'
      ? 'economics_cents_per_decision'
      : (guardrail as MetricName)

/** Every guardrail on the search set, one row each, all of them. */
export function guardrailTable({ search_guardrails, replay }: TuningProposal): Html {
  return table(
    'guardrails',
    `Search set ${visible(replay.search_set)}: observed numbers against the declared limits`,
    ['guardrail', 'verdict', 'observed', 'limit', 'note'],
    search_guardrails.map((row) => [
      visible(row.guardrail).replaceAll('_', ' '),
      html`<span class="${row.verdict === 'block' ? 'bad' : row.verdict === 'pass' ? 'good' : 'soft'}">${row.verdict.replaceAll('_', ' ')}</span>`,
      inUnit(row.guardrail, row.observed),
      inUnit(row.guardrail, row.limit),
      visible(row.note),
    ]),
  )
}

/** A guardrail's number in the unit its name implies. */
function inUnit(guardrail: string, value: number | null): string {
  if (value === null) return '-'
  if (guardrail === 'utility_delta') return metricChange('utility', value)
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
<dt>ledger</dt><dd>${visible(ledger.line)}</dd>
</dl>
<h3>What may be said of it</h3>
<pre>${wording.map((line) => `${visible(line)}\n`)}</pre>`
}

/** How far the change reaches. */
export function blastRadius({ blast_radius: r }: TuningProposal): Html {
  return html`<dl>
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

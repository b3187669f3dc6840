/** The first screen of a report: how it ended and why, the change, gain and harm, and what to look at. */
import { html } from 'hono/html'
import type { ReportFacts } from '#core/report/facts.ts'
import { changeInWords } from '../kit/change-words.ts'
import {
  count,
  metricChange,
  metricName,
  metricValue,
  moment,
  number,
  percent,
  setting,
  signedPercent,
  visible,
} from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'

const ENDED: Readonly<Record<ReportFacts['verdict'], string>> = {
  certified: 'Certified',
  not_certified: 'Not certified',
  inconclusive: 'Inconclusive',
  refused: 'Refused',
  abandoned: 'Given up',
  no_candidate: 'No candidate',
}

/** The candidate that the report is about. */
const shownOf = ({ candidates, shown_candidate }: ReportFacts) =>
  candidates.find((c) => c.candidate_id === shown_candidate)

/** What the report is about, for the browser's tab and the first heading. */
export function headline(facts: ReportFacts): string {
  const shown = facts.verdict === 'certified' ? shownOf(facts) : null
  return `${facts.intent === '' ? '' : `${visible(facts.intent)}: `}${shown ? changeInWords(shown.patch) : ENDED[facts.verdict].toLowerCase()}`
}

export function head(facts: ReportFacts): Html {
  const { verdict, reasons, next, demonstration } = facts
  const good = verdict === 'certified'
  return html`<p class="eyebrow">Run <strong class="mono">${visible(facts.run_id)}</strong>${facts.finished_at !== null && html`, <time datetime="${facts.finished_at}">${moment(facts.finished_at)}</time>`}</p>
<h1>${headline(facts)}</h1>
${demonstration !== null && html`<div class="panel note"><p>${visible(demonstration)}</p></div>`}
<div class="panel${good ? '' : ' bad'}"><p><strong>${ENDED[verdict]}.</strong> ${SAYS[verdict]}</p>
${!good && reasons.length > 0 && html`<ul>${reasons.map((r) => html`<li>${visible(r)}</li>`)}</ul>`}
${next.map((line) => html`<p>${visible(line.replaceAll('RUN', facts.run_id))}</p>`)}</div>
${good && reasons.length > 0 && html`<details><summary>${count(reasons.length, 'note')} of the run</summary><ul>${reasons.map((r) => html`<li>${visible(r)}</li>`)}</ul></details>`}
${tiles(facts)}
${lookAt(facts)}
${changes(facts)}`
}

const SAYS: Readonly<Record<ReportFacts['verdict'], string>> = {
  certified: 'Proved on families that the search never saw, within the error that this sealed set may spend.',
  not_certified: 'The sealed set was asked, and its one bit was no. There is no proposal.',
  inconclusive: 'The sealed set could not have answered, so it was not asked. There is no proposal.',
  refused: 'Something that has to be answered first stands against the run. There is no proposal.',
  abandoned: 'A person gave the run up after it had opened its question. There is no proposal.',
  no_candidate: 'The search kept no change. There is no proposal.',
}

/** Gain, harm and reach of the shown candidate. */
function tiles(facts: ReportFacts): Html | null {
  const { metric, evidence, certificate, proposal, baseline_metric } = facts
  const shown = shownOf(facts)
  if (!shown || metric === null) return null
  const heldout = certificate?.metric ?? null
  const relative = (before: number | null, after: number | null) =>
    before === null || after === null || before === 0 ? '' : ` (${signedPercent((after - before) / Math.abs(before))})`
  const own = proposal?.certificate.find((row) => row.guardrail === metric)
  const harm = evidence?.utility
  return html`<dl class="tiles">
<div><dt>${facts.verdict === 'certified' ? 'Gain' : 'It would have gained'}: ${metricName(metric)}</dt><dd>${
    heldout?.baseline != null && heldout.candidate != null
      ? html`<strong>${metricChange(metric, heldout.candidate - heldout.baseline)}${relative(heldout.baseline, heldout.candidate)}</strong>held out ${metricValue(metric, heldout.baseline)} to ${metricValue(metric, heldout.candidate)}${own?.bound != null && `, ${percent(1 - own.level, 4)} bound ${metricChange(metric, own.bound)}`}; `
      : html`<strong>${baseline_metric === null || shown.metric === null ? 'not known' : `${metricChange(metric, shown.metric - baseline_metric)}${relative(baseline_metric, shown.metric)}`}</strong>`
  }on the search set ${metricValue(metric, baseline_metric)} to ${metricValue(metric, shown.metric)}</dd></div>
<div><dt>Harm on the search set</dt><dd>${
    harm
      ? html`<strong>${number(harm.worse)} of ${number(harm.labelled)} worse, ${number(harm.better)} better</strong>cases with a label; ${number(harm.worse_families)} families worse, ${number(harm.better_families)} better`
      : shown.search
        ? html`<strong>${shown.search.regressions === null ? 'not measured' : `${number(shown.search.regressions)} of ${number(shown.search.labelled)} worse, ${number(shown.search.improvements ?? 0)} better`}</strong>families with a label`
        : html`<strong>not measured</strong>`
  }</dd></div>
<div><dt>Reach</dt><dd>${
    shown.blast_radius
      ? html`<strong>${percent(shown.blast_radius.b_context)} of contexts</strong>${percent(shown.blast_radius.b_decision)} of decisions change; ${count(shown.blast_radius.fields, 'setting')}`
      : html`<strong>not measured</strong>`
  }</dd></div>
</dl>`
}

function lookAt({ evidence, evidence_lacks }: ReportFacts): Html | null {
  if (evidence_lacks !== null)
    return html`<div class="panel note"><p>No case can be shown: ${visible(evidence_lacks)}</p></div>`
  if (evidence === null || evidence.look_at.length === 0) return null
  return html`<div class="look"><p><strong>Look at ${evidence.look_at.length === 1 ? 'this' : 'these'}</strong></p><ol>${evidence.look_at.map((l) => html`<li>${visible(l.says)} <a href="#${SEEN_IN[l.see]}">Where</a></li>`)}</ol></div>`
}

const SEEN_IN = {
  coverage: 'context',
  cases: 'cases',
  slices: 'slices',
  alternatives: 'search',
  records: 'provenance',
  proof: 'proof',
} as const

function changes(facts: ReportFacts): Html | null {
  const shown = shownOf(facts)
  if (!shown) return null
  return table(
    'change',
    facts.verdict === 'certified' ? 'The change' : 'The candidate that stood first',
    ['setting', 'from', 'to'],
    Object.entries(shown.patch).map(([path, { from, to }]) => [
      html`<span class="mono">${visible(path)}</span>`,
      html`<span class="change"><del>${setting(from)}</del></span>`,
      html`<span class="change"><ins>${setting(to)}</ins></span>`,
    ]),
  )
}

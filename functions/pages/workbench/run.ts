/** One run and one of its candidates: verdict, reasons, the fate of each change, and the cases that it was replayed on. */
import { html } from 'hono/html'
import { sayingWhatDiffers } from '#core/space/where-they-differ.ts'
import { FATES, type Fate } from '#schemas/candidate.ts'
import type { ScoreDelta } from '#schemas/suite.ts'
import { count, number, setting, signed, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { guardrailRows } from '../review/sections.ts'
import {
  changeText,
  gainText,
  href,
  link,
  recordedText,
  runLink,
  when,
  word,
  workbenchPage,
  worseText,
} from './shell.ts'
import type { CandidateView, Replays, RunView } from './views.ts'

/** Candidates on one page. */
const CANDIDATES = 100

export function runPage(view: RunView): string {
  const { row, summary, reasons, commands } = view
  return workbenchPage(
    `Run ${visible(row.run_id)}`,
    'runs',
    html`<p class="eyebrow">Run <strong>${visible(row.run_id)}</strong>${row.intent !== null && html` on ${link(href(['runs'], { intent: row.intent }), visible(row.intent))}`}</p>
<h1>${row.change === null ? `${word(row.verdict ?? row.status)}: nothing is proposed` : changeText(row.change)}</h1>
<dl class="tiles">
<div><dt>Verdict</dt><dd><strong>${word(row.verdict ?? row.status)}</strong>${word(row.status)}</dd></div>
<div><dt>Gain, held out</dt><dd><strong>${gainText(row.gain)}</strong></dd></div>
<div><dt>Worse, held out</dt><dd><strong>${worseText(row.worse)}</strong></dd></div>
</dl>
<dl><dt>began</dt><dd>${when(view.started_at)}</dd><dt>ended</dt><dd>${when(row.date)}</dd>
<dt>became</dt><dd>${became(view)}</dd>${summary && html`<dt>ledger</dt><dd>${visible(summary.ledger ?? 'nothing was asked')}</dd>`}</dl>
${(summary !== null || row.status === 'refused') && html`<p>${link(href(['runs', row.run_id, 'report']), 'The report')}: evidence, search, proof and provenance on one page. It replays what was recorded, which takes a while over many cases.</p>`}
${reasons.length > 0 && html`<h2>Reasons and notes</h2><ul>${reasons.map((reason) => html`<li>${visible(reason)}</li>`)}</ul>`}
${summary && candidates(view, summary)}
<h2>Go on</h2>${commands.map((command) => html`<pre>${visible(command)}</pre>`)}`,
  )
}

function became({ reviews, rollout }: RunView): Html | string {
  if (reviews.length === 0 && rollout === null) return 'no review was opened'
  return html`${reviews.map((id) => html`review ${link(href(['reviews', id]), visible(id))} `)}${rollout !== null && html`rollout ${link(href(['rollouts', rollout]), visible(rollout))}`}`
}

/** In the order of their fates: what a search ended with first, then what it measured; what it never looked at stands last. */
const FIRST = ['won', 'certified', 'committed', 'dominated'] as const
const LAST = ['unreplayable', 'inert', 'remembered', 'blast_radius'] as const
const MEASURED_FATES = FATES.filter((fate) => ![...FIRST, ...LAST].some((one) => one === fate))

function candidates({ row, from }: RunView, { candidates: listed, search }: NonNullable<RunView['summary']>): Html {
  const of = (fates: readonly Fate[]) => fates.flatMap((fate) => listed.filter((c) => c.fate === fate))
  const all = [...of(FIRST), ...of(MEASURED_FATES), ...of(LAST)]
  const shown = all.slice(from, from + CANDIDATES)
  const page = (at: number, says: string) => link(href(['runs', row.run_id], { from: at }), says)
  return html`<h2>Candidates</h2>
<p>${count(all.length, 'candidate')}: ${count(search.paid, 'case replay')} paid, ${number(search.avoided)} avoided.</p>
${
  shown.length === 0
    ? html`<p>None is listed here.</p>`
    : table(
        'candidates',
        `${number(from + 1)} to ${number(from + shown.length)} of ${number(all.length)}`,
        ['candidate', 'change', 'fate', 'reason'],
        shown.map(({ candidate_id, patch, fate, reason }) => [
          link(href(['runs', row.run_id, 'candidates', candidate_id]), visible(candidate_id)),
          html`<span class="path">${changeText(patch)}</span>`,
          word(fate),
          recordedText(sayingWhatDiffers(reason, patch)),
        ]),
      )
}
<p>${from > 0 && page(Math.max(0, from - CANDIDATES), 'Earlier')} ${from + shown.length < all.length && page(from + CANDIDATES, 'Further')}</p>`
}

/** What a search measured, under the names of the article. */
const MEASURED: readonly (readonly [keyof ScoreDelta, string])[] = [
  ['regressions', 'families in which utility fell'],
  ['improvements', 'families in which utility rose'],
  ['policy_violations', 'policy violations'],
  ['safety_violations', 'safety violations'],
  ['approval_bypasses', 'approval bypasses'],
  ['utility', 'utility'],
  ['economics_cents', 'cents a decision'],
  ['economics_tokens', 'tokens a decision'],
  ['p50_latency_ms', 'median latency, ms'],
  ['p95_latency_ms', '95th percentile of latency, ms'],
  ['approval_wait_rate', 'share of actions that wait'],
  ['unreplayable', 'cases that cannot be replayed'],
]

export function candidatePage({ run, intent, candidate, replays }: CandidateView): string {
  const { search, guardrails } = candidate
  return workbenchPage(
    `Candidate ${visible(candidate.candidate_id)}`,
    'runs',
    html`<p class="eyebrow">Candidate <strong>${visible(candidate.candidate_id)}</strong> of run ${runLink(run)}</p>
<h1>${word(candidate.fate)}: ${changeText(candidate.patch)}</h1>
<p>${recordedText(sayingWhatDiffers(candidate.reason, candidate.patch))}</p>
${table(
  'patch',
  'Settings, from → to',
  ['setting', 'change'],
  Object.entries(candidate.patch).map(([path, { from, to }]) => [
    html`<span class="mono">${visible(path)}</span>`,
    html`<span class="change"><del>${recordedText(setting(from))}</del> → <ins>${recordedText(setting(to))}</ins></span>`,
  ]),
)}
<h2>Limits, on the search set</h2>
${guardrailRows('Each guardrail with what was observed and where its limit is', guardrails)}
<h2>Measured against the baseline</h2>
${
  search === null
    ? html`<p>It was not measured to the end: its fate says why.</p>`
    : table(
        'measured',
        `On ${count(search.cases, 'case')} of ${number(search.families)} families of the search set`,
        ['measure', 'difference'],
        MEASURED.map(([key, says]) => {
          const value = search[key] as number | null
          return [says, value === null ? 'not measured' : signed(value)]
        }),
      )
}
<h2>Its cases</h2>
${replaysTable(intent, replays, 'case')}
${replays.next !== null && html`<p>${link(href(['runs', run, 'candidates', candidate.candidate_id], { from: replays.next }), 'Further cases')}</p>`}`,
  )
}

/** Replays, by case or by candidate. */
export const replaysTable = (intent: string, { found }: Replays, by: 'case' | 'candidate', run = ''): Html =>
  found.length === 0
    ? html`<p>No replay was paid for in the part that was read${by === 'case' ? ': its contexts are the recorded ones, or it was never replayed' : ''}.</p>`
    : table(
        'replays',
        'Replays that were paid for, as the search read them',
        [by, 'replay', 'context', 'findings'],
        found.map((one) => [
          by === 'case'
            ? link(href(['cases', intent, one.case_id]), visible(one.case_id))
            : link(href(['runs', run, 'candidates', one.candidate_id]), visible(one.candidate_id)),
          one.status === 'replayed' ? 'replayed' : `${one.status}: ${visible(one.reason ?? '')}`,
          one.context_equal ? 'as recorded' : 'another one',
          one.findings.length === 0
            ? 'none'
            : html`<ul>${one.findings.map(({ severity, message }) => html`<li>${severity}: ${recordedText(message)}</li>`)}</ul>`,
        ]),
      )

/** A case of the search side: what was asked, what stood in the context, what was done, what people said of it, who replayed it. */
import { html } from 'hono/html'
import { correctionText } from '#core/experience/corrections.ts'
import type { ExperienceRun, Step } from '#schemas/experience-run.ts'
import { number, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { replaysTable } from './run.ts'
import { href, link, recordedText, runLink, when, word, workbenchPage } from './shell.ts'
import type { CaseView, RecordingView } from './views.ts'

/** Passages and steps of one recording that a page shows. */
const MOST = { passages: 60, steps: 60 } as const

export const casePage = ({ intent, case_id, recordings, runs, replays }: CaseView): string =>
  workbenchPage(
    `Case ${visible(case_id)}`,
    'runs',
    html`<p class="eyebrow">Case of <strong>${visible(intent)}</strong>, on the search side</p>
<h1>${visible(case_id)}</h1>
${recordings.map(recording)}
<h2>Runs that replayed it</h2>
${
  runs.length === 0
    ? html`<p>None of the latest runs on this intent pinned a search set that holds it.</p>`
    : table(
        'replayed-by',
        'The latest runs whose search set holds this case',
        ['run', 'date', 'verdict', 'its replays'],
        runs.map(({ run_id, date, verdict, held }) => [
          runLink(run_id),
          when(date),
          word(verdict),
          held === null
            ? 'the search set that it pinned is not there any more'
            : link(href(['cases', intent, case_id], { run: run_id }), 'show'),
        ]),
      )
}
${
  replays &&
  html`<h2>Its replays in ${visible(replays.run)}</h2>
${replaysTable(intent, replays, 'candidate', replays.run)}
${replays.next !== null && html`<p>${link(href(['cases', intent, case_id], { run: replays.run, from: replays.next }), 'Read on')}</p>`}`
}`,
  )

function recording({ run_id, run, decision_record, corrections }: RecordingView, nth: number): Html {
  const title = html`<h2>Recording ${visible(run_id)}</h2>`
  if (typeof run === 'string') return html`${title}<div class="panel bad"><p>${visible(run)}</p></div>`
  return html`${title}
${run.plan !== undefined && html`<p class="soft">Recorded for a plan: no production, and no baseline.</p>`}
${facts(run)}
<h3>Context: what was offered</h3>
${passages(run, nth)}
<h3>What happened</h3>
${run.steps.length === 0 ? html`<p>No step was recorded.</p>` : html`<ol>${run.steps.slice(0, MOST.steps).map((step) => html`<li>${stepText(step)}</li>`)}</ol>`}
${more(run.steps.length, MOST.steps, 'steps')}
<h3>Corrections</h3>
${
  run.operator_corrections.length + corrections.length === 0
    ? html`<p>Nobody corrected it.</p>`
    : html`<ul>${run.operator_corrections.map((one) => html`<li>${word(one.kind)}${one.passed !== null && `: ${one.passed ? 'passed' : 'failed'}`} by ${visible(one.operator ?? 'nobody named')}${one.notes !== null && html`: ${recordedText(one.notes)}`}</li>`)}${corrections.map((one) => html`<li>after it was stored: ${recordedText(correctionText(one, run))}</li>`)}</ul>`
}
${
  decision_record !== null &&
  html`<details><summary>Decision record, as it is stored</summary><pre>${recordedText(indented(decision_record))}</pre></details>`
}
<details><summary>Settings in force</summary><dl>${Object.entries(run.settings).map(([path, value]) => html`<dt class="mono">${visible(path)}</dt><dd>${recordedText(String(value))}</dd>`)}</dl></details>`
}

const indented = (text: string): string => JSON.stringify(JSON.parse(text), null, 1)
const known = (value: unknown): string => (value === null || value === undefined ? 'not recorded' : String(value))
const yesNo = (value: boolean | null | undefined): string =>
  value === null || value === undefined ? 'not recorded' : value ? 'yes' : 'no'

const facts = ({ date, pack_version, outcome }: ExperienceRun): Html => html`<dl>
<dt>day</dt><dd>${known(date)}</dd><dt>pack</dt><dd>${visible(known(pack_version))}</dd>
<dt>status</dt><dd>${visible(known(outcome.status))}</dd><dt>passed</dt><dd>${yesNo(outcome.passed)}</dd>
<dt>refused</dt><dd>${yesNo(outcome.refused)}</dd><dt>latency</dt><dd>${outcome.latency_ms === null ? 'not recorded' : `${number(outcome.latency_ms)} ms`}</dd>
<dt>cost</dt><dd>${outcome.cost_cents === null ? 'not recorded' : `${number(outcome.cost_cents)} cents`}</dd>
<dt>outputs</dt><dd>${recordedText(known(outcome.outputs === null ? null : JSON.stringify(outcome.outputs)))}</dd></dl>`

function passages({ evidence }: ExperienceRun, nth: number): Html {
  if (evidence.length === 0) return html`<p>No passage was recorded.</p>`
  return html`${table(
    `passages-${nth}`,
    'Passages as they were offered; needed: gold or required',
    ['passage', 'bucket', 'source', 'hop', 'rank', 'tokens', 'needed'],
    evidence
      .slice(0, MOST.passages)
      .map((one) => [
        passageText(one),
        visible(one.bucket),
        visible(one.source ?? 'not recorded'),
        number(one.hop),
        number(one.ranks.as_ranked ?? Object.values(one.ranks)[0]!),
        one.tokens === null ? 'estimated' : number(one.tokens),
        one.required ? 'required' : one.gold ? 'gold' : '-',
      ]),
  )}${more(evidence.length, MOST.passages, 'passages')}`
}

/** A passage by its name, which opens its text: in a column of its own there would be no room for it. */
const passageText = ({ evidence_ref, text }: ExperienceRun['evidence'][number]): Html => {
  const name = html`<span class="mono">${visible(evidence_ref)}</span>`
  return text === null
    ? html`${name} <span class="of">text not recorded</span>`
    : html`<details class="passage"><summary>${name}</summary><pre>${recordedText(text)}</pre></details>`
}

const more = (all: number, shown: number, what: string): Html | null =>
  all > shown ? html`<p>${number(all - shown)} further ${what} are not shown.</p>` : null

function stepText(step: Step): Html {
  switch (step.kind) {
    case 'message':
      return html`<strong>${step.role}</strong><pre>${recordedText(step.content)}</pre>`
    case 'model_call':
      return html`<strong>model call</strong> ${visible(step.model ?? 'model not recorded')}: ${known(step.prompt_tokens)} tokens in, ${known(step.completion_tokens)} out`
    case 'retrieval':
      return html`<strong>retrieval</strong> ${visible(step.bucket)}, hop ${number(step.hop)}`
    case 'tool_call':
      return html`<strong>calls ${visible(step.name)}</strong> (writes: ${yesNo(step.writes)}, confirmed: ${yesNo(step.confirmed)})<pre>${recordedText(JSON.stringify(step.arguments, null, 1))}</pre>`
    case 'tool_result':
      return html`<strong>result</strong>${step.error === true && ' (an error)'}<pre>${recordedText(step.content ?? 'not recorded')}</pre>`
    case 'approval':
      return html`<strong>approval ${visible(step.gate)}</strong>: asked ${yesNo(step.asked)}, granted ${yesNo(step.granted)}, amount ${known(step.amount)}`
  }
}

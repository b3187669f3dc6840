/** Runs, newest first: found by intent and verdict, and two of them side by side. */
import { html } from 'hono/html'
import { VERDICTS } from '#schemas/run.ts'
import { number, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { changeText, empty, gainText, href, link, runLink, when, word, workbenchPage, worseText } from './shell.ts'
import type { RunRowView, RunsView, RunView } from './views.ts'

export const runsPage = (view: RunsView): string =>
  workbenchPage(
    'Runs',
    'runs',
    html`<h1>Runs</h1>
${filter(view)}
${view.rows.length === 0 ? nothing(view) : html`${rows(view.rows)}${compare(view.rows)}`}
${older(view)}`,
  )

/** Does an element of a list stand as it was chosen? */
const option = (value: string, says: string, chosen: string | null): Html =>
  html`<option value="${value}"${value === (chosen ?? '') ? html` selected` : ''}>${says}</option>`

const filter = ({ intents, intent, verdict }: RunsView): Html => html`<form method="get" action="/runs">
<label for="intent">Intent</label><select id="intent" name="intent">${option('', 'every intent', intent)}${intents.map((one) => option(one, visible(one), intent))}</select>
<label for="verdict">Verdict</label><select id="verdict" name="verdict">${option('', 'every verdict', verdict)}${VERDICTS.map((one) => option(one, word(one), verdict))}</select>
<button type="submit">Show</button></form>`

function nothing({ intent, verdict, next, later }: RunsView): Html {
  if (next !== null) return html`<p>Among the runs that were looked at, none is as asked.</p>`
  return intent === null && verdict === null && !later
    ? empty('No run has been started over this store yet.', 'autotune run --target target.json')
    : html`<p>No ${later ? 'further ' : ''}run is as asked. ${link('/runs', 'Every run')}</p>`
}

const rows = (all: readonly RunRowView[]): Html =>
  table(
    'runs',
    'Gain and worse: on the held-out set, of what a run proposes',
    ['run', 'date', 'intent', 'change', 'gain', 'worse', 'verdict and status'],
    all.map((row) => [
      runLink(row.run_id),
      when(row.date),
      visible(row.intent ?? '-'),
      html`<span class="path">${changeText(row.change)}</span>`,
      gainText(row.gain),
      worseText(row.worse),
      row.verdict === null ? word(row.status) : `${word(row.verdict)}, ${word(row.status)}`,
    ]),
  )

const compare = (all: readonly RunRowView[]): Html | null =>
  all.length < 2
    ? null
    : html`<form method="get" action="/compare" aria-labelledby="compare-title"><h2 id="compare-title">Compare two</h2>
${(['a', 'b'] as const).map(
  (name, nth) =>
    html`<label for="${name}">${nth === 0 ? 'First' : 'Second'} run</label><select id="${name}" name="${name}">${all.map(({ run_id }, i) => option(run_id, visible(run_id), i === nth ? run_id : null))}</select>`,
)}
<button type="submit">Compare</button></form>`

/** Where older ones are, and which may be missing. */
function older({ intent, verdict, next, looked, later, unkept }: RunsView): Html {
  return html`<p>${later && html`${link(href(['runs'], { intent, verdict }), 'Newest')} · `}${
    next === null
      ? 'There are no older ones.'
      : html`${number(looked)} runs were looked at. ${link(href(['runs'], { intent, verdict, after: next }), 'Older')}`
  }</p>
${
  unkept !== null &&
  !unkept.all &&
  html`<p>Runs of a version that kept no line of them were looked for among the first ${number(unkept.looked)} folders alone: <code>autotune list</code> reads every one.</p>`
}`
}

/** Two runs side by side, fact by fact. */
export function comparePage(a: RunView, b: RunView): string {
  const fact = (name: string, of: (view: RunView) => Html | string) => [name, of(a), of(b)]
  return workbenchPage(
    'Two runs',
    'runs',
    html`<h1>Two runs side by side</h1>
${table(
  'compared',
  'What differs is for you to judge: runs of other targets, packs or records answer other questions',
  ['fact', visible(a.row.run_id), visible(b.row.run_id)],
  [
    fact('run', ({ row }) => runLink(row.run_id)),
    fact('finished', ({ row }) => when(row.date)),
    fact('intent', ({ row }) => visible(row.intent ?? '-')),
    fact('verdict', ({ row }) => word(row.verdict ?? '-')),
    fact('status', ({ row }) => word(row.status)),
    fact('change', ({ row }) => changeText(row.change)),
    fact('gain, held out', ({ row }) => gainText(row.gain)),
    fact('worse, held out', ({ row }) => worseText(row.worse)),
    fact('candidates', ({ summary }) => (summary ? number(summary.candidates.length) : '-')),
    fact('replays paid', ({ summary }) => (summary ? number(summary.search.paid) : '-')),
    fact('replays avoided', ({ summary }) => (summary ? number(summary.search.avoided) : '-')),
    fact('held-out families', ({ summary }) => counted(summary?.heldout_families)),
    fact('families needed', ({ summary }) => counted(summary?.needed_families)),
    fact('ledger', ({ summary }) => visible(summary?.ledger ?? '-')),
    fact('reasons', ({ reasons }) => visible(reasons.join('; ') || '-')),
  ],
)}`,
  )
}

const counted = (n: number | null | undefined): string => (n === null || n === undefined ? '-' : number(n))

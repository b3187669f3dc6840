/** What a store holds: recorded runs a day, what their records lack, and the sealed side as counts. */
import { html } from 'hono/html'
import type { RunsByDay } from '#core/experience/days.ts'
import { linear } from '../kit/axis.ts'
import { count, number, percent, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { changeText, empty, href, link, runLink, when, word, workbenchPage } from './shell.ts'
import type { StoreIntent, StoreView } from './views.ts'

/** Days that the chart shows, and its size. */
const DAYS = 90
const [WIDTH, HEIGHT, TOP] = [400, 110, 18]

export const storePage = ({ intents, traces, documents }: StoreView): string =>
  workbenchPage(
    'Store',
    'store',
    html`<h1>Store</h1>
${intents.length === 0 ? empty('Nothing was imported into this store yet.', 'autotune import runs.jsonl.gz --map chat-messages') : intents.map(intentPart)}
${traces !== null && tracesPart(traces)}
<section aria-labelledby="documents"><h2 id="documents">Documents</h2>
${documents.length === 0 ? html`<p>None is published.</p>` : html`<ul>${documents.slice(0, 500).map((ref) => html`<li class="mono">${visible(ref)}</li>`)}</ul>`}</section>`,
  )

function intentPart(one: StoreIntent, nth: number): Html {
  const runs = Object.values(one.days).reduce((sum, n) => sum + n, 0)
  return html`<section aria-labelledby="intent-${nth}"><h2 id="intent-${nth}">${visible(one.intent)}</h2>
<dl class="tiles">
<div><dt>Search side</dt><dd><strong>${count(runs, 'recorded run')}</strong>${one.cases === null ? 'no run has compiled them yet' : `${count(one.cases, 'case')} in the set of its latest run`}</dd></div>
<div><dt>Sealed side</dt><dd><strong>${sealedFamilies(one)}</strong>counts alone: who, what and when stays sealed</dd></div>
</dl>
${one.uncounted > 0 && html`<p>${count(one.uncounted, 'part')} of the index ${one.uncounted === 1 ? 'is' : 'are'} of a version that counted no days, and ${one.uncounted === 1 ? 'is' : 'are'} not among these.</p>`}
${runs === 0 ? empty('No recorded run of this intent is on the search side.', 'autotune import runs.jsonl.gz --map chat-messages') : daysChart(one.days, nth)}
${fieldsPart(one, nth)}
${
  one.sealed.length > 0 &&
  table(
    `sealed-${nth}`,
    'Sealed versions, by what is published of them',
    ['version', 'families', 'cases', 'questions used', 'state'],
    one.sealed.map(({ version, families, cases, used, questions, retired }) => [
      html`<span class="mono">${version.slice(0, 19)}</span>`,
      number(families),
      number(cases),
      `${number(used)} of ${number(questions)}`,
      retired === null ? 'live' : `retired: ${word(retired)}`,
    ]),
  )
}
${memoryPart(one, nth)}
<p>${link(href(['runs'], { intent: one.intent }), 'Runs on this intent')}</p></section>`
}

/** Rejections that memory holds, and those that were lifted: neither is ever taken away. */
const memoryPart = ({ memory: { rows, seen } }: StoreIntent, nth: number): Html => html`${
  rows.length > 0 &&
  table(
    `memory-${nth}`,
    'Rejections in memory',
    ['rejection', 'change', 'said by', 'reason', 'holds'],
    rows.map(({ id, source, run_id, change, reason, lifted }) => [
      html`<span class="mono">${id}</span>`,
      changeText(change),
      html`${word(source)} in ${runLink(run_id)}`,
      visible(reason),
      lifted === null
        ? 'yes'
        : html`lifted by ${visible(lifted.person)}, ${when(lifted.at)}: ${visible(lifted.reason)}`,
    ]),
  )
}
${seen > 0 && html`<p>${count(seen, 'limit')} of the search set ${seen === 1 ? 'is' : 'are'} remembered too, each with the candidate that broke it.</p>`}`

function sealedFamilies({ sealed }: StoreIntent): string {
  const live = sealed.filter(({ retired }) => retired === null)
  if (sealed.length === 0) return 'not sealed yet'
  return count(
    live.reduce((sum, { families }) => sum + families, 0),
    'live family',
    'live families',
  )
}

/** Runs of the latest days that have any, a bar each. */
function daysChart(days: RunsByDay, nth: number): Html {
  const { undated = 0, ...dated } = days
  const all = Object.entries(dated).sort(([a], [b]) => (a < b ? -1 : 1))
  const shown = all.slice(-DAYS)
  const most = Math.max(1, ...shown.map(([, runs]) => runs))
  const y = linear([0, most], [0, HEIGHT - TOP - 16])
  const step = WIDTH / Math.max(1, shown.length)
  const first = shown[0]?.[0] ?? ''
  const last = shown.at(-1)?.[0] ?? ''
  return html`${
    shown.length > 0 &&
    html`<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="days-${nth}-title">
<title id="days-${nth}-title">Recorded runs a day, ${first} to ${last}, at most ${number(most)}</title>
<line class="grid" x1="0" x2="${WIDTH}" y1="${TOP}" y2="${TOP}"/><text class="soft" x="0" y="13">${number(most)}</text>
${shown.map(([, runs], i) => html`<rect class="listed" x="${(i * step).toFixed(1)}" width="${Math.max(0.5, Math.min(step - 1, 24)).toFixed(1)}" y="${(HEIGHT - 16 - y(runs)).toFixed(1)}" height="${y(runs).toFixed(1)}"/>`)}
<text class="soft" x="0" y="${HEIGHT - 2}">${first}</text>${shown.length > 8 && html`<text class="soft" x="${WIDTH}" y="${HEIGHT - 2}" text-anchor="end">${last}</text>`}
</svg><figcaption>Recorded runs of the search side, by the day of their recording${all.length > DAYS && `; the latest ${DAYS} of ${number(all.length)} days`}${undated > 0 && `; ${number(undated)} of no known day`}.</figcaption></figure>`
  }
<details><summary>The same in numbers</summary>${table(
    `days-${nth}`,
    'Recorded runs of the search side by day, latest first',
    ['day', 'runs'],
    [
      ...(undated > 0 ? [['no known day', number(undated)]] : []),
      ...shown.toReversed().map(([day, runs]) => [day, number(runs)]),
    ],
  )}</details>`
}

/** An import that is refused stores nothing, and so is not among these. */
const tracesPart = ({ imports, runs, dropped }: NonNullable<StoreView['traces']>): Html => {
  const reasons = Object.entries(dropped)
  return html`<section aria-labelledby="traces"><h2 id="traces">Imports of traces</h2>
<p>${count(imports, 'import')} made ${count(runs, 'run')} of traces, on both sides together; one that was refused stored nothing.</p>
${
  reasons.length === 0
    ? html`<p>No trace was dropped.</p>`
    : table(
        'dropped',
        'Traces that became no run',
        ['reason', 'traces'],
        reasons.map(([reason, n]) => [word(reason), number(n)]),
      )
}</section>`
}

const fieldsPart = ({ fields: { looked, all, missing } }: StoreIntent, nth: number): Html =>
  looked === 0
    ? html`<p>No search set is compiled yet: the first run does. What the records lack is known then.</p>`
    : missing.length === 0
      ? html`<p>None of the ${all ? '' : 'first '}${count(looked, 'recording')} lacks a field that rules or measures read.</p>`
      : table(
          `fields-${nth}`,
          `What the records lack, in the ${all ? '' : 'first '}${count(looked, 'recording')} of the search set; a rule over a missing field blocks`,
          ['field', 'missing in', 'share'],
          missing.map(({ field, runs }) => [field, number(runs), percent(runs / looked)]),
        )

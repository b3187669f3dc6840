/** The page of an intent: a month of control charts, what was done about what moved, and what of the error budget is spent. */
import { html } from 'hono/html'
import type { Chart, IntentMonth, LedgerRow, MonthDay } from '#core/cadence/month.ts'
import { bandMetricOf } from '#schemas/band-metrics.ts'
import type { QueueEntry } from '#schemas/cadence.ts'
import { KEPT_DAYS } from '#schemas/weekly.ts'
import { count, number, percent, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { standalone } from '../report/shell.ts'
import { chartLegend, controlChart, markLetter } from './chart.ts'
import {
  bandName,
  bandValue,
  dayName,
  edgesText,
  headlineOf,
  markText,
  monthName,
  monthNotes,
  stateText,
  uncertifiedText,
} from './words.ts'

/** As a file of its own. */
export const monthFile = (of: IntentMonth): string =>
  standalone(
    `${visible(of.intent)}, ${monthName(of.month)}`,
    monthParts(of),
    'it is made of judged days as they were kept, and of the ledger',
  )

/** Everything of a month, whatever stands around it. */
export const monthParts = (
  of: IntentMonth,
): Html => html`<p class="eyebrow">Intent <strong>${visible(of.intent)}</strong>, ${monthName(of.month)}</p>
<h1>${headlineOf(of)}</h1>
${monthNotes(of).map((says) => html`<p>${says}</p>`)}
${charts(of)}
${releases(of)}
${dayByDay(of)}
${funnel(of)}
${ledger(of)}
${year(of)}`

function charts({ charts: all, days, marks, month }: IntentMonth): Html | null {
  if (all.length === 0) return null
  const dates = days.map(({ date }) => date)
  return html`<h2>Control charts</h2>
<p>One dot a day: the mean over its families. An edge breaks when the bets against it reach their threshold, not when one dot lies beyond it. A day without runs is a gap.</p>
${chartLegend()}
${marks.length > 0 && html`<p>Upright lines: ${marks.map((mark, i) => html`${i > 0 && '; '}<strong>${markLetter(i)}</strong> ${dayName(mark.date, month)}, ${markText(mark)}`)}.</p>`}
${all.map(
  (chart, n) => html`<h3>${bandName(chart.metric)}</h3>
<p class="soft">${bandMetricOf(chart.metric).says}</p>
${controlChart(chart, dates, marks, n) ?? html`<p>No day has a value of it.</p>`}
${!chart.declared && html`<p class="soft">One of its edges was learned: nothing is promised of its false alarms.</p>`}
<details><summary>${bandName(chart.metric)} as numbers</summary>${numbers(chart, n)}</details>`,
)}`
}

/** A day that no narrow column breaks. */
const dayCell = (date: string): Html => html`<time>${date}</time>`

const numbers = ({ metric, points }: Chart, n: number): Html =>
  table(
    `numbers-${n}`,
    `${bandName(metric)}: every day that was judged or has runs; days that are not listed have neither`,
    ['day', 'mean', 'families', 'edge', 'EWMA', 'stands'],
    points.map((point) => [
      dayCell(point.date),
      point.state === 'no_runs' ? 'no runs' : bandValue(metric, point.mean),
      number(point.families),
      edgesText(metric, point.edges),
      point.ewma === null ? '-' : bandValue(metric, point.ewma),
      stateText(point, metric),
    ]),
  )

const releases = ({ marks, month }: IntentMonth): Html => html`<h2>Releases</h2>
${
  marks.length === 0
    ? html`<p>Nothing was released or taken back in ${monthName(month)}.</p>`
    : table(
        'releases',
        'What rollouts put in force or took back',
        ['mark', 'day', 'what'],
        marks.map((mark, i) => [markLetter(i), dayCell(mark.date), markText(mark)]),
      )
}`

/** What was recorded on each day, and why a run was queued or not. */
function dayByDay({ days }: IntentMonth): Html | null {
  const known = days.filter(({ state }) => state !== 'none')
  if (known.length === 0) return null
  return html`<h2>Day by day</h2>
${table(
  'days',
  'What was recorded, and what the queue did about it',
  ['day', 'runs', 'families', 'corrected', 'queue'],
  known.map(({ date, state, slice, queue, revised }, i) => [
    dayCell(date),
    html`${number(slice!.runs)}${slice!.production !== undefined && ` (${number(slice!.production)} of production)`}${revised.map(({ on, slice: now }) => html`; ${number(now.runs)} as revised on ${on}`)}`,
    number(slice!.families),
    html`${number(slice!.corrected)}${revised.map(({ on, slice: now }) => now.corrected !== slice!.corrected && html`; ${number(now.corrected)} as revised on ${on}`)}`,
    state === 'open'
      ? 'not judged yet'
      : queue.length === 0
        ? 'nothing: no edge was broken'
        : html`${queue.map((entry, at) => html`${at > 0 && '; '}${bandName(entry.metric)} ${entry.side}: ${saidBefore(entry, known[i - 1]) ? 'as the day before' : visible(entry.says)}`)}`,
  ]),
)}`
}

/** Does an edge say word for word what it said on the day before? A cooldown does so for weeks. */
const saidBefore = ({ metric, side, says }: QueueEntry, before: MonthDay | undefined): boolean =>
  before?.queue.some((one) => one.metric === metric && one.side === side && one.says === says) ?? false

function funnel({ week, month }: IntentMonth): Html {
  const title = html`<h2>Adoption</h2>`
  if (week === null)
    return html`${title}<p>No week until the end of ${monthName(month)} was looked at for this intent: <code>autotune cadence weekly</code> does.</p>`
  const { funnel: of, date } = week
  const others = uncertifiedText(of)
  const beside = others === null ? null : html`<p>Beside it ${others}.</p>`
  if (of.entries.length === 0)
    return html`${title}<p>Until ${date} ${others === null ? 'nothing' : 'nothing that replay can judge'} was proposed.</p>${beside}`
  return html`${title}
${beside}
${table(
  'funnel',
  `How far proposals came, by the week until ${date}`,
  ['step', 'on record', 'that week', 'median days'],
  of.steps.map(({ step, proposals, this_week, median_days: days }) => [
    step === 'kept' ? `kept ${KEPT_DAYS} days` : step,
    number(proposals),
    number(this_week),
    days === null ? '-' : number(days),
  ]),
)}
${table(
  'proposals',
  'Each proposal, and where it stands',
  ['run', 'stands', 'why'],
  of.entries.map(({ run_id, stands, says }) => [visible(run_id), stands.replaceAll('_', ' '), visible(says)]),
)}`
}

const ledger = ({ ledger: rows }: IntentMonth): Html => html`<h2>Ledger</h2>
${
  rows.length === 0
    ? html`<p>Nothing was sealed of this intent yet, so no question was asked.</p>`
    : table(
        'ledger',
        'Questions to sealed versions, as the ledger has them now',
        ['version', 'families', 'questions asked', 'level of each', 'stands', 'asked'],
        rows.map((row) => [
          html`<span class="mono">${row.version.slice(7, 19)}</span>`,
          number(row.families),
          `${number(row.used)} of ${number(row.questions)}`,
          percent(row.level),
          row.retired === null ? 'live' : `retired: ${row.retired.replaceAll('_', ' ')}`,
          row.asked.length === 0
            ? 'never'
            : html`${row.asked.map((one, i) => html`${i > 0 && '; '}${askedTold(one)}`)}`,
        ]),
      )
}`

const askedTold = ({ run_id, answer, day }: LedgerRow['asked'][number]): string =>
  `${day ?? 'on a day that no run tells'} by ${visible(run_id)}: ${answer === null ? 'open' : answer ? 'yes' : 'no'}`

const year = ({ year: { own, all }, days }: IntentMonth): Html => html`<h2>The year's error budget</h2>
<p>In the 365 days until ${days.at(-1)!.date} this intent was asked ${count(own.questions, 'question')} of ${count(own.versions, 'version')}: at most ${percent(own.spent)} is the chance that any of them certified harm.${own.undated > 0 && ` ${count(own.undated, 'question')} of it of which no run tells the day.`}</p>
${
  all === null
    ? html`<p>Over all intents nobody has added it up by then: <code>autotune cadence quarterly</code> does, and <code>error_budget_per_year</code> of the bands limits it.</p>`
    : html`<p>Over all intents ${percent(all.spent)} was spent by ${all.on}, ${all.budget === null ? 'and no budget is declared' : html`of a budget of ${percent(all.budget)}`}.</p>`
}`

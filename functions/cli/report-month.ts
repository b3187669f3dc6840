/** `autotune report --intent`: a month of the routine, on the terminal, as JSON, or as one file with its control charts. */
import type { IntentMonth } from '#core/cadence/month.ts'
import { withoutReasons } from '#core/report/redacted.ts'
import { bandMetricOf } from '#schemas/band-metrics.ts'
import { UserError } from '../errors.ts'
import { monthFile } from '../pages/intent/page.ts'
import {
  bandName,
  bandValue,
  edgesText,
  headlineOf,
  markText,
  monthName,
  monthNotes,
  stateText,
  uncertifiedText,
} from '../pages/intent/words.ts'
import { count } from '../pages/kit/format.ts'
import { readMonth } from '../steps/report/read-month.ts'
import { table } from './layout.ts'
import { writeNew } from './new-file.ts'
import { openExisting } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { number } from './text.ts'

interface MonthOptions extends StoreOptions {
  readonly json: boolean
  readonly intent: string
  readonly month?: string
  readonly html?: string
  readonly redact: boolean
}

export async function reportMonth({ json, intent, month, html, redact, ...o }: MonthOptions): Promise<number> {
  const store = await openExisting(o, terminalProgress())
  try {
    const read = await readMonth(store, intent, month ?? null)
    const told = redact ? withoutReasons(read) : read
    if (html === undefined) {
      print(json, told, () => monthLines(told))
      return 0
    }
    const page = monthFile(told)
    writeNew(html, page, 0o600, '--html')
    const bytes = Buffer.byteLength(page)
    print(json, { file: html, bytes, redacted: redact }, () => [
      `wrote ${html} (${Math.ceil(bytes / 1000)} kB): ${headlineOf(told)}`,
    ])
    return 0
  } finally {
    store.close()
  }
}

function monthLines(of: IntentMonth): string[] {
  const { intent, month, charts, marks, week, ledger, year } = of
  const used = ledger.reduce((sum, row) => sum + row.used, 0)
  return [
    `${intent}, ${monthName(month)}: ${headlineOf(of)}`,
    ...monthNotes(of).map((says) => `   ${says}`),
    ...charts.flatMap(({ metric, points }) => [
      '',
      ...table(
        [
          [
            bandName(metric),
            bandMetricOf(metric).aboveLimit !== undefined ? 'slower than the limit' : 'mean',
            'families',
            'edge',
            'stands',
          ],
          ...points.map((point) => [
            point.date,
            point.state === 'no_runs' ? 'no runs' : bandValue(metric, point.mean),
            String(point.families),
            edgesText(metric, point.edges),
            stateText(point, metric),
          ]),
        ],
        ['left', 'right', 'right', 'left', 'left'],
      ),
    ]),
    '',
    ...(marks.length === 0
      ? [`released  nothing was released or taken back in ${monthName(month)}`]
      : marks.map((mark) => `released  ${mark.date}  ${markText(mark)}`)),
    week === null
      ? 'adoption  no week until then was looked at for this intent'
      : `adoption  ${week.funnel.steps.map(({ step, proposals }) => `${proposals} ${step}`).join(' -> ')}, until ${week.date}`,
    ...(week === null
      ? []
      : [uncertifiedText(week.funnel)].flatMap((says) => (says === null ? [] : [`          ${says}`]))),
    `ledger    ${count(used, 'question')} asked of ${count(ledger.length, 'sealed version')}`,
    `year      ${number(year.own.spent)} spent by questions of this intent${year.all === null ? '' : `; ${number(year.all.spent)} over all intents by ${year.all.on}${year.all.budget === null ? '' : ` of ${number(year.all.budget)}`}`}`,
  ]
}

/** Throws UserError for options that belong to the report of something else. */
export function needMonthOptions(o: {
  readonly what: string | undefined
  readonly intent?: string
  readonly month?: string
  readonly html?: string
  readonly out?: string
}): void {
  const { what, intent, month, html, out } = o
  if (what !== undefined && intent !== undefined)
    throw new UserError(`"${what}" and --intent are two reports: name a run or rollout, or an intent with --month`)
  if (what === undefined && intent === undefined)
    throw new UserError('name a run or rollout, or an intent with --intent: "autotune list" shows the runs')
  if (intent === undefined && (month !== undefined || html !== undefined))
    throw new UserError(`--${month === undefined ? 'html' : 'month'} is of an intent: name it with --intent`)
  if (intent !== undefined && out !== undefined)
    throw new UserError('--out is of a run or rollout: the charts of an intent are written by --html')
}

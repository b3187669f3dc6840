/** `autotune cadence learn`: a learned edge, as JSON to be put into the bands. Writes nothing. */
import { dayAfter } from '#core/cadence/days.ts'
import { dailyMeans, learnedMedian } from '#core/cadence/learn.ts'
import { type Bands, LEAST_LEARNED_DAYS } from '#schemas/bands.ts'
import type { SliceRow } from '#schemas/cadence.ts'
import { UserError } from '../../errors.ts'
import { linesByDay, measuredBy, rowsOf } from '../../steps/cadence/slice-rows.ts'
import { RecordedRuns } from '../../steps/experience/recorded-runs.ts'
import { judgingWith } from '../../steps/replay/verdicts.ts'
import { existingStore } from '../open.ts'
import { terminalProgress } from '../progress.ts'
import { print } from '../terminal.ts'
import { readBands } from './bands.ts'
import { type CadenceOptions, dayOf } from './options.ts'

interface Options extends CadenceOptions {
  readonly from: string
  readonly to: string
  readonly tolerance: number
}

/** An edge changes as any file that people review does: it is printed, not written. */
export async function learn(
  intent: string,
  metric: string,
  { json, bands: file, from, to, tolerance, ...o }: Options,
): Promise<number> {
  const bands = readBands(file)
  const { of, band } = bandOf(bands, file, intent, metric)
  const [first, last] = [dayOf(from), dayOf(to)]
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    const lines = await linesByDay(store, intent, (day) => day >= first && day <= last)
    const by = await measuredBy(store, of)
    const judge = judgingWith(store.verdicts, 'search')
    const recorded = new RecordedRuns(store.objects)
    const rows = new Map<string, SliceRow[]>()
    for (let day = first; day <= last; day = dayAfter(day))
      rows.set(day, await rowsOf(recorded, lines.get(day) ?? [], by, judge))
    const all = dailyMeans([...rows.values()], band)
    const means = all.filter((mean) => mean !== null)
    const left = leftOut([...rows], all)
    const median = learnedMedian(all)
    if (median === null)
      throw new UserError(
        `${means.length} days of ${first} to ${last} have recorded runs of ${intent} that all measure ${metric}; a learned edge needs at least ${LEAST_LEARNED_DAYS}: choose a longer period, or declare the edge${left.map((line) => `\n  ${line}`).join('')}`,
      )
    const edge = { from: first, to: last, median, tolerance }
    print(json, { edge, days: means.length, left_out: left }, () => [
      `median   ${median} over ${means.length} days (least ${Math.min(...means)}, most ${Math.max(...means)})`,
      ...left.map((line) => `left out ${line}`),
      `put it   into ${file}, as "above" or "below" of ${metric}:`,
      JSON.stringify(edge),
      'note     a learned edge promises no rate of false alarms: only a declared one does',
    ])
    return 0
  } finally {
    store.close()
  }
}

/** Days without a mean, and why, those of one reason in one line. */
function leftOut(
  days: readonly (readonly [string, readonly SliceRow[]])[],
  means: readonly (number | null)[],
): string[] {
  const without = days.filter((_, i) => means[i] === null)
  const named = (says: string, of: typeof days): string[] =>
    of.length === 0 ? [] : [`${of.length} of ${days.length} days, ${says}: ${of.map(([day]) => day).join(', ')}`]
  return [
    ...named(
      'without a recorded run',
      without.filter(([, rows]) => rows.length === 0),
    ),
    ...named(
      'on which a run lacks the measure, or none is of that kind',
      without.filter(([, rows]) => rows.length > 0),
    ),
  ]
}

function bandOf(bands: Bands, file: string, intent: string, metric: string) {
  const of = bands.intents.find((one) => one.intent === intent)
  const band = of?.bands.find((one) => one.metric === metric)
  if (!of || !band)
    throw new UserError(
      `${file} has no band of ${metric} for ${intent}: write one with an edge to begin with, which says its range or limit`,
    )
  return { of, band }
}

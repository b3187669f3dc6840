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
    const rows: SliceRow[][] = []
    for (let day = first; day <= last; day = dayAfter(day))
      rows.push(await rowsOf(recorded, lines.get(day) ?? [], by, judge))
    const means = dailyMeans(rows, band)
    const median = learnedMedian(means)
    if (median === null)
      throw new UserError(
        `${means.length} days of ${first} to ${last} have recorded runs of ${intent} that all measure ${metric}; a learned edge needs at least ${LEAST_LEARNED_DAYS}: choose a longer period, or declare the edge`,
      )
    const edge = { from: first, to: last, median, tolerance }
    print(json, { edge, days: means.length }, () => [
      `median   ${median} over ${means.length} days (least ${Math.min(...means)}, most ${Math.max(...means)})`,
      `put it   into ${file}, as "above" or "below" of ${metric}:`,
      JSON.stringify(edge),
      'note     a learned edge promises no rate of false alarms: only a declared one does',
    ])
    return 0
  } finally {
    store.close()
  }
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

/** Reads what the runs of some days measured: those of the search side, and never a sealed family. */

import { rowsText } from '#core/cadence/slice.ts'
import { type MeasuredBy, sliceRow } from '#core/cadence/slice-rows.ts'
import { digestOfBytes } from '#core/canonical.ts'
import { ownMetricProblem } from '#core/contract/questions.ts'
import type { IndexLine } from '#core/experience/index-line.ts'
import type { IntentBands } from '#schemas/bands.ts'
import type { SliceRow } from '#schemas/cadence.ts'
import { isOwnMetric } from '#schemas/metrics.ts'
import type { PriceTable } from '#schemas/pack.ts'
import type { Recording } from '#schemas/replay-case.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { readJson, readLines } from '../../streams/read-object.ts'
import type { RecordedRuns } from '../experience/recorded-runs.ts'
import { readIndex } from '../experience/run-index.ts'
import type { Judging } from '../replay/verdicts.ts'

/** Suite and prices by which an intent is measured. Throws UserError where the store does not hold them, or a band names a score that the suite does not mark. */
export async function measuredBy(
  { objects }: Pick<Store, 'objects'>,
  { intent, measured_by: { evals, price_table }, bands }: IntentBands,
): Promise<MeasuredBy> {
  const suite = await readJson<EvaluatorSuite>(objects, keys.suite(evals))
  const prices = price_table === undefined ? null : await readJson<PriceTable>(objects, keys.priceTable(price_table))
  const lacking = suite === null ? evals : price_table !== undefined && prices === null ? price_table : null
  if (lacking !== null)
    throw new UserError(
      `measured_by of ${intent} names ${lacking}, which is not in this store: "autotune import --suite FILE" or "--prices FILE" publishes it`,
    )
  for (const { metric } of bands) {
    const problem = isOwnMetric(metric) ? ownMetricProblem(metric, suite!) : null
    if (problem !== null) throw new UserError(`bands of ${intent}: ${problem}`)
  }
  return { suite: suite!, prices }
}

/** Lines of an intent's index by the day of their recording, those of the wanted days; a run without a day is of none. */
export async function linesByDay(
  store: Pick<Store, 'objects' | 'scratch'>,
  intent: string,
  isWanted: (day: string) => boolean,
): Promise<Map<string, IndexLine[]>> {
  const days = new Map<string, IndexLine[]>()
  for await (const line of readIndex(store, intent)) {
    if (line.date === null || line.planned || !isWanted(line.date)) continue
    const day = days.get(line.date) ?? []
    days.set(line.date, day)
    day.push(line)
  }
  return days
}

/** Recordings of some index lines, in their order, each under the family that it counts for. Throws UserError for one that is gone. */
export async function* recordingsOf(
  recorded: RecordedRuns,
  lines: readonly IndexLine[],
): AsyncGenerator<{ readonly recording: Recording; readonly family: string }> {
  for (const line of lines) {
    const compiled = await recorded.compiled(line)
    if (compiled === null)
      throw new UserError(
        `run ${line.run_id} is listed and not in this store any more: import the same records again, which restores it`,
      )
    yield { recording: JSON.parse(compiled.recording) as Recording, family: line.joined ?? compiled.family_id }
  }
}

/** What the runs of some index lines measured, in the order of the lines. */
export async function rowsOf(
  recorded: RecordedRuns,
  lines: readonly IndexLine[],
  by: MeasuredBy,
  judge: Judging,
): Promise<SliceRow[]> {
  const rows: SliceRow[] = []
  for await (const { recording, family } of recordingsOf(recorded, lines))
    rows.push(await judge(by.suite, () => sliceRow(recording, family, by)))
  return rows
}

/** Keeps the rows of a day under their digest, and says it; null: there are none, and nothing is kept. */
export async function keepRows(
  { objects }: Pick<Store, 'objects'>,
  day: string,
  intent: string,
  rows: readonly SliceRow[],
): Promise<string | null> {
  if (rows.length === 0) return null
  const text = rowsText(rows)
  const digest = digestOfBytes(text)
  await objects.putIfAbsent(keys.cadenceRows(day, intent, digest), text)
  return digest
}

/** Rows of a slice as they were kept; null: they are gone or changed. */
export async function keptRows(
  { objects }: Pick<Store, 'objects'>,
  day: string,
  intent: string,
  digest: string | null,
): Promise<SliceRow[] | null> {
  if (digest === null) return []
  const rows = await readLines<SliceRow>(objects, keys.cadenceRows(day, intent, digest))
  return digestOfBytes(rowsText(rows)) === digest ? rows : null
}

/** `autotune cadence weekly`: looks back on the week that is over, or shows one that was looked at. */
import { readWeek, reviewedWeeks, reviewWeekUntil, weekToReview } from '../../steps/cadence/weekly.ts'
import { existingStore } from '../open.ts'
import { terminalProgress } from '../progress.ts'
import { print } from '../terminal.ts'
import { readBands } from './bands.ts'
import { type CadenceOptions, dayOf } from './options.ts'
import { weekLines } from './text-week.ts'

interface Options extends CadenceOptions {
  readonly date?: string
}

export async function weekly({ json, bands: file, date, ...o }: Options): Promise<number> {
  const bands = readBands(file)
  const asked = date === undefined ? null : dayOf(date)
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    const weeks = await reviewedWeeks(store)
    const due = weekToReview(weeks, store.clock.now(), asked)
    const week = due === null ? await readWeek(store, asked ?? weeks.at(-1)!) : await reviewWeekUntil(store, bands, due)
    print(json, { reviewed: due, week }, () => weekLines(week!, due !== null, o))
    return 0
  } finally {
    store.close()
  }
}

/** On which days an intent has recorded runs at all: what a person is told whose day is empty. */
import type { Store } from '../../ports.ts'
import { readIndex } from '../experience/run-index.ts'

/** Recorded runs of the search side by whether they have a day. */
export interface RecordedDays {
  readonly intent: string
  readonly undated: number
  /** First and last day of a run; null: none has a day. */
  readonly oldest: string | null
  readonly newest: string | null
}

export async function recordedDays(store: Pick<Store, 'objects' | 'scratch'>, intent: string): Promise<RecordedDays> {
  let undated = 0
  let oldest: string | null = null
  let newest: string | null = null
  for await (const { date, planned } of readIndex(store, intent)) {
    if (planned) continue
    if (date === null) {
      undated++
      continue
    }
    if (oldest === null || date < oldest) oldest = date
    if (newest === null || date > newest) newest = date
  }
  return { intent, undated, oldest, newest }
}

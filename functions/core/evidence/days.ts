/** Days of the recordings, and how old recordings and sources are when a run begins. */
import { millisecondsOf } from '../instant.ts'
import type { RecordedDays } from './types.ts'

export class Days {
  #first: string | null = null
  #last: string | null = null
  #undated = 0

  add(day: string | null): void {
    if (day === null) {
      this.#undated++
      return
    }
    if (this.#first === null || day < this.#first) this.#first = day
    if (this.#last === null || day > this.#last) this.#last = day
  }

  recorded(runDay: string | null): RecordedDays {
    return { first: this.#first, last: this.#last, undated: this.#undated, age_days: ageOf(this.#last, runDay) }
  }
}

/** Whole days from one day to another, not below 0; null: one of them is not known. */
export function ageOf(day: string | null, until: string | null): number | null {
  if (day === null || until === null) return null
  const [from, to] = [millisecondsOf(`${day}T00:00:00.000Z`), millisecondsOf(`${until.slice(0, 10)}T00:00:00.000Z`)]
  return Number.isFinite(from) && Number.isFinite(to) ? Math.max(0, Math.round((to - from) / 86_400_000)) : null
}

/** What the verbs of the routine have in common: their options, and days as people write them. */
import type { DailyCadence } from '#schemas/cadence.ts'
import { Day } from '#schemas/common.ts'
import { UserError } from '../../errors.ts'
import type { StoreOptions } from '../store-options.ts'

export interface CadenceOptions extends StoreOptions {
  readonly json: boolean
  readonly bands: string
}

/** A day of an option. Throws UserError for what is none. */
export function dayOf(text: string): string {
  const parsed = Day.safeParse(text)
  if (parsed.success) return parsed.data
  throw new UserError(`"${text}" is no day: ${parsed.error.issues[0]!.message}, e.g. 2026-11-28`)
}

/** Exit code of judged days: 3 where something moved and that was asked for. */
export const exitOf = (days: readonly DailyCadence[], exitCode: boolean): number =>
  exitCode && days.some((day) => day.intents.some(({ series }) => series.some(({ state }) => state === 'moved')))
    ? 3
    : 0

/** A scar: a recorded failure that an operator corrected, kept as a case that a later candidate must not fail again. */
import * as z from 'zod'
import { Day, Id, Name } from './common.ts'

/**
 * One scar of an intent, on the search side. It stands beside every rate and in none: what a run counts of its case it counts as of
 * any other. `since`: the last day of the week that made it.
 */
export const Scar = z.strictObject({ case_id: Name, run_id: Id, since: Day })
export type Scar = z.infer<typeof Scar>

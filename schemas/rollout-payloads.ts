/** What the functions of the rollout workflow are given and return, in `zod/mini` as the others. */
import * as z from 'zod/mini'
import { Id, Name } from './payloads.ts'
import { personProblem, samePerson } from './person.ts'
import type { RolloutStatus, Stage } from './release.ts'

/**
 * `run_id`: the run whose proposal was approved. `configs`: rollout configurations as they were checked at synthesis, each
 * once with the intents that are rolled out so.
 */
export const StartRolloutInput = z.strictObject({
  run_id: Id,
  configs: z.array(z.strictObject({ intents: z.array(Name), config: z.looseObject({}) })),
})
export type StartRolloutInput = z.infer<typeof StartRolloutInput>

/** Names the rollout; everything else is read from its item. */
export const RolloutInput = z.strictObject({ rollout_id: Id })
export type RolloutInput = z.infer<typeof RolloutInput>

/** A person at a lever: who, and why in 3 to 2,000 characters. "rollout" is the name of the machine, and refused in any spelling. */
export const HandInput = z.strictObject({
  rollout_id: Id,
  by: Name.check(z.refine((by) => personProblem(by) === null && !samePerson(by, 'rollout'))),
  reason: z.string().check(z.minLength(3), z.maxLength(2000)),
})
export type HandInput = z.infer<typeof HandInput>

/** Where a rollout stands, as its workflow sees it. */
export interface RolloutState {
  readonly rollout_id: string
  readonly status: RolloutStatus
  readonly stage: Stage
  /** Whether there is anything left to look at. */
  readonly goes_on: boolean
  /** How long to wait before the next look, in seconds. */
  readonly seconds: number
  /** Start of the names of its executions. */
  readonly name: string
}

/** What became of what the runtime handed in. */
export interface InboxReport {
  /** Runs that were new and are in the log now. */
  readonly recorded: number
  /** Runs that the log held already: handing in twice changes nothing. */
  readonly known: number
  /** Files that were left where they are, each with its reason beside it. */
  readonly refused: number
}

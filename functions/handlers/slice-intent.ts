/** Measures the recorded runs of one intent on the wanted days, keeps their rows, and returns their digests. It reads the search side alone. */
import { type IntentSlices, SliceIntentInput } from '#schemas/cadence-payloads.ts'
import { verdictsOf } from '../lambda/judges.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import type { OpenStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { sliceIntent } from '../steps/cadence/intent-slice.ts'

export const sliceIntentFunction: OpenStep<SliceIntentInput, IntentSlices, StoreWorld> = {
  name: 'slice-intent',
  input: SliceIntentInput,
  about: ({ of: { intent }, plan: { days } }) => ({ intent, days: days.length }),
  outcome: ({ late }) => ({ says: { late: Object.keys(late).length } }),
  work: ({ of, plan, cleared }, world) =>
    sliceIntent({ ...world.store, verdicts: verdictsOf(world, 'wholeSet') }, of, plan, cleared),
}

export const handler = handlerOver(sliceIntentFunction, openStoreWorld)

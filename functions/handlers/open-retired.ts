/** Moves the runs of retired versions to where the search reads. The sealer's work. */
import { RunInput } from '#schemas/payloads.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import type { Step } from '../lambda/step.ts'
import { requestOf } from '../lambda/work.ts'
import { joinRetired } from '../steps/heldout/seal.ts'
import { holdLock } from '../steps/run/lock.ts'

export const openRetiredFunction: Step<RunInput, Record<string, never>> = {
  name: 'open-retired',
  sealed: 'sealer',
  input: RunInput,
  async work({ run }, { store }) {
    await holdLock(store, run, (await requestOf(store, run)).about)
    await joinRetired(store, run.intent)
    return {}
  },
}

export const handler = makeHandler(openRetiredFunction)

/** Moves the runs of retired versions to where the search reads. The sealer's work. */
import { RunInput } from '#schemas/payloads.ts'
import { makeHandler } from '../shared/make-handler.ts'
import type { Step } from '../shared/step.ts'
import { holdLock, requestOf } from '../shared/work.ts'
import { joinRetired } from '../steps/seal.ts'

export const openRetired: Step<RunInput, Record<string, never>> = {
  name: 'open-retired',
  sealed: 'sealer',
  input: RunInput,
  async work({ run }, { store }) {
    await holdLock(store, run, (await requestOf(store, run)).about)
    await joinRetired(store, run.intent)
    return {}
  },
}

export const handler = makeHandler(openRetired)

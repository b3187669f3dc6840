/** Retires what was asked under another suite, and moves the runs of retired versions to where the search reads. The sealer's work. */
import { RunInput } from '#schemas/payloads.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { Step } from '../lambda/step.ts'
import { requestOf } from '../lambda/work.ts'
import { openWorld } from '../lambda/world.ts'
import { retireOutgrown } from '../steps/heldout/outgrown.ts'
import { joinRetired } from '../steps/heldout/seal.ts'
import { holdLock } from '../steps/run/lock.ts'

export const openRetiredFunction: Step<RunInput, Record<string, never>> = {
  name: 'open-retired',
  sealed: 'sealer',
  input: RunInput,
  async work({ run }, { store }) {
    const { about, target } = await requestOf(store, run)
    await holdLock(store, run, about)
    await retireOutgrown(store, run.intent, target.baseline_tuple!.evals)
    await joinRetired(store, run.intent)
    return {}
  },
}

export const handler = makeHandler(openRetiredFunction, () => openWorld(process.env, signed))

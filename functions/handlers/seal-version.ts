/** Seals the held-out cases that no version has claimed, as they were laid out. Returns what is published of the version: counts, no case. */
import type { HeldoutVersion } from '#schemas/heldout.ts'
import { SealVersionInput } from '#schemas/payloads.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { contractPins } from '../lambda/replays.ts'
import { laidUnsealed } from '../lambda/sealed-layout.ts'
import { signed } from '../lambda/signed-store.ts'
import type { Step } from '../lambda/step.ts'
import { requestOf } from '../lambda/work.ts'
import { openWorld } from '../lambda/world.ts'
import { sealIfNeeded } from '../steps/heldout/seal.ts'
import { answeredContract } from '../steps/run/contract.ts'

export const sealVersionFunction: Step<SealVersionInput, { readonly facts: HeldoutVersion | null }> = {
  name: 'seal-version',
  sealed: 'sealer',
  input: SealVersionInput,
  async work({ run, limits, pieces }, { store }) {
    const request = await requestOf(store, run)
    const contract = await answeredContract(store, request.target)
    const pins = contractPins(contract, request)
    const unsealed = await laidUnsealed(store, run.run_id, pieces)
    return { facts: await sealIfNeeded(store, contract.resolved, pins, unsealed, async () => limits) }
  },
}

export const handler = makeHandler(sealVersionFunction, () => openWorld(process.env, signed))

/** Seals the held-out runs that no version has claimed. Returns what is published of the version: counts, no case. */
import type { HeldoutVersion } from '#schemas/heldout.ts'
import { RunInput } from '#schemas/payloads.ts'
import { makeHandler, type Step } from '../shared/make-handler.ts'
import { requestOf } from '../shared/work.ts'
import { transcriptEngine } from '../steps/engine.ts'
import { answeredContract } from '../steps/run.ts'
import { sealIfNeeded } from '../steps/seal.ts'

export const sealVersion: Step<RunInput, { readonly facts: HeldoutVersion | null }> = {
  name: 'seal-version',
  sealed: 'sealer',
  input: RunInput,
  async work({ run }, { store }) {
    const { target } = await requestOf(store, run)
    const { pack, suite, prices, resolved } = await answeredContract(store, target)
    const replayer = { kind: 'transcript' } as const
    const pins = { tuple: resolved.baseline_tuple, settings: pack.settings, suite, prices, replayer }
    return { facts: await sealIfNeeded(store, resolved, pins, transcriptEngine()) }
  },
}

export const handler = makeHandler(sealVersion)

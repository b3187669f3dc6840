/** Has recorded runs erased from both sides of a deployment, for a person who may call it and sees none of them. */
import { randomUUID } from 'node:crypto'
import { EraseRunsInput } from '#schemas/erase-payloads.ts'
import { UserError } from '../errors.ts'
import { type EraseWorld, openEraseWorld } from '../lambda/erase-world.ts'
import { sealedOver } from '../lambda/make-handler.ts'
import type { SealedStep } from '../lambda/step.ts'
import { type ErasurePlan, erase, planErasure } from '../steps/erase/erase.ts'
import { needIdle } from '../steps/erase/under-way.ts'
import { forGood, scrubVersions } from '../steps/erase/versions.ts'
import { importAlone } from '../steps/experience/import-lock.ts'
import { openLocks } from '../steps/run/lock.ts'

/** What an erasure takes, and whether it was carried out. */
type Erasure = ErasurePlan & { readonly erased: boolean }

export const eraseRunsFunction: SealedStep<EraseRunsInput, Erasure, EraseWorld> = {
  name: 'erase-runs',
  sealed: 'sealer',
  forgets: true,
  input: EraseRunsInput,
  async work({ wanted, reason, person, yes }, { store: kept, versions }) {
    const [objects, vault] = [forGood(kept.objects, versions.objects), forGood(kept.vault, versions.vault)]
    const store = {
      ...kept,
      objects,
      vault,
      async scrub(names: Parameters<typeof scrubVersions>[3]) {
        await scrubVersions('objects', objects, versions.objects, names)
        await scrubVersions('vault', vault, versions.vault, names)
      },
    }
    for await (const { run_id } of openLocks(store))
      throw new UserError(`run ${run_id} is under way and reads what is to be erased: erase when it has ended`)
    await needIdle(store, [])
    const { problem } = await store.heads!.journal.read()
    if (problem !== null) throw new UserError(`${problem}. Nothing was erased: no tombstone can be signed`)
    // A call sees no other one: one that was cut off counts as gone when nothing was heard of it for a while.
    const holder = { name: `erasure ${randomUUID()}`, isAlive: () => null }
    const { plan } = await importAlone(store, holder, async (check) => {
      const planned = await planErasure(store, 'family' in wanted ? wanted : { runs: new Set(wanted.runs) })
      if (yes) await erase(store, planned, { reason, person }, check)
      return planned
    })
    return { erased: yes, ...plan }
  },
}

export const handler = sealedOver(eraseRunsFunction, openEraseWorld)

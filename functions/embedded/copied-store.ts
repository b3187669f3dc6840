/** A store as a copy: whatever is done to it stays in memory, and nothing of it on a disk or in a bucket. */
import { type CopiedObjects, copyObjects } from '#adapters/copy/copy-objects.ts'
import { copyTable } from '#adapters/copy/copy-table.ts'
import { storeSigner } from '#adapters/local/store-signer.ts'
import type { SignedRollout } from '#schemas/rollout-artifact.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Signer, Store } from '../ports.ts'
import type { CopiedStore } from '../steps/audit/again.ts'
import { heldToContracts } from '../steps/experience/held-to-contracts.ts'
import { headsOf } from '../steps/heads/journal.ts'
import { foundBefore } from '../steps/heads/stored-heads.ts'
import { unwitnessedTable, witnessedTable } from '../steps/heads/witnessed-table.ts'
import { orNull, readJson } from '../streams/read-object.ts'
import type { LocalStore } from './open-store.ts'

export function copiedStore({
  objects: open,
  vault,
  releases,
  heads: under,
  vaultDir,
  scratch,
  clock,
}: LocalStore): CopiedStore {
  const sides = { objects: copyObjects(open), vault: copyObjects(vault), releases: copyObjects(releases) }
  const items = copyTable(under!.items)
  const objects = heldToContracts(sides.objects)
  const journal = headsOf(
    objects,
    () => storeSigner(vaultDir, 'heads'),
    clock,
    (lines, holds) => foundBefore({ objects, items }, lines, holds),
  )
  const heads = { journal, items, deciders: under!.deciders }
  const both = {
    objects,
    vault: heldToContracts(sides.vault),
    releases: heldToContracts(sides.releases),
    scratch,
    clock,
    progress: () => {},
  }
  return {
    store: { ...both, heads, table: witnessedTable(heads) },
    untold: { ...both, table: unwitnessedTable(items) },
    signer: storeSigner(vaultDir, 'release'),
    whole: true,
    changed: async () => [
      ...(await sides.objects.changed()),
      ...(await sides.vault.changed()),
      ...(await sides.releases.changed()),
      ...items.changed(),
    ],
  }
}

/**
 * A deployment as its auditor reads it, as a copy under no journal.
 * @param signer checks what the key of releases signed; it may sign nothing
 * @param run whose question is asked again
 */
export function copiedDeployment(deployed: Store, signer: Signer, run: string): CopiedStore {
  const { scratch, clock, objects: open, releases: published } = deployed
  const [objects, vault, releases] = [open, answerOf(open, run), published].map(copyObjects) as [
    CopiedObjects,
    CopiedObjects,
    CopiedObjects,
  ]
  const items = copyTable(deployed.heads!.items)
  const store = {
    objects,
    vault,
    releases,
    scratch,
    clock,
    progress: () => {},
    table: unwitnessedTable(items),
  }
  const sides = [objects, vault, releases]
  const changed = async () => [...(await Promise.all(sides.map((side) => side.changed()))).flat(), ...items.changed()]
  return { store, untold: store, signer: signedBefore(published, signer), whole: false, changed }
}

/** In place of the vault, which is shut: the gate's answer as its run tells it. Whether a question is spent again, the ledger alone decides. */
const answerOf = (open: ObjectStore, run: string): ObjectStore => ({
  ...open,
  get: () => open.get(keys.autotuneRun(run, 'gate.json')),
})

/** Signs what was signed before, and nothing else: a text under whose code an artifact stands gets that code again. */
const signedBefore = (releases: ObjectStore, signer: Signer): Signer => ({
  ...signer,
  async sign(text) {
    for await (const key of releases.list('rollouts/')) {
      if (!key.endsWith('/artifact.json')) continue
      const { mac } = (await orNull(readJson<Partial<SignedRollout>>(releases, key)))?.signature ?? {}
      if (mac !== undefined && (await signer.holds(text, mac))) return mac
    }
    return ''
  },
})

/** A store of this machine as a copy: whatever is done to it stays in memory, and nothing of it on a disk. */
import { copyObjects } from '#adapters/copy/copy-objects.ts'
import { copyTable } from '#adapters/copy/copy-table.ts'
import { storeSigner } from '#adapters/local/store-signer.ts'
import type { CopiedStore } from '../steps/audit/again.ts'
import { heldToContracts } from '../steps/experience/held-to-contracts.ts'
import { headsOf } from '../steps/heads/journal.ts'
import { foundBefore } from '../steps/heads/stored-heads.ts'
import { untoldTable, witnessedTable } from '../steps/heads/witnessed-table.ts'
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
    untold: { ...both, table: untoldTable(items) },
    signer: storeSigner(vaultDir, 'release'),
    changed: async () => [
      ...(await sides.objects.changed()),
      ...(await sides.vault.changed()),
      ...(await sides.releases.changed()),
      ...items.changed(),
    ],
  }
}

/** What must hold of a sealed version before it is asked again: its cases are there, and the search side has none of its families. */
import type { LedgerItem } from '#schemas/heldout.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { familiesOf } from '../experience/families.ts'
import { FamilyLinks } from '../experience/family-links.ts'
import { recordedFamilies } from '../experience/run-index.ts'

/** A version of the ledger whose cases are in the vault: a question to one that is gone would be spent for nothing. */
export async function kept(store: Store, item: LedgerItem): Promise<LedgerItem> {
  if (await isKept(store, item)) return item
  throw new UserError(
    `vault/${keys.sealed(item.intent, item.version)} is missing, and the ledger says that it was sealed: restore it. No question was asked`,
  )
}

/** Asked by its name: no case is read. */
export async function isKept(store: Store, { intent, version }: LedgerItem): Promise<boolean> {
  for await (const _ of store.vault.list(keys.sealed(intent, version))) return true
  return false
}

/** Refuses a version that was asked and shares families with the search side by now: it cannot lose any of them. */
export async function refuseLinked(store: Store, item: LedgerItem): Promise<void> {
  await refuseOnBothSides(store, item)
  await refuseBurned(store, item)
}

/** Runs of one family on both sides: two imports wrote at once, or files were moved. */
async function refuseOnBothSides(store: Store, { intent, version, ...item }: LedgerItem): Promise<void> {
  const aside = store.scratch()
  const open = new Map<string, string>()
  try {
    for await (const family of familiesOf(store, intent, [{ intent, version, ...item }])) aside.set(family, '')
    for await (const { family, run_id } of recordedFamilies(store.objects, intent))
      if (aside.get(family) !== null) open.set(family, run_id)
  } finally {
    aside.close()
  }
  if (open.size > 0)
    throw new UserError(
      `${open.size} families of the held-out version ${version.slice(0, 15)} of ${intent} have runs on the search side too (${examples([...open.values()])}): it has answered a question and can answer no other. Import families that were never sealed into a new store`,
    )
}

/** A copy that came later is of a sealed family and of a search family. */
async function refuseBurned(store: Store, { intent, version, ...item }: LedgerItem): Promise<void> {
  const aside = store.scratch()
  let burned = 0
  try {
    const links = await FamilyLinks.read(store.vault, intent, aside)
    const families = new Set(links.burned())
    if (families.size === 0) return
    for await (const family of familiesOf(store, intent, [{ intent, version, ...item }]))
      if (families.has(family)) burned++
  } finally {
    aside.close()
  }
  if (burned > 0)
    throw new UserError(
      `${burned} families of the held-out version ${version.slice(0, 15)} of ${intent} were linked with search families by copies that came later: it has answered a question and can answer no other. Import families that were never sealed into a new store`,
    )
}

/** A few runs of the search side by their names: those of the vault are nobody's business. */
export const examples = (runs: readonly string[]): string => `e.g. ${[...new Set(runs)].sort().slice(0, 5).join(', ')}`

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

/**
 * Refuses a version that was asked and shares families with the search side by now: it cannot lose any of them. Runs stand on
 * both sides where two imports wrote at once, or files were moved; a copy that came later may be of families of both.
 */
export async function refuseLinked(store: Store, item: LedgerItem): Promise<void> {
  const { intent } = item
  const aside = store.scratch()
  const open = new Map<string, string>()
  let burned = 0
  try {
    const linked = new Set((await FamilyLinks.read(store.vault, intent, aside)).burned())
    for await (const family of familiesOf(store, intent, [item])) {
      aside.set(`claimed ${family}`, '')
      if (linked.has(family)) burned++
    }
    for await (const { family, run_id } of recordedFamilies(store.objects, intent))
      if (aside.get(`claimed ${family}`) !== null) open.set(family, run_id)
  } finally {
    aside.close()
  }
  if (open.size > 0) throw ended(item, open.size, `have runs on the search side too (${examples([...open.values()])})`)
  if (burned > 0) throw ended(item, burned, 'were linked with search families by copies that came later')
}

const ended = ({ intent, version }: LedgerItem, families: number, why: string): UserError =>
  new UserError(
    `${families} families of the held-out version ${version.slice(0, 15)} of ${intent} ${why}: it has answered a question and can answer no other. Import families that were never sealed into a new store`,
  )

/** A few runs of the search side by their names: those of the vault are nobody's business. */
export const examples = (runs: readonly string[]): string => `e.g. ${[...new Set(runs)].sort().slice(0, 5).join(', ')}`

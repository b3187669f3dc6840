/**
 * Claims of families against the sealed versions that hold them. A claim is one row of hundreds of thousands, so that no line of the
 * journal of heads stands for it; a sealed version is named by the digest of what it holds, and the journal has that.
 */
import { TextNumbers } from '#core/bytes/text-numbers.ts'
import { familyIds } from '#core/evaluate/panel.ts'
import { familyHash } from '#core/experience/index-line.ts'
import { itemName } from '#core/heads/claims.ts'
import type { HeldoutVersion, LedgerItem } from '#schemas/heldout.ts'
import { UserError } from '../../errors.ts'
import type { LedgerTable, Store } from '../../ports.ts'
import { inShards } from '../../streams/groups.ts'
import { isEpochClaim } from '../experience/epochs.ts'
import { claimsOf } from '../experience/families.ts'
import { RESTORE } from '../heads/ours.ts'
import { erasuresOf } from '../store/erasures.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { openSealed, type SealedSet } from './open-sealed.ts'

/** What is wrong with the claims of a version that is not superseded, in words that follow its name; null: nothing is. */
export async function claimProblem(
  { table }: Pick<Store, 'table'>,
  { intent, version }: LedgerItem,
  { panel }: Pick<SealedSet, 'panel'>,
): Promise<string | null> {
  const held = new TextNumbers()
  for (const family of familyIds(panel)) held.add(familyHash(family))
  const isClaimed = new Uint8Array(held.size)
  let [claimed, foreign] = [0, 0]
  for await (const { sk, body } of claimsOf(table, intent)) {
    if (body.version !== version) continue
    const family = held.of(sk)
    if (family < 0 || isClaimed[family] === 1) foreign++
    else claimed += isClaimed[family] = 1
  }
  if (claimed < held.size)
    return `lacks the claims of ${families(held.size - claimed)}: they were removed or changed, and these families would be sealed again`
  return foreign > 0 ? `has claims of ${families(foreign)} that it does not hold: somebody else wrote them` : null
}

/** Throws UserError where the claims of a version are not those of the families in it: nothing is sealed, asked or opened by them. */
export async function needClaimsOf(store: Store, item: LedgerItem, sealed: Pick<SealedSet, 'panel'>): Promise<void> {
  const why = await claimProblem(store, item, sealed)
  if (why !== null)
    throw new UserError(`${itemName({ pk: rowKeys.versions(item.intent), sk: item.version })} ${why}. ${RESTORE}`)
}

/** The same of versions as they lie sealed. A deployment lets no role but its sealer write a claim, and reads no sealed version for it. */
export async function needClaims(store: Store, versions: readonly LedgerItem[]): Promise<void> {
  if (store.rolesApart) return
  const erasures = await erasuresOf(store)
  // What people had erased of it no claim could be compared with; the journal says that they had.
  for (const item of versions)
    if (!erasures.isGone(item.version))
      await needClaimsOf(store, item, await openSealed(store, item.intent, item.version))
}

export const askedMeanwhile = (version: string): UserError =>
  new UserError(`the held-out version ${version.slice(0, 15)} was asked meanwhile. Start the run again`)

/** Claims in hand, over all partitions: a ledger in a file waits for its disk once for those of each. */
const CLAIMS_AT_ONCE = 8192

/** Claims families, by their hashes, for a version, or for the epoch that takes them. A family belongs to one of them, ever. */
export async function claimFamilies(
  { table }: Pick<Store, 'table'>,
  { intent, version }: Pick<HeldoutVersion, 'intent' | 'version'>,
  families: Iterable<string>,
): Promise<void> {
  const [before] = rowKeys.claims(intent)
  const known = new Set<string>()
  for await (const { sk } of table.query(before!)) known.add(sk)
  for await (const some of inShards(families, CLAIMS_AT_ONCE)) {
    const held = some.filter((sk) => known.has(sk)).map((sk) => [before!, sk] as const)
    const fresh = Map.groupBy(
      some.filter((sk) => !known.has(sk)),
      (sk) => rowKeys.claim(intent, sk)[0],
    )
    const claimed = await Promise.all(
      [...fresh].map(async ([pk, all]) => {
        const isNew = await table.createAll(
          pk,
          all.map((sk) => ({ sk, body: { version } })),
        )
        return all.filter((_, i) => !isNew[i]).map((sk) => [pk, sk] as const)
      }),
    )
    for (const [pk, sk] of [...held, ...claimed.flat()]) await takeOver(table, { intent, version }, pk, sk)
  }
}

/** Only a claim by a version that was never asked may move. */
async function takeOver(
  table: LedgerTable,
  { intent, version }: Pick<HeldoutVersion, 'intent' | 'version'>,
  pk: string,
  sk: string,
): Promise<void> {
  const held = (await table.get<{ version: string }>(pk, sk))!
  if (held.body.version === version) return
  if (isEpochClaim(held.body.version))
    throw new UserError(
      'a family of this seal went to the search when its intent was split anew: it cannot be sealed again',
    )
  const holder = await table.get<LedgerItem>(...rowKeys.version(intent, held.body.version))
  if (holder && holder.body.used > 0)
    throw new UserError(
      `a family of this seal belongs to version ${held.body.version.slice(0, 15)}, which was asked already: it cannot be sealed again`,
    )
  if (await table.update(pk, sk, held.revision, { version })) return
  const now = await table.get<{ version: string }>(pk, sk)
  if (now?.body.version !== version) throw askedMeanwhile(held.body.version)
}

const families = (n: number): string => `${n} ${n === 1 ? 'family' : 'families'}`

/** The pack version that an approved proposal becomes: reserved by one row, so that a second try makes the same one. */

import { nextMinor, nextPackVersion } from '#core/release/pack-version.ts'
import { withoutSurfaces } from '#core/release/part-proposal.ts'
import { refName } from '#core/release/ref.ts'
import { type AnyProposal, isPart } from '#core/review/any-proposal.ts'
import { type CountTokens, tokenCounter } from '#core/space/prompt/tokens.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { LedgerRow, Store } from '../../ports.ts'
import type { Pinned } from '../review/part-proposals.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** Why a version exists: the row of `version#NAME / SEMVER`. */
export interface VersionOrigin {
  readonly pack: string
  readonly from_pack: string
  readonly tuning_proposal_id: string
  readonly run_id: string
  readonly review_id: string
  readonly rollout_id: string
  readonly release_tuple_id: string
  readonly prior_release_tuple_id: string
}

/**
 * The next version of a proposal's pack: the one that it has reserved, or the next that nobody has. The pack itself, where
 * another part of the tuple changes.
 * @throws UserError when the patch is no bounded change of the pack any more
 */
export async function plannedVersion(
  store: Store,
  { pack }: Pick<Pinned, 'pack'>,
  proposal: AnyProposal,
): Promise<ContextPack> {
  if (isPart(proposal) && proposal.change.part !== 'pack') return pack
  const name = refName(pack.pack)
  const { rows, taken } = await takenVersions(store, name)
  const mine = rows.find((row) => row.body.tuning_proposal_id === proposal.tuning_proposal_id)
  const next = nextOf(pack, proposal, taken, await tokenCounter(pack))
  if ('refused' in next)
    throw new UserError(`the patch cannot be applied:\n${next.refused.map((r) => `  ${r}`).join('\n')}`)
  return mine ? { ...next.pack, pack: `${name}@${mine.sk}` } : next.pack
}

function nextOf(
  pack: ContextPack,
  proposal: AnyProposal,
  taken: readonly string[],
  count: CountTokens,
): ReturnType<typeof nextPackVersion> {
  if (!isPart(proposal))
    return nextPackVersion(pack, proposal.candidate_change.patch, proposal.target.intent, taken, count)
  const paths = proposal.change.part === 'pack' ? proposal.change.retire_surfaces : []
  return { pack: { ...withoutSurfaces(pack, proposal.target.intent, paths), pack: nextMinor(pack.pack, taken) } }
}

/** Refs of a pack that were published or reserved. */
export async function takenVersions(
  store: Pick<Store, 'objects' | 'table'>,
  name: string,
): Promise<{ readonly rows: LedgerRow<VersionOrigin>[]; readonly taken: string[] }> {
  const rows = await Array.fromAsync(store.table.query<VersionOrigin>(rowKeys.packVersions(name)))
  const taken = rows.map((row) => `${name}@${row.sk}`)
  for await (const key of store.objects.list(keys.packVersions(name)))
    taken.push(`${name}@${key.slice(keys.packVersions(name).length).split('/')[0]}`)
  return { rows, taken }
}

/** Reserves a version for its proposal; `false`: somebody else took that number. */
export async function reserveVersion(store: Store, origin: VersionOrigin): Promise<boolean> {
  const key = rowKeys.packVersion(origin.pack)
  if (await store.table.create(...key, origin)) return true
  const row = await store.table.get<VersionOrigin>(...key)
  return row?.body.tuning_proposal_id === origin.tuning_proposal_id
}

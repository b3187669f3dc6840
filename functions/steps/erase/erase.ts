/**
 * Has recorded runs erased, from both sides of a store: a signed tombstone first, then everything that was computed from them,
 * then what imports remember of them, and at last themselves. Killed anywhere, the same again ends it.
 */

import { familyHash } from '#core/experience/index-line.ts'
import { endErased } from '#core/gate/ledger.ts'
import type { Tombstone } from '#core/heads/erasures.ts'
import type { ErasedHead } from '#schemas/head-line.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { intentsOf } from '../experience/documents.ts'
import { RecordedRuns } from '../experience/recorded-runs.ts'
import { erasuresOf } from '../store/erasures.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { type Derived, derivedFrom, eraseDerived, eraseRejections, versionsIn } from './derived.ts'
import { type Chosen, chooseRuns, type Wanted } from './find.ts'
import { eraseContents, eraseCorrections, eraseImported, eraseNames } from './ingest-tables.ts'
import { eraseRecorded, RESTORE, segmentsWith } from './recorded.ts'

/** What an erasure takes. Nothing of it tells on which side of the split a run or a family lies. */
export interface ErasurePlan {
  readonly runs: number
  /** How many of these were not named: they say what a named one says. */
  readonly copies: number
  readonly families: number
  /** Segments of recorded runs that are written again. */
  readonly segments: number
  /** Runs of the loop on the intents of these: such as counted one of them can no longer be recomputed. */
  readonly past_runs: readonly string[]
  /** Versions that are retired already and lose cases: their answers stand. */
  readonly retired_versions: readonly string[]
  /** Those that are named, and were erased before. */
  readonly erased_before: readonly Tombstone[]
}

export interface PlannedErasure {
  readonly plan: ErasurePlan
  readonly chosen: Chosen
  readonly derived: readonly Derived[]
  /** Sealed versions that lose cases. */
  readonly versions: readonly LedgerItem[]
}

/** What there is to erase. Writes nothing. Throws UserError for a run or a family of which there is nothing, and nothing was. */
export async function planErasure(store: Store, wanted: Wanted): Promise<PlannedErasure> {
  const erasures = await erasuresOf(store)
  const chosen = await chooseRuns(store, wanted)
  const before =
    'family' in wanted
      ? erasures.ofFamily(familyHash(wanted.family))
      : [...wanted.runs].flatMap((run) => (chosen.runs.has(run) ? [] : (erasures.ofRun(familyHash(run)) ?? [])))
  refuseUnknown(wanted, chosen, before, (run) => erasures.ofRun(familyHash(run)) !== null)
  let segments = 0
  for (const side of ['objects', 'vault'] as const) {
    const recorded = new RecordedRuns(store[side])
    for (const segment of await segmentsWith(store[side], chosen.runs)) {
      segments++
      if ((await recorded.soundness(segment)) === 'changed')
        throw new UserError(`${side === 'vault' ? 'vault/' : ''}${segment} was cut or changed. ${RESTORE}`)
    }
  }
  const derived = chosen.runs.size === 0 ? [] : await derivedFrom(store, chosen.names)
  const versions = await versionsIn(store, await intentsOf(store), derived)
  const plan = {
    runs: chosen.runs.size,
    copies: chosen.copies,
    families: chosen.families.size,
    segments,
    past_runs: await runsOn(store, chosen.indexes),
    retired_versions: versions.filter((v) => v.retired !== null && v.retired !== 'superseded').map((v) => v.version),
    erased_before: before,
  }
  return { plan, chosen, derived, versions }
}

function refuseUnknown(
  wanted: Wanted,
  { runs }: Chosen,
  before: readonly Tombstone[],
  wasErased: (run: string) => boolean,
): void {
  if ('family' in wanted) {
    if (runs.size === 0 && before.length === 0)
      throw new UserError(`no recorded run of family "${wanted.family}" is in this store: nothing was erased`)
    return
  }
  const unknown = [...wanted.runs].filter((run) => !runs.has(run) && !wasErased(run))
  if (unknown.length > 0)
    throw new UserError(
      `${unknown.length} of ${wanted.runs.size} recorded runs that are named are not in this store (${unknown.slice(0, 5).join(', ')}${unknown.length > 5 ? ' and more' : ''}): nothing was erased. A run is named by its run_id as it was imported`,
    )
}

/** Runs of the loop on intents of which one of these indexes tells. */
async function runsOn({ objects }: Store, indexes: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = []
  for await (const key of objects.list(keys.autotune())) {
    if (!key.endsWith('/target.json')) continue
    const run = await orNull(readJson<AutotuneRun>(objects, key))
    if (run?.target?.intent && indexes.has(keys.index(run.target.intent))) found.push(key.split('/').at(-2)!)
  }
  return found
}

/**
 * Erases what was planned, under the lock of imports.
 * @param said why, and by whose word
 * @param check throws when another import has taken over; asked before every part of it
 */
export async function erase(
  store: Store,
  { chosen, derived, versions }: PlannedErasure,
  said: Pick<ErasedHead, 'reason' | 'person'>,
  check: () => Promise<void>,
): Promise<void> {
  if (chosen.runs.size === 0) return
  const intents = await intentsOf(store)
  await check()
  await bury(store, chosen, derived, said)
  for (const { intent, version } of versions) await endVersion(store, intent, version)
  await eraseRejections(store, intents, chosen.names)
  await store.scrub?.(chosen.names)
  store.progress(`erasing what was computed from ${chosen.runs.size} runs`)
  await eraseDerived(store, derived)
  await check()
  const hashed = new Set([...chosen.runs.values()].map(({ run }) => run))
  await eraseContents(store.objects, intents, hashed)
  for (const objects of [store.objects, store.vault]) await eraseNames(objects, intents, chosen.familyNames)
  for (const objects of [store.objects, store.vault]) {
    await check()
    await eraseCorrections(objects, chosen.runs)
    await eraseImported(objects, chosen.runs)
    await eraseRecorded({ ...store, objects }, chosen.runs)
  }
}

/** The tombstone, unless one says all of it already: an erasure that was killed goes on under its own. */
async function bury(
  store: Store,
  { runs }: Chosen,
  derived: readonly Derived[],
  { reason, person }: Pick<ErasedHead, 'reason' | 'person'>,
): Promise<void> {
  if (!store.heads) throw new UserError('this store keeps no journal of heads, and a tombstone stands nowhere else')
  const erasures = await erasuresOf(store)
  const replaced = derived.flatMap((one) => one.replaced)
  const isSaid =
    [...runs.values()].every(({ run }) => erasures.ofRun(run) !== null) &&
    replaced.every(({ was, is }) => was === is || erasures.explains(was, is) !== null)
  if (!isSaid) await store.heads.journal.append({ kind: 'erased', runs: [...runs.values()], replaced, reason, person })
}

/** A version that was asked ends; one that was not is sealed anew, of what is left, by the next run. */
async function endVersion(store: Store, intent: string, version: string): Promise<void> {
  const row = await store.table.get<LedgerItem>(...rowKeys.version(intent, version))
  if (!row || row.body.retired !== null) return
  const ended = endErased(row.body)
  if ('refused' in ended) throw new UserError(`${ended.refused}. Finish that run or give it up, and erase then`)
  if (!(await store.table.update(row.pk, row.sk, row.revision, ended.next)))
    throw new UserError(`version ${version.slice(0, 15)} of ${intent} was asked meanwhile: start again`)
}

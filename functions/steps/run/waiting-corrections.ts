/** Corrections that nothing counts by yet: the next run of an intent reads those of the search side, the next sealed version the others. */
import { changesCase } from '#core/experience/corrections.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { listedCorrections, readCorrections } from '../experience/corrections.ts'
import { intentsOf } from '../experience/documents.ts'
import { indexedRuns } from '../experience/run-index.ts'
import { erasuresOf } from '../store/erasures.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { runLines } from './run-lines.ts'

export interface WaitingCorrections {
  readonly search: number
  /** null: not known, because only ingest knows of a deployment, and the journal of a folder could not be read. */
  readonly sealed: number | null
}

/** How many wait in a store, over all its intents. The vault is not opened: counts are of what ingest remembers. */
export async function waitingCorrections(store: Store): Promise<WaitingCorrections> {
  const { objects, rolesApart } = store
  let search = 0
  for (const all of (await readCorrections(objects)).values()) search += all.filter(changesCase).length
  if (search > 0) search = Math.max(0, search - (await readBySearches(store)))
  return { search, sealed: rolesApart ? null : await sealedOnes(store) }
}

/** Corrections that the last finished run of each intent read, and that are still there. */
async function readBySearches(store: Store): Promise<number> {
  const { objects, rolesApart } = store
  const seen = new Set<string>()
  let [read, first] = [0, '']
  for await (const { line } of runLines(objects)) {
    if (line.intent === null || seen.has(line.intent)) continue
    const run = await orNull(readJson<AutotuneRun>(objects, keys.autotuneRun(line.run_id, 'target.json')))
    if (!run) continue
    seen.add(line.intent)
    read += run.search_set.corrections?.n ?? 0
    if (first === '' || line.date < first) first = line.date
  }
  // Nobody erases in a deployment.
  return rolesApart || read === 0 ? read : read - (await erasedSince(store, first))
}

/** Corrections of the search side that were said by then and erased after: who read them counted them, and they are gone. */
async function erasedSince(store: Store, then: string): Promise<number> {
  const erasures = await erasuresOf(store).catch(() => null)
  if (erasures === null || erasures.count === 0) return 0
  let gone = 0
  for await (const { run, side, counts, at } of listedCorrections(store.objects)) {
    const tombstone = erasures.ofRun(run)
    if (tombstone !== null && side === 'search' && counts && at <= then && tombstone.at > then) gone++
  }
  return gone
}

async function sealedOnes(store: Store): Promise<number | null> {
  const { objects, table } = store
  const sealed = new Map<string, string>()
  for await (const { run, side, counts, correction } of listedCorrections(objects))
    if (side === 'heldout' && counts) sealed.set(correction, run)
  if (sealed.size === 0) return 0
  // Who may not read the key of the journal cannot tell what was erased since, and still lists runs.
  const erasures = await erasuresOf(store).catch(() => null)
  if (erasures === null) return null
  for (const [correction, run] of sealed) if (erasures.ofRun(run) !== null) sealed.delete(correction)
  const open = new Set<string>()
  for await (const { run } of indexedRuns(objects)) open.add(run)
  let waiting = [...sealed.values()].filter((run) => !open.has(run)).length
  for (const intent of await intentsOf(store))
    for await (const { body } of table.query<LedgerItem>(rowKeys.versions(intent)))
      if (body.retired === null) waiting -= body.corrections ?? 0
  return Math.max(0, waiting)
}

/** What waits, in a line; null: nothing does. */
export function waitingLine({ search, sealed }: WaitingCorrections): string | null {
  if (search + (sealed ?? 0) === 0) return null
  const parts = [
    ...(search > 0 ? [`${search} for the next run`] : []),
    ...((sealed ?? 0) > 0 ? [`${sealed} for the next sealed version (one that was asked stays as it is)`] : []),
  ]
  return `corrections that nothing counts by yet: ${parts.join(', ')}`
}

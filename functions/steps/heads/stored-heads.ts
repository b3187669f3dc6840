/** What a store holds that its journal of heads speaks about: finished runs and items of the ledger, as they lie there. */
import { digestOf } from '#core/canonical.ts'
import { otherRules } from '#core/gate/rules.ts'
import { refName } from '#core/release/pack-version.ts'
import type { Head, HeadLine } from '#schemas/head-line.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { LedgerTable, ObjectStore } from '../../ports.ts'
import { inBlocks } from '../../streams/groups.ts'
import { digestOfObject, orNull, readJson } from '../../streams/read-object.ts'
import { intentsOf } from '../experience/documents.ts'
import { fixedLayout } from '../experience/layout.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { withoutCode } from './ours.ts'
import { PARTITIONS } from './witnessed-table.ts'

type Found = Extract<Head, { kind: 'begun' }>['found']

interface Looked {
  readonly objects: ObjectStore
  readonly items: LedgerTable
}

/** Digest and verdict of every finished run, by its id; a manifest that cannot be read has neither. */
export async function* storedRuns(
  objects: ObjectStore,
): AsyncGenerator<{ readonly run: string; readonly verdict: string; readonly digest: string | null }> {
  const manifests = async function* () {
    for await (const key of objects.list(keys.autotune())) if (key.endsWith('/manifest.json')) yield key
  }
  yield* inBlocks(manifests(), async (key) => {
    const manifest = await orNull(readJson<{ readonly verdict?: unknown; readonly digest?: unknown }>(objects, key))
    const { verdict, digest, ...body } = manifest ?? {}
    const holds = typeof digest === 'string' && digest === digestOf({ verdict, ...body })
    return { run: key.split('/').at(-2)!, verdict: String(verdict), digest: holds ? digest : null }
  })
}

/** Every witnessed item of the ledger, with its code. */
export async function* storedItems({ objects, items }: Looked): AsyncGenerator<ReturnType<typeof withoutCode>> {
  const intents = await intentsOf({ objects })
  const packs = new Set<string>()
  for await (const key of objects.list(keys.packs()))
    if (key.endsWith('/pack.json')) packs.add(refName(decodeURIComponent(key.split('/').at(-2)!)))
  const partitions = [...PARTITIONS, ...intents.map(rowKeys.versions), ...[...packs].sort().map(rowKeys.packVersions)]
  for (const pk of partitions) for await (const row of items.query(pk)) yield withoutCode(row)
}

/** Does something in a store show that it had a journal of heads, as every store of this version has? */
export async function hadJournal(looked: Looked): Promise<boolean> {
  if ((await fixedLayout(looked.objects)) !== null) return true
  for await (const { code } of storedItems(looked)) if (code !== null) return true
  for await (const { run } of storedRuns(looked.objects)) {
    const pinned = await orNull(readJson<AutotuneRun>(looked.objects, keys.autotuneRun(run, 'target.json')))
    if (pinned !== null && otherRules(pinned) === null) return true
  }
  return false
}

/** Runs, items and imports of a store whose journal has not begun. Throws UserError where one of them shows that there was a journal. */
export async function foundBefore(looked: Looked): Promise<Found> {
  if (await hadJournal(looked))
    throw new UserError(
      'the journal of heads of this store is gone: it was written with one. Restore the folder "heads" from a copy',
    )
  const found: Found = []
  for await (const { run, verdict, digest } of storedRuns(looked.objects))
    if (digest !== null) found.push({ kind: 'run', run, verdict, digest })
  for await (const { row } of storedItems(looked))
    found.push({ kind: 'item', pk: row.pk, sk: row.sk, revision: row.revision, digest: digestOf(row.body) })
  for await (const key of looked.objects.list(keys.journalListed()))
    found.push({ kind: 'import', digest: (await digestOfObject(looked.objects, key))! })
  return found
}

/** Runs that the journal knows and that are not among those there are. No code is checked: whoever lists may have no key. */
export async function removedRuns(
  { objects }: { readonly objects: ObjectStore },
  there: ReadonlySet<string>,
): Promise<Extract<Head, { kind: 'run' }>[]> {
  const known = new Map<string, Extract<Head, { kind: 'run' }>>()
  for await (const line of inBlocks(objects.list(keys.heads()), (key) => orNull(readJson<HeadLine>(objects, key)))) {
    const head = line?.head
    const runs = head?.kind === 'run' ? [head] : head?.kind === 'begun' ? head.found : []
    for (const run of runs) if (run.kind === 'run') known.set(run.run, run)
  }
  return [...known.values()].filter(({ run }) => !there.has(run))
}

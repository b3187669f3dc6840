/** What a store holds that its journal of heads speaks about: finished runs and items of the ledger, as they lie there. */
import { digestOf } from '#core/canonical.ts'
import { otherRules } from '#core/gate/rules.ts'
import { claimsOf, itemKey } from '#core/heads/claims.ts'
import { refName } from '#core/release/ref.ts'
import type { Head, HeadLine } from '#schemas/head-line.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys, nameOf } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Heads, LedgerRow, LedgerTable, ObjectStore, Store } from '../../ports.ts'
import { inBlocks } from '../../streams/groups.ts'
import { digestOfObject, orNull, readJson } from '../../streams/read-object.ts'
import { intentsOf } from '../experience/documents.ts'
import { fixedLayout } from '../experience/layout.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { withoutCode } from './ours.ts'
import { isWitnessedLater, PARTITIONS } from './partitions.ts'
import { lyingHeads } from './read-heads.ts'

type Found = Extract<Head, { kind: 'begun' }>['found']

interface Looked extends Pick<Store, 'objects' | 'rolesApart'> {
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

/**
 * Every witnessed item of the ledger, with its code.
 * @param known partitions in which something stood before
 */
export async function* storedItems(
  { objects, items }: Omit<Looked, 'rolesApart'>,
  known: Iterable<string> = [],
): AsyncGenerator<ReturnType<typeof withoutCode>> {
  const intents = await intentsOf({ objects })
  const packs = new Set<string>()
  for await (const key of objects.list(keys.packs()))
    if (key.endsWith('/pack.json')) packs.add(refName(nameOf(key.split('/').at(-2)!)))
  const partitions = new Set([
    ...PARTITIONS,
    ...intents.flatMap((intent) => [rowKeys.versions(intent), rowKeys.rejections(intent), rowKeys.epochs(intent)]),
    ...[...packs].sort().map(rowKeys.packVersions),
    ...known,
  ])
  // What a review or a rollout leads to is added on the way.
  for (const pk of partitions)
    for await (const row of items.query(pk)) {
      for (const further of ledTo(row)) partitions.add(further)
      yield withoutCode(row)
    }
}

/** Partitions of what became of a review's proposal, and of a rollout's production log. */
function ledTo({ pk, sk, body }: LedgerRow): string[] {
  if (pk === rowKeys.rollouts()) return [rowKeys.productions(sk)]
  const proposal =
    pk === rowKeys.review('')[0]
      ? (body as { readonly review?: { readonly tuning_proposal_id?: unknown } }).review?.tuning_proposal_id
      : null
  return typeof proposal === 'string' ? [rowKeys.ofProposal(proposal)] : []
}

/** Does something in a store show that it had a journal of heads, as every store of this version has? */
export async function hadJournal(looked: Looked): Promise<boolean> {
  for await (const { code } of storedItems(looked)) if (code !== null) return true
  // Deployments had none yet when these rules and layouts came.
  if (looked.rolesApart) return false
  if ((await fixedLayout(looked.objects)) !== null) return true
  for await (const { run } of storedRuns(looked.objects)) {
    const pinned = await orNull(readJson<AutotuneRun>(looked.objects, keys.autotuneRun(run, 'target.json')))
    if (pinned !== null && otherRules(pinned) === null) return true
  }
  return false
}

/**
 * Runs, items and imports that a journal so far does not speak of: of a store that has none, or of what version 0.2.0 did not witness.
 * Throws UserError where there is none, and one of them shows that there was.
 */
export async function foundBefore(
  looked: Looked,
  lines: readonly HeadLine[],
  holds: Heads['codeHolds'],
): Promise<Found> {
  const begins = lines.length === 0
  if (begins && (await hadJournal(looked)))
    throw new UserError(
      'the journal of heads of this store is gone: it was written with one. Restore the folder "heads" from a copy',
    )
  const found: Found = []
  const { items } = claimsOf(lines)
  for await (const { row, code } of storedItems(looked)) {
    const { pk, sk, revision, body } = row
    const known = items.get(itemKey(row))
    if (known !== undefined && revision <= known.revision) continue
    const isNew = code === null ? begins || isWitnessedLater(pk) : await holds(row, code)
    if (isNew) found.push({ kind: 'item', pk, sk, revision, digest: digestOf(body) })
  }
  if (!begins) return found
  for await (const { run, verdict, digest } of storedRuns(looked.objects))
    if (digest !== null) found.push({ kind: 'run', run, verdict, digest })
  for await (const key of looked.objects.list(keys.journalListed()))
    found.push({ kind: 'import', digest: (await digestOfObject(looked.objects, key))! })
  return found
}

/** Runs that the journal knows and that are not among those there are. No code is checked: whoever lists may have no key. */
export async function removedRuns(
  { objects }: { readonly objects: ObjectStore },
  there: ReadonlySet<string>,
): Promise<Extract<Head, { kind: 'run' }>[]> {
  return [...claimsOf(await lyingHeads(objects)).runs.values()].filter(({ run }) => !there.has(run))
}

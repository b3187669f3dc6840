/** Intents as they stand: what is in force, what is under way, and what of the sealed side is left to ask. */
import type { LedgerItem } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { IntentView, SealedCounts } from '../../pages/workbench/views.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { intentsOf } from '../experience/documents.ts'
import { readInForce } from '../release/in-force.ts'
import { listReviews } from '../review/reviews.ts'
import { rowKeys } from '../store/ledger-keys.ts'

export async function readIntents(store: Store): Promise<IntentView[]> {
  const open = await openReviews(store)
  return await Promise.all(
    (await intentsOf(store)).map(async (intent) => {
      const now = (await readInForce(store, intent))?.body ?? null
      return {
        intent,
        in_force: now?.release_tuple_id ?? null,
        rollout_id: now?.rollout_id ?? null,
        open_reviews: open.get(intent) ?? [],
        sealed: await sealedCounts(store, intent),
      }
    }),
  )
}

/** Open reviews by the intent of what they are about. */
async function openReviews(store: Store): Promise<Map<string, string[]>> {
  const open = new Map<string, string[]>()
  for (const { run_id, review } of await listReviews(store)) {
    if (review.status !== 'open') continue
    const run = await orNull(readJson<AutotuneRun>(store.objects, keys.autotuneRun(run_id, 'target.json')))
    const intent = run?.target?.intent ?? ''
    open.set(intent, [...(open.get(intent) ?? []), review.review_id])
  }
  return open
}

/** Sealed versions of an intent by their published counts. The vault is not opened. */
export async function sealedCounts({ table }: Pick<Store, 'table'>, intent: string): Promise<SealedCounts[]> {
  const rows = await Array.fromAsync(table.query<LedgerItem>(rowKeys.versions(intent)))
  return rows.map(({ body: { version, families, cases, used, questions, retired } }) => ({
    version,
    families,
    cases,
    used,
    questions,
    retired,
  }))
}

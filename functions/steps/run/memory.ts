/** Rejection memory: read once when a run starts, written once with its final state. */
import { byCodeUnit, digestOf } from '#core/canonical.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { partitionProblem } from '../heads/ours.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** Baseline and suite under which a rejection holds; when either changes it is no longer found. */
const scopeOf = (baseline: string, suite: string): string => digestOf({ baseline, suite }).slice(7, 23)

/** Rejections that hold for a baseline and suite, ordered by id. A run's own are left out, so that a rerun gives the same bytes. */
export async function readRejections(
  store: Pick<Store, 'table' | 'heads'>,
  intent: string,
  baseline: string,
  suite: string,
  runId: string,
): Promise<RejectionRecord[]> {
  const why = await partitionProblem(store.heads, rowKeys.rejections(intent))
  if (why !== null) throw new UserError(why)
  const rows = await Array.fromAsync(
    store.table.query<RejectionRecord>(rowKeys.rejections(intent), `${scopeOf(baseline, suite)}#`),
  )
  return rows
    .map((r) => r.body)
    .filter((r) => r.run_id !== runId)
    .sort((a, b) => byCodeUnit(a.rejection_id, b.rejection_id))
}

/** Adds rejections; one that is known stays as it is. */
export async function writeRejections(store: Store, records: readonly RejectionRecord[]): Promise<void> {
  for (const record of records)
    await store.table.create(
      ...rowKeys.rejection(record.intent, scopeOf(record.baseline, record.suite), record.rejection_id),
      record,
    )
}

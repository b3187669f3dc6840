/** The ledger's line of a run: what it is doing, how it ended. One conditional write per change. */
import { rowKeys } from '../steps/ledger-keys.ts'
import type { Store } from '../steps/store.ts'

export interface RunRecord {
  readonly status: 'running' | 'finished' | 'failed'
  readonly execution: string
  readonly started_at: string
  readonly risk_class: string
  readonly verdict: string | null
  /** Why it failed; null unless it did. */
  readonly reason: string | null
}

/** Writes the line of a run; whoever writes last stands. */
export async function recordRun(
  { table }: Pick<Store, 'table'>,
  intent: string,
  runId: string,
  record: RunRecord,
): Promise<void> {
  const [pk, sk] = rowKeys.run(intent, runId)
  for (;;) {
    const row = await table.get<RunRecord>(pk, sk)
    if (row ? await table.update(pk, sk, row.revision, record) : await table.create(pk, sk, record)) return
  }
}

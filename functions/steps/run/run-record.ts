/** The ledger's line of a run: what it is doing, how it ended. One conditional write per change. */
import type { LedgerRow, Store } from '../../ports.ts'
import { intentsOf } from '../experience/documents.ts'
import { rowKeys } from '../store/ledger-keys.ts'

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

/** The line of a run that an execution works on. */
export async function runOfExecution(
  { table }: Pick<Store, 'table'>,
  intent: string,
  execution: string,
): Promise<LedgerRow<RunRecord> | null> {
  for await (const row of table.query<RunRecord>(rowKeys.runs(intent))) if (row.body.execution === execution) return row
  return null
}

interface ListedRun extends RunRecord {
  readonly run: string
  readonly intent: string
}

/** Lines of runs, of every intent that a published pack names. Embedded runs have none: a run there is its files. */
export async function* listRuns(store: Pick<Store, 'table' | 'objects'>): AsyncGenerator<ListedRun> {
  for (const intent of await intentsOf(store))
    for await (const { sk, body } of store.table.query<RunRecord>(rowKeys.runs(intent)))
      yield { run: sk, intent, ...body }
}

/** The line of a run, whatever its intent. */
export async function findRun(store: Pick<Store, 'table' | 'objects'>, runId: string): Promise<ListedRun | null> {
  for (const intent of await intentsOf(store)) {
    const row = await store.table.get<RunRecord>(...rowKeys.run(intent, runId))
    if (row) return { run: runId, intent, ...row.body }
  }
  return null
}

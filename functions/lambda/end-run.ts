/** A deployed run that ends with a verdict: its line of the ledger says so, and its lock is free. */
import type { RunRef } from '#schemas/payloads.ts'
import type { Verdict } from '#schemas/run.ts'
import { COUNTED } from '#schemas/watch.ts'
import type { Store } from '../ports.ts'
import { releaseLock } from '../steps/run/lock.ts'
import { recordRun } from '../steps/run/run-record.ts'

/** `reasons`: why it was refused; read where the verdict is that. */
export async function endRun(
  store: Store,
  { run_id, intent, risk_class, execution, started_at }: RunRef,
  verdict: Verdict,
  reasons: readonly string[],
): Promise<void> {
  const reason = verdict === 'refused' ? reasons.join('\n') : null
  await recordRun(store, intent, run_id, { status: 'finished', execution, started_at, risk_class, verdict, reason })
  await releaseLock(store, intent, risk_class, run_id)
}

/** What the step that ends a run shows of it. */
export const endedAs = (verdict: string) => ({ says: { verdict }, counts: { [COUNTED.verdict(verdict)]: 1 } })

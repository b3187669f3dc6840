/**
 * Production logs of which no run was sealed: asked on the sealed side, and told by rollout alone. Which run of another log lies there, and
 * how many do, is nobody's business.
 */
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { linesUnder } from '../experience/run-index.ts'
import { readProduction } from '../release/production.ts'
import { listRollouts } from '../release/rollouts.ts'

/** Ids of the rollouts of an intent whose logs hold no sealed run. Of the vault its index is listed; no case is opened. */
export async function clearedLogs(store: Store, intent: string): Promise<string[]> {
  const logOf = new Map<string, string[]>()
  const cleared = new Set<string>()
  for (const { rollout } of await listRollouts(store)) {
    const { rollout_id: id } = rollout
    if (rollout.intent !== intent) continue
    const log = await readProduction(store, id)
    // A damaged log is refused by whoever reads it for the slice.
    if ('damaged' in log || log.runs.length === 0) continue
    cleared.add(id)
    for (const run of new Set(log.runs.map(({ run_id }) => run_id))) logOf.set(run, [...(logOf.get(run) ?? []), id])
  }
  if (cleared.size === 0) return []
  for await (const { run_id } of linesUnder(store.vault, keys.index(intent)))
    for (const id of logOf.get(run_id) ?? []) cleared.delete(id)
  return [...cleared].sort()
}

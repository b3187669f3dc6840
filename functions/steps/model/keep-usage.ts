/** Keeps what a run asked of models, apart by what for and by side of the split, beside the run. */
import { canonical } from '#core/canonical.ts'
import type { ModelUsage, RunUsage } from '#schemas/model-usage.ts'
import type { RunSummary } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'

/** What was asked on each side of the split. */
export interface AskedBySide {
  readonly search: readonly ModelUsage[]
  /** Null: the gate of a deployment alone knows. */
  readonly sealed: readonly ModelUsage[] | null
}

/** What is told of it; null: nothing was asked. A sealed version that gave a "yes" is retired, so its figures may be told. */
export async function keepUsage(
  { objects }: Pick<Store, 'objects'>,
  { run, verdict }: Pick<RunSummary, 'run' | 'verdict'>,
  asked: readonly AskedBySide[],
): Promise<RunUsage | null> {
  const rows = asked.flatMap((of) => of.search)
  const sealed = asked.flatMap((of) => of.sealed ?? [])
  if (rows.length + sealed.length === 0) return null
  const isKnown = asked.every((of) => of.sealed !== null)
  const isTold = verdict === 'certified' || sealed.length === 0
  const usage: RunUsage = {
    usage: 'usage.v1',
    run_id: run,
    rows,
    ...(isTold && sealed.length > 0 && { sealed }),
    ...(isKnown && { sealed_calls: isTold ? null : sealed.reduce((sum, { paid }) => sum + paid, 0) }),
  }
  await objects.put(keys.runUsage(run), `${canonical(usage)}\n`)
  return usage
}

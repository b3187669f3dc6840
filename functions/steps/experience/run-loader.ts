/** Recorded runs by the recordings that were compiled from them: what a replayer needs that runs a user's own harness. */
import type { IndexLine } from '#core/experience/index-line.ts'
import { readRunFiles, TamperError } from '#core/experience/run-files.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, RunLoader, Scratch, Store } from '../../ports.ts'
import { RecordedRuns } from './recorded-runs.ts'
import { readIndex } from './run-index.ts'

/** Runs kept in memory: the search asks for the same cases again and again. */
const KEPT = 2048

/** Loader over one or more sides of a store, the first that holds the run. Its index lies aside as long as the process lives. */
export function runLoader(
  { scratch }: Pick<Store, 'scratch'>,
  sides: readonly ObjectStore[],
  intent: string,
): RunLoader {
  const recordedOn = sides.map((objects) => new RecordedRuns(objects))
  const kept = new Map<string, ExperienceRun>()
  let index: Promise<Scratch> | null = null
  return async (recording) => {
    const { run_id, recorded } = recording
    const known = kept.get(run_id)
    if (known) return known
    index ??= indexOf(scratch, sides, intent)
    const found = JSON.parse((await index).get(run_id) ?? 'null') as Found | null
    const files = found && (await recordedOn[found.side]!.files(found.line))
    if (!files)
      throw new UserError(`run ${run_id} is no longer in this store: import the same records again, which restores it`)
    const read = readRunFiles(run_id, files)
    if (read.recorded.decision_record !== recorded.decision_record)
      throw new TamperError(run_id, 'decision-record.json', 'it is not the one that the case was compiled from')
    if (kept.size >= KEPT) kept.delete(kept.keys().next().value!)
    kept.set(run_id, read.run)
    return read.run
  }
}

/** Where a run is found: which of the sides, and its line there. */
interface Found {
  readonly side: number
  readonly line: IndexLine
}

async function indexOf(scratch: Store['scratch'], sides: readonly ObjectStore[], intent: string): Promise<Scratch> {
  const runs = scratch()
  for (const [side, objects] of sides.entries())
    for await (const line of readIndex({ objects, scratch }, intent))
      if (runs.get(line.run_id) === null) runs.set(line.run_id, JSON.stringify({ side, line } satisfies Found))
  return runs
}

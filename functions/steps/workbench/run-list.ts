/** Every run that a store knows of, as rows: finished, refused, under way, interrupted, damaged and removed. */
import { byCodeUnit } from '#core/canonical.ts'
import { finishedLine, refusedLine } from '#core/run-line.ts'
import { GateAnswer } from '#schemas/heldout.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { RunManifest, type Verdict } from '#schemas/run.ts'
import type { RunLine } from '#schemas/run-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { RunRowView } from '../../pages/workbench/views.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { inBlocks } from '../../streams/groups.ts'
import { jsonOf, orNull, readJson, readText } from '../../streams/read-object.ts'
import { removedRuns } from '../heads/stored-heads.ts'
import { statusOfProposal } from '../release/lineage.ts'
import { readRefusal } from '../run/read-refusal.ts'
import { listRuns } from '../run/run-record.ts'
import type { UnfinishedRun } from '../run/unfinished.ts'

/** What a run is doing, or what became of what it proposed. */
type RunStatus =
  | TuningProposal['status']
  | 'finished'
  | 'refused'
  | 'running'
  | 'interrupted'
  | 'failed'
  | 'damaged'
  | 'removed'

/** One run. null: not known, or there is none. */
export interface RunRow extends RunRowView {
  /** When it finished or was refused, else when it began: ISO 8601 in UTC. */
  readonly date: string | null
  readonly verdict: Verdict | null
  readonly status: RunStatus
  /** Why it is not finished, or was refused: lines for people. */
  readonly reasons: readonly string[]
  /** Where it stands, of a run that is not finished. */
  readonly unfinished: UnfinishedRun | null
}

/** The row of a run of which nothing else is known. */
export const bareRow = (run_id: string, status: RunStatus): RunRow => ({
  run_id,
  date: null,
  intent: null,
  change: null,
  gain: null,
  worse: null,
  verdict: null,
  status,
  reasons: [],
  unfinished: null,
})

/** The row of a run that is under way or was interrupted. */
export const unfinishedRow = (unfinished: UnfinishedRun): RunRow => {
  const { run, status, since, intent } = unfinished
  return { ...bareRow(run, status), date: since, intent, unfinished }
}

/** The row of a line. `status`: what became of a proposal is read anew, since it changes after the run has ended. */
export async function rowOf(store: Store, line: RunLine): Promise<RunRow> {
  const status = line.change === null ? 'finished' : await statusOfProposal(store, line.run_id)
  return { ...line, status, reasons: [], unfinished: null }
}

/** The text of a manifest as what it says; null: there is none, or nobody can read it. */
export const manifestIn = (text: string | null): RunManifest | null =>
  RunManifest.safeParse(jsonOf(text ?? '')).data ?? null

/** The line of a finished run, from its files. */
export async function lineOfRun(objects: ObjectStore, manifest: RunManifest): Promise<RunLine> {
  if (manifest.verdict !== 'certified') return finishedLine(manifest, null, null)
  const read = <T>(file: 'gate.json' | 'selected-proposal.json') =>
    orNull(readJson<T>(objects, keys.autotuneRun(manifest.run_id, file)))
  const proposal = await read<TuningProposal>('selected-proposal.json')
  const answer = GateAnswer.safeParse(await read('gate.json'))
  return finishedLine(manifest, proposal?.target?.metric ?? null, answer.data ?? null)
}

/**
 * Rows of all runs, in the order of their ids. Every manifest is read.
 * @param unfinished what is under way or was interrupted, as far as this machine can tell
 */
export async function runRows(store: Store, unfinished: readonly UnfinishedRun[]): Promise<RunRow[]> {
  const { objects } = store
  const keysOfRuns = await Array.fromAsync(objects.list(keys.autotune()))
  const named = (file: string) =>
    keysOfRuns.filter((key) => key.endsWith(`/${file}`)).map((key) => key.split('/').at(-2)!)
  const rows = new Map<string, RunRow>()
  const add = (row: RunRow) => {
    if (!rows.has(row.run_id)) rows.set(row.run_id, row)
  }
  for await (const row of inBlocks(named('manifest.json'), (run) => finishedRow(store, run))) add(row)
  for (const run of named('refusal.json').filter((id) => !rows.has(id))) {
    const refusal = await readRefusal(objects, run).catch(() => null)
    if (refusal) add({ ...bareRow(run, 'refused'), ...refusedLine(refusal), reasons: refusal.reasons })
    else add(bareRow(run, 'damaged'))
  }
  for (const one of unfinished) add(unfinishedRow(one))
  for (const { run, verdict } of await removedRuns(store, new Set(rows.keys()))) {
    const reason = `it ended ${verdict}, and was removed since: "autotune verify" says what else was`
    add({ ...bareRow(run, 'removed'), reasons: [reason] })
  }
  for await (const { run, intent, verdict, status, started_at, reason } of listRuns(store)) {
    const known = { intent, date: started_at, verdict: verdict as Verdict | null }
    add({ ...bareRow(run, status), ...known, reasons: reason === null ? [] : [reason] })
  }
  return [...rows.values()].sort((a, b) => byCodeUnit(a.run_id, b.run_id))
}

async function finishedRow(store: Store, run: string): Promise<RunRow> {
  const manifest = manifestIn(await readText(store.objects, keys.autotuneRun(run, 'manifest.json')))
  return manifest ? await rowOf(store, await lineOfRun(store.objects, manifest)) : bareRow(run, 'damaged')
}

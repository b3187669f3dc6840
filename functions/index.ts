/**
 * The library: what another program may import from this one, and what its version promises. The loop over a store in a
 * folder (`openStore`, `importRuns`, `runTarget`, `readProposal`, `verifyRun`), and the pure functions below it.
 */
import { thisProcess } from '#adapters/local/holder.ts'
import { settingsUnder, tableOf } from '#core/space/scope.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { Settings } from '#schemas/common.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { RunSummary } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { TuningTarget } from '#schemas/target.ts'
import { openEngine, type ReplayerOptions } from './embedded/engine.ts'
import { type ImportOptions, importFiles } from './embedded/import-files.ts'
import type { LocalStore } from './embedded/open-store.ts'
import { verifyPinned } from './embedded/verify-run.ts'
import type { IngestReport } from './steps/experience/ingest.ts'
import { parseAs } from './steps/experience/parse.ts'
import { runTarget as runOver } from './steps/run/run.ts'
import { pinnedRun, type Verification } from './steps/run/verify.ts'
import { readJson } from './streams/read-object.ts'

export { compileCase } from '#core/replay/compile.ts'
export { replayTranscript } from '#core/replay/transcript.ts'
export { type AutotunePorts, runAutotune } from '#core/run-autotune.ts'
export { createSearch } from '#core/sampler/create-search.ts'
export { powerNonInferior } from '#core/statistics/acceptance.ts'
export { casesForZeroFailures } from '#core/statistics/binomial.ts'
export { pNonInferior } from '#core/statistics/non-inferiority.ts'
export type { ExperienceRun } from '#schemas/experience-run.ts'
export type { RecordedParts, RecorderModule, RecordingPlan } from '#schemas/recording-plan.ts'
export { type LocalStore, type LocalStoreOptions, openStore } from './embedded/open-store.ts'
/** What is wrong with what the caller gave, in words for people; everything else that is thrown is a defect. */
export { UserError } from './errors.ts'
export type { CandidateChange, ImportOptions, IngestReport, RunSummary, TuningProposal, TuningTarget, Verification }

/**
 * The settings that a pack has for one case, by what is known of it before it runs: `settings`, and in place of them those of each
 * of its `rules` that holds, the last one first. Every replay of a pack reads its settings by this very code. Pure.
 */
export const settingsOf = (
  pack: Pick<ContextPack, 'settings' | 'rules'>,
  attributes: Readonly<Record<string, string>>,
): Settings => settingsUnder(tableOf(pack), attributes)

const IMPORT: ImportOptions = {
  map: null,
  packs: [],
  suites: [],
  prices: [],
  splitBy: 'hash',
  splitKey: null,
  heldoutShare: 0.5,
}

/**
 * Publishes documents and imports recorded runs (JSONL, also .gz) from files, as `autotune import` does: held-out families
 * are sealed away before anything is stored where the search reads. Throws UserError, with nothing written, when anything
 * in a file is wrong.
 */
export async function importRuns(
  store: LocalStore,
  files: readonly string[],
  options: Partial<ImportOptions> = {},
): Promise<IngestReport> {
  await store.unlockVault()
  return await importFiles(store, files, { ...IMPORT, ...options })
}

export interface RunOptions extends Omit<ReplayerOptions, 'replayer' | 'live'> {
  /** `transcript`, or `module:PATH` or `exec:PATH` for a harness of your own. @default 'transcript' */
  readonly replayer?: string
  /** Changes to judge in place of a search. @default null: search */
  readonly candidates?: readonly CandidateChange[] | null
  /** @default made from the clock and the metric */
  readonly runId?: string | null
}

/**
 * One run of a target, from replaying the baseline to the verdict, as `autotune run` does. The search works in a process
 * that cannot read the vault. Throws UserError for a target that is none, for a run id that is taken and for a held lock.
 */
export async function runTarget(store: LocalStore, target: unknown, options: RunOptions = {}): Promise<RunSummary> {
  const { replayer = 'transcript', candidates = null, runId = null, ...processes } = options
  const parsed = parseAs(TuningTarget, target, 'target')
  await store.unlockVault()
  const engine = await openEngine(store, parsed.intent ?? '', { ...processes, replayer })
  try {
    return await runOver(store, { target: parsed, candidates, runId, demonstration: null }, thisProcess(), engine)
  } finally {
    engine.close()
  }
}

/** The proposal that a run left for people to review; null where it proposes nothing. */
export const readProposal = (store: LocalStore, runId: string): Promise<TuningProposal | null> =>
  readJson<TuningProposal>(store.objects, keys.autotuneRun(runId, 'selected-proposal.json'))

/** Recomputes a finished run from its pinned inputs and names every file whose bytes differ, as `autotune verify` does. `cage` false: a program that the run replayed without one is started so again. */
export async function verifyRun(
  store: LocalStore,
  runId: string,
  { cage }: Pick<ReplayerOptions, 'cage'> = {},
): Promise<Verification> {
  return await verifyPinned(store, runId, await pinnedRun(store, runId), cage)
}

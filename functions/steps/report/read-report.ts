/** Reads what a report of a run shows from its stored files, each held to the digest that the manifest has of it. */
import { digestOf } from '#core/canonical.ts'
import { erasedBy } from '#core/heads/erasures.ts'
import { abandonedFacts, type ReportFacts, refusalFacts, reportFacts, shownCandidate } from '#core/report/facts.ts'
import { ReplayTallies } from '#core/report/tally.ts'
import type { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import type { GateAnswer, LedgerItem } from '#schemas/heldout.ts'
import { ID_PATTERN, isSafeId } from '#schemas/patterns.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { type AutotuneRun, RunManifest } from '#schemas/run.ts'
import { type AutotuneFile, keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ReplayEngine, Store } from '../../ports.ts'
import { jsonOf, readJson, readLines, readText, streamValues } from '../../streams/read-object.ts'
import { replayEvidence } from '../evidence/replay-evidence.ts'
import { intentsOf } from '../experience/documents.ts'
import { keptUsage } from '../model/kept-usage.ts'
import { lostFile } from '../run/lost-file.ts'
import { readRefusal } from '../run/read-refusal.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/**
 * The facts of a report; null: no run of this id has finished or was refused. Writes nothing.
 * @throws UserError where a file of the run is not what its manifest says, or was computed from runs that were erased
 */
export async function readReport(
  store: Store,
  engine: Pick<ReplayEngine, 'reproduce'>,
  runId: string,
): Promise<ReportFacts | null> {
  if (!ID_PATTERN.test(runId) || !isSafeId(runId)) return null
  const manifest = await manifestOf(store, runId)
  if (manifest === null) {
    const refusal = await readRefusal(store.objects, runId)
    return refusal ? refusalFacts(refusal) : await abandoned(store, runId)
  }
  await hold(store, runId, manifest)
  const at = (file: AutotuneFile) => keys.autotuneRun(runId, file)
  const has = (file: AutotuneFile) => manifest.artifacts[file] !== undefined
  const run = (await readJson<AutotuneRun>(store.objects, at('target.json')))!
  const candidates = has('candidates.jsonl')
    ? await readLines<CandidateScore>(store.objects, at('candidates.jsonl'))
    : []
  const tallies = new ReplayTallies()
  if (has('replay-results.jsonl'))
    for await (const result of streamValues<ReplayResult>(store.objects, at('replay-results.jsonl')))
      tallies.add(result)
  const shown = shownCandidate(candidates)
  const replayed = candidates.length === 0 ? null : await evidenceOf(store, engine, run, shown, candidates)
  return reportFacts({
    manifest,
    run,
    candidates,
    tallies,
    proposal: has('selected-proposal.json')
      ? await readJson<TuningProposal>(store.objects, at('selected-proposal.json'))
      : null,
    gate: has('gate.json') ? answerIn(await readJson<GateAnswer>(store.objects, at('gate.json'))) : null,
    baselineMetric: replayed?.baselineMetric ?? null,
    usage: await keptUsage(store, runId),
    evidence: replayed?.evidence ?? null,
    evidenceLacks: replayed?.lacks ?? null,
  })
}

/** The answer, where a question was asked: a run that asked none says in the same file why. */
const answerIn = (gate: GateAnswer | null): GateAnswer | null => (gate && 'certified' in gate ? gate : null)

/** A run without files that the ledger has a question of, answered by whoever gave it up; null: there is none. */
async function abandoned(store: Store, runId: string): Promise<ReportFacts | null> {
  for (const intent of await intentsOf(store))
    for await (const { body } of store.table.query<LedgerItem>(rowKeys.versions(intent))) {
      const asked = body.open?.run_id !== runId && body.history.find((q) => q.run_id === runId)
      if (asked) return abandonedFacts(runId, body, asked.k)
    }
  return null
}

async function manifestOf(store: Store, runId: string): Promise<RunManifest | null> {
  const text = await readText(store.objects, keys.autotuneRun(runId, 'manifest.json'))
  if (text === null) return null
  const manifest = RunManifest.safeParse(jsonOf(text))
  const { digest, ...body } = manifest.data ?? ({} as RunManifest)
  if (!manifest.success || digest !== digestOf(body)) throw changed(runId, 'manifest.json')
  return manifest.data
}

async function hold(store: Store, runId: string, manifest: RunManifest): Promise<void> {
  for (const file of Object.keys(manifest.artifacts) as AutotuneFile[]) {
    const lost = await lostFile(store, runId, manifest, file)
    if (lost === null) continue
    throw lost.erased
      ? new UserError(
          `recorded runs that run ${runId} was computed from were ${erasedBy(lost.erased)}: there is no report of it any more. Run its target again`,
        )
      : changed(runId, file)
  }
}

const changed = (runId: string, file: string): UserError =>
  new UserError(`${file} of run ${runId} was changed or is missing: "autotune verify ${runId}" says what else was`)

/** The baseline replayed, and the shown candidate beside it; where the recorded runs are gone, why. */
async function evidenceOf(
  store: Store,
  engine: Pick<ReplayEngine, 'reproduce'>,
  run: AutotuneRun,
  shown: CandidateScore | null,
  candidates: readonly CandidateScore[],
) {
  try {
    const { baselineMetric, evidence } = await replayEvidence(store, engine, run, shown, candidates)
    return { baselineMetric, evidence, lacks: null }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { baselineMetric: null, evidence: null, lacks: error.message }
  }
}

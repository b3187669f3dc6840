/** Finishes a run: its artifacts, what memory learned, and its manifest. Clears away what one left that never finished. */
import { canonical, digestOf } from '#core/canonical.ts'
import { claimsOf } from '#core/heads/claims.ts'
import type { RunOutcome } from '#core/outcome.ts'
import { finishedLine } from '#core/run-line.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import type { AutotuneRun, RunManifest } from '#schemas/run.ts'
import { AUTOTUNE_FILES, keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { Store } from '../../ports.ts'
import { keepRunLine } from './keep-run-line.ts'
import { openRuns } from './lock.ts'
import { writeRejections } from './memory.ts'

/** Artifacts, the line about the run, what memory learned, then the manifest: a run with a manifest is finished. */
export async function writeOutcome(
  store: Store,
  run: AutotuneRun,
  riskClass: string,
  outcome: RunOutcome,
  startedAt: string,
): Promise<void> {
  if (outcome.artifacts.length === 0) return
  const manifest = await writeArtifacts(store, run, riskClass, outcome, startedAt)
  // Before the manifest: a line too many is passed over, one too few would hide a run.
  await keepRunLine(store, finishedLine(manifest, run.target.metric ?? null, outcome.answer))
  await finishRun(store, manifest, outcome.rejections)
}

/** Writes every artifact but the manifest, and returns that. */
export async function writeArtifacts(
  store: Pick<Store, 'objects' | 'clock'>,
  run: AutotuneRun,
  riskClass: string,
  outcome: Pick<RunOutcome, 'artifacts' | 'verdict' | 'billed' | 'summary'>,
  startedAt: string,
): Promise<RunManifest> {
  for (const { file, text } of outcome.artifacts)
    if (text !== null) await store.objects.put(keys.autotuneRun(run.run_id, file), text)
  const body: Omit<RunManifest, 'digest'> = {
    run_id: run.run_id,
    intent: run.target.intent!,
    risk_class: riskClass,
    verdict: outcome.verdict,
    started_at: startedAt,
    finished_at: store.clock.now(),
    artifacts: Object.fromEntries(outcome.artifacts.map(({ file, digest }) => [file, digest])),
    billed: outcome.billed,
    summary: outcome.summary,
  }
  return { ...body, digest: digestOf(body) }
}

/** What memory learned, the line of the journal of heads, and the manifest. Again without effect. */
export async function finishRun(
  store: Store,
  manifest: RunManifest,
  rejections: readonly RejectionRecord[],
): Promise<void> {
  await writeRejections(store, rejections)
  const { run_id, verdict, digest } = manifest
  await store.heads?.journal.append({ kind: 'run', run: run_id, verdict, digest })
  await store.objects.put(keys.autotuneRun(run_id, 'manifest.json'), `${canonical(manifest)}\n`)
}

/** Is there a finished run of this id? */
export const isTaken = async (store: Store, id: string): Promise<boolean> =>
  (await store.objects.get(keys.autotuneRun(id, 'manifest.json'))) !== null

/** Removes what a run that never finished left in its folder; a finished run is left alone. */
export async function clearUnfinished(store: Store, id: string): Promise<void> {
  if ((await isTaken(store, id)) || (await store.objects.get(keys.autotuneRun(id, 'target.json'))) === null) return
  // Killed between its line and its manifest: without another line it would be missed for good.
  if (store.heads && claimsOf((await store.heads.journal.read()).lines).runs.has(id))
    await store.heads.journal.append({ kind: 'given_up', run: id })
  // The pinned input goes last: while it stands, what lies beside it is cleared again.
  for (const file of AUTOTUNE_FILES.toReversed()) await store.objects.delete(keys.autotuneRun(id, file))
}

/** `at_YYYY_MM_DD_SLUG` from the clock; a number follows when that id is taken. */
export async function freshRunId(store: Store, target: TuningTarget, now: string): Promise<string> {
  const about = target.intent?.split('.').at(-1) ?? 'no_intent'
  const slug = `${about}_${(target.metric ?? 'no_metric').replace(/_per_decision$/, '').replace(/^economics_/, '')}`
  const stem = `at_${now.slice(0, 10).replaceAll('-', '_')}_${slug.replace(/[^A-Za-z0-9_]/g, '_').slice(-80)}`
  for (let n = 1; ; n++) {
    const id = n === 1 ? stem : `${stem}_${n}`
    const isFree = !(await isTaken(store, id)) && (await store.objects.get(keys.refusal(id))) === null
    if (isFree && (await openRuns(store, id)).length === 0) return id
  }
}

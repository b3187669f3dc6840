/** Gathers what the definition of done looks at. Reads only; recomputing a run opens what "verify" opens, and no more. */
import { digestOf } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import type { DoneFacts, Evidence, LeakTry, Recomputed, RolloutFacts, RunFacts } from '#core/done/facts.ts'
import { familyHash } from '#core/experience/index-line.ts'
import { baselineDigest } from '#core/gate/commitment.ts'
import { forbids } from '#core/gate/rejections.ts'
import type { RolloutItem } from '#core/release/rollout.ts'
import { estimatedTokens, tokenCounter } from '#core/space/prompt/tokens.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import { isPartId } from '#schemas/patterns.ts'
import type { RejectionRecord, TuningProposal } from '#schemas/proposal.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { AuditLine, AutotuneRun, RunManifest } from '#schemas/run.ts'
import { AUTOTUNE_FILES, keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Signer, Store } from '../../ports.ts'
import { digestOfObject, orNull, readJson, readLines, streamValues } from '../../streams/read-object.ts'
import { claimsOf } from '../experience/families.ts'
import { headProblems } from '../heads/check.ts'
import { listRollouts } from '../release/rollouts.ts'
import { verifyRollout } from '../release/verify.ts'
import { latestReview } from '../review/reviews.ts'
import { readRejections, remembered } from '../run/memory.ts'
import { endedRuns } from '../run/run-lines.ts'
import type { Verification } from '../run/verify.ts'

/** Recomputes a run, with whatever replayed it. */
type Recompute = (run: AutotuneRun) => Promise<Verification>

/**
 * Facts of the change of an intent that came furthest: that of its newest rollout, else of its newest certified run, else of
 * its newest run.
 * @param named null: the only intent that there is. Throws UserError where there are several, or none of that name.
 */
export async function gatherDone(
  store: Store,
  signer: Signer,
  recompute: Recompute,
  named: string | null,
): Promise<DoneFacts> {
  const rollouts = (await listRollouts(store)).filter(({ run_id }) => !isPartId(run_id))
  const ended = await finishedRuns(store)
  const intent = intentOf(
    named,
    new Set([...ended.map((run) => run.intent), ...rollouts.map((one) => one.rollout.intent)]),
  )
  const item = newest(rollouts.filter(({ rollout }) => rollout.intent === intent))
  const own = ended.filter((run) => run.intent === intent)
  const runId = item?.run_id ?? (own.find(({ verdict }) => verdict === 'certified') ?? own[0])?.run_id ?? null
  const run = runId === null ? null : await runFacts(store, runId, recompute)
  return {
    intent,
    run,
    ...(await memoryOf(store, run?.run ?? null)),
    leaks: run ? [...(await leakTries(store, run.run)), ...(await bothSides(store, run.run))] : [],
    changed: await changedSince(store),
    review: runId === null ? null : ((await latestReview(store, runId))?.review ?? null),
    rollout: item ? await rolloutFacts(store, signer, item) : null,
    count: run ? await tokenCounter(run.run.pack) : estimatedTokens,
  }
}

/** A store that cannot be walked is not what its journal says either. */
const changedSince = (store: Store): Promise<string[]> =>
  headProblems(store).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error
    return [error.message]
  })

function intentOf(named: string | null, intents: ReadonlySet<string>): string | null {
  const all = [...intents].sort()
  if (named !== null && all.length > 0 && !intents.has(named))
    throw new UserError(`no run of intent "${named}" in this store: it has ${all.join(', ')}`)
  if (named === null && all.length > 1)
    throw new UserError(`this store has runs of ${all.join(', ')}: name one with --intent`)
  return named ?? all[0] ?? null
}

/** Runs that ended with a manifest, newest first. */
async function finishedRuns(store: Store): Promise<RunManifest[]> {
  const found: RunManifest[] = []
  for await (const { run_id } of endedRuns(store)) {
    const manifest = await orNull(readJson<RunManifest>(store.objects, keys.autotuneRun(run_id, 'manifest.json')))
    if (manifest) found.push(manifest)
  }
  return found
}

const startOf = ({ rollout }: RolloutItem): string => rollout.records[0]?.at ?? ''
const newest = (items: readonly RolloutItem[]): RolloutItem | null =>
  items.reduce<RolloutItem | null>((last, one) => (last === null || startOf(one) >= startOf(last) ? one : last), null)

/** Throws UserError where nobody can tell what the run was about. */
async function runFacts(store: Store, runId: string, recompute: Recompute): Promise<RunFacts> {
  const at = (file: (typeof AUTOTUNE_FILES)[number]) => keys.autotuneRun(runId, file)
  const files: Record<string, Evidence> = {}
  for (const file of AUTOTUNE_FILES)
    files[file] = { path: at(file), digest: await digestOfObject(store.objects, at(file)) }
  const manifest = await orNull(readJson<RunManifest>(store.objects, at('manifest.json')))
  if (manifest === null)
    throw new UserError(`manifest.json of run ${runId} is missing or no JSON: "autotune verify ${runId}"`)
  const damaged = Object.entries(manifest.artifacts).flatMap(([file, digest]) =>
    files[file]?.digest === digest ? [] : [file],
  )
  if (damaged.includes('target.json'))
    throw new UserError(`target.json of run ${runId} is not what its manifest says: "autotune verify ${runId}"`)
  /** Only what the manifest covers is read. */
  const read = async <T>(
    file: (typeof AUTOTUNE_FILES)[number],
    other: T,
    reader: () => Promise<T | null>,
  ): Promise<T> => (damaged.includes(file) ? other : ((await reader()) ?? other))
  const run = (await readJson<AutotuneRun>(store.objects, at('target.json')))!
  return {
    run,
    manifest,
    candidates: await read('candidates.jsonl', [], () =>
      readLines<CandidateScore>(store.objects, at('candidates.jsonl')),
    ),
    proposal: await read<TuningProposal | null>('selected-proposal.json', null, () =>
      readJson<TuningProposal>(store.objects, at('selected-proposal.json')),
    ),
    audit: await read('audit.jsonl', [], () => readLines<AuditLine>(store.objects, at('audit.jsonl'))),
    files,
    recomputed: await recomputed(async () => {
      const found = await recompute(run).catch((error: unknown) => {
        // Files that nobody wrote so break the recomputation in ways of their own.
        if (damaged.length === 0) throw error
        const differences = damaged.map((file) => ({ file, why: 'its bytes differ from the digest in manifest.json' }))
        return { reproducible: false, differences, erased: [] }
      })
      const { reproducible, differences, erased } = found
      return {
        holds: reproducible,
        why: reproducible === null ? [`${erased?.length ?? 0} erasures took what it stands on`] : lines(differences),
      }
    }),
  }
}

/** What cannot be looked at is not measured, and says why. */
async function recomputed(look: () => Promise<Recomputed>): Promise<Recomputed> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { holds: null, why: [error.message] }
  }
}

const lines = (differences: readonly { readonly file: string; readonly why: string }[]): string[] =>
  differences.map(({ file, why }) => `${file}: ${why}`)

async function rolloutFacts(store: Store, signer: Signer, { rollout }: RolloutItem): Promise<RolloutFacts> {
  const key = keys.promotion(rollout.rollout_id, rollout.revision, 'artifact.json')
  return {
    rollout,
    artifact: { path: `releases/${key}`, digest: await digestOfObject(store.releases, key) },
    recomputed: await recomputed(async () => {
      const { verified, differences } = await verifyRollout(store, signer, rollout.rollout_id)
      return { holds: verified, why: lines(differences) }
    }),
  }
}

/** Memory as the next run of the same question is handed it, and as it lies in the ledger. */
async function memoryOf(store: Store, run: AutotuneRun | null): Promise<Pick<DoneFacts, 'handed' | 'held'>> {
  if (!run) return { handed: [], held: [] }
  const baseline = baselineDigest(run)
  const suite = digestOf(run.evaluator_suite)
  const target = resolveTarget(run.target)
  const asked = { target, searchSet: run.search_set.digest, version: run.heldout_test_set?.version ?? null }
  const held = (await remembered(store, target.intent)).filter(
    ({ record, lift }) =>
      lift === null && record.baseline === baseline && record.suite === suite && forbids(record, asked),
  )
  // No run has this id, so nothing is left out as a run's own.
  const handed = await readRejections(store, { ...asked, baseline, suite, runId: '' }).catch(
    (error): RejectionRecord[] => {
      if (!(error instanceof UserError)) throw error
      return []
    },
  )
  return { handed, held: held.map(({ record }) => record) }
}

/** Tries to read the sealed version of a run through what the search is handed. */
async function leakTries({ objects }: Pick<Store, 'objects'>, run: AutotuneRun): Promise<LeakTry[]> {
  const sealed = run.heldout_test_set
  if (sealed === null) return []
  const key = keys.sealed(sealed.intent, sealed.version)
  const tries: LeakTry[] = []
  for (const [tried, at] of [
    ['reading the sealed cases under their own key', key],
    ['reading them through the folder of the vault', `vault/${key}`],
  ] as const) {
    const found = await objects.get(at).catch((error: Error) => error)
    tries.push({
      tried,
      found: found instanceof Uint8Array,
      says: found instanceof Error ? found.message : 'no such object on the side that the search reads',
    })
  }
  const listed: string[] = []
  for await (const one of objects.list('goldens/')) if (one.endsWith('/test.jsonl')) listed.push(one)
  tries.push({
    tried: 'looking for sealed cases in the list of goldens',
    found: listed.length > 0,
    says: 'the list names search sets alone',
  })
  return tries
}

/** Looks for families that the search saw and the sealed version holds. A deployment shows its auditor no claim of a family. */
async function bothSides(store: Store, run: AutotuneRun): Promise<LeakTry[]> {
  const sealed = run.heldout_test_set
  const key = keys.goldensAt(run.target.intent!, run.search_set.digest)
  if (sealed === null || store.rolesApart || (await digestOfObject(store.objects, key)) === null) return []
  const held = new Set<string>()
  for await (const { sk, body } of claimsOf(store.table, sealed.intent))
    if (body.version === sealed.version) held.add(sk)
  let [families, both] = [0, 0]
  for await (const { family_id } of streamValues<ReplayCase>(store.objects, key)) {
    families++
    if (held.has(familyHash(family_id))) both++
  }
  return [
    {
      tried: 'looking for families of the search set in the sealed version',
      found: both > 0,
      says: `none of ${families} is claimed by it`,
    },
  ]
}

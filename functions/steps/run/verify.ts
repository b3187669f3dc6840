/**
 * Recomputes a run from its pinned inputs and compares bytes; where a harness of the user's own replayed, from what it
 * answered then, and it is asked again beside that. Opens nothing in the vault while the version lives.
 */
import { deniedBy, isDenied, type ThirdLook } from '#core/baseline/third-look.ts'
import { canonical, digestOf, digestOfBytes } from '#core/canonical.ts'
import { otherRules } from '#core/gate/rules.ts'
import { STANDS_AGAIN, type Tombstone } from '#core/heads/erasures.ts'
import { Id } from '#schemas/common.ts'
import type { AutotuneRun, RunManifest } from '#schemas/run.ts'
import { AUTOTUNE_FILES, type AutotuneFile, keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ReplayEngine, Store } from '../../ports.ts'
import { digestOfObject, readText } from '../../streams/read-object.ts'
import { replayerOf } from '../replay/replays.ts'
import { unaskable } from '../replay/verdicts.ts'
import { erasuresOf } from '../store/erasures.ts'
import { recompute, type Scope, soundFile } from './recompute.ts'

export interface Verification {
  readonly run: string
  /** null: nobody can tell any more, because recorded runs that it stands on were erased. */
  readonly reproducible: boolean | null
  /** How far the recomputation went; `answer`: to the end, with the answer as the ledger has it, for want of a vault. */
  readonly scope: Scope
  /** Files that differ, with why; empty when reproducible. */
  readonly differences: readonly { readonly file: string; readonly why: string }[]
  /** Of a run that a harness replayed and that was recomputed. */
  readonly third_look?: ThirdLook
  /** False: the harness is not here, and was not asked again; absent: it was, or none replayed. */
  readonly asked_again?: false
  /** Who had runs erased that it stands on; absent: nobody. */
  readonly erased?: readonly Tombstone[]
}

/** What a finished run pinned, to know what it takes to recompute it; null when that cannot be read. */
export async function pinnedRun(store: Pick<Store, 'objects'>, runId: string): Promise<AutotuneRun | null> {
  if (!Id.safeParse(runId).success) return null
  const text = await readText(store.objects, keys.autotuneRun(runId, 'target.json'))
  const manifest = await soundFile<RunManifest>(store, runId, 'manifest.json')
  return text !== null && manifest?.artifacts?.['target.json'] === digestOfBytes(text)
    ? await soundFile<AutotuneRun>(store, runId, 'target.json')
    : null
}

/**
 * Verifies a finished run. Throws UserError when there is no such run.
 *
 * @param vault `closed`: whoever asks may not read a retired version either
 */
export async function verifyRun(
  store: Store,
  runId: string,
  engine: ReplayEngine,
  vault: 'open' | 'closed' = 'open',
): Promise<Verification> {
  const differences: { file: string; why: string }[] = []
  const differs = (file: string, why: string) => differences.push({ file, why })
  const manifestText = !Id.safeParse(runId).success
    ? null
    : await readText(store.objects, keys.autotuneRun(runId, 'manifest.json'))
  if (manifestText === null)
    throw new UserError(`no finished run "${runId}" in this store; "autotune list" shows what there is`)
  const manifest = await soundFile<RunManifest>(store, runId, 'manifest.json')
  const { digest, ...body } = manifest ?? ({ artifacts: {} } as RunManifest)
  if (!manifest || digest !== digestOf(body) || `${canonical(manifest)}\n` !== manifestText)
    differs('manifest.json', 'its digest does not cover its content')
  const stored = new Map<AutotuneFile, string>()
  const erasures = await erasuresOf(store)
  const tombstones = new Map<string, Tombstone>()
  /** Did an erasure leave this? What it took and stands all the same is a difference. */
  const isErased = (file: string, was: string, found: string | null): boolean => {
    if (found !== null && erasures.isGone(found)) differs(file, `it ${STANDS_AGAIN}`)
    const by = erasures.explains(was, found)
    if (by) tombstones.set(canonical(by), by)
    return by !== null
  }
  for (const file of AUTOTUNE_FILES) {
    if (file === 'manifest.json') continue
    const found = await digestOfObject(store.objects, keys.autotuneRun(runId, file))
    const expected = manifest?.artifacts?.[file]
    if (found !== null) stored.set(file, found)
    if (expected !== undefined && isErased(file, expected, found)) continue
    if (found === null && expected) differs(file, 'it is missing')
    else if (found !== null && manifest && !expected) differs(file, 'the manifest does not know it')
    else if (found !== null && expected !== undefined && found !== expected)
      differs(file, 'its bytes differ from the digest in manifest.json')
  }
  const run = await soundFile<AutotuneRun>(store, runId, 'target.json')
  if (!run || differences.some((d) => d.file === 'target.json'))
    return { run: runId, reproducible: false, scope: 'none', differences }
  const set = run.search_set.digest
  const stands = erasures.isGone(set) && (await store.objects.read(keys.goldensAt(run.target.intent!, set))) !== null
  isErased('search set', set, stands ? set : null)
  if (run.heldout_test_set) isErased('sealed set', run.heldout_test_set.version, null)
  if (tombstones.size > 0) {
    const erased = [...tombstones.values()]
    return { run: runId, reproducible: differences.length > 0 ? false : null, scope: 'none', differences, erased }
  }
  const madeBy = otherRules(run)
  if (madeBy) throw new UserError(`run ${runId} was made by version ${madeBy}: verify it with that version`)
  const [unasked] = await unaskable(run.evaluator_suite, store.verdicts)
  const other = otherReplayer(run, engine) ?? unasked?.why ?? null
  if (other) differs('replayer', other)
  const { scope, look } = other
    ? { scope: 'none' as const, look: null }
    : await recompute({ store, run, stored, differs, engine, vault })
  if (look && isDenied(look)) differs('replayer', deniedBy(look))
  const unique = [...new Map(differences.map((d) => [d.file, d])).values()]
  const verified = {
    run: runId,
    reproducible: unique.length === 0,
    scope,
    differences: unique,
    ...(engine.asksAgain === false && { asked_again: false as const }),
  }
  return look ? { ...verified, third_look: look } : verified
}

/** A harness on a machine, by its kind. */
const OWN = { module: 'module', exec: 'program' } as const

/** Why an engine cannot recompute a run: it replays with something else than the run pinned. */
function otherReplayer({ replayer = { kind: 'transcript' } }: AutotuneRun, engine: ReplayEngine): string | null {
  const given = replayerOf(engine)
  if (replayer.kind === 'transcript')
    return given.kind === 'transcript' ? null : 'the run pinned the transcript replayer'
  if (replayer.kind === 'lambda' && canonical(given) !== canonical(replayer))
    return `the run pinned the function ${replayer.function_arn}, which only its deployment calls`
  if (replayer.kind === 'lambda') return null
  if (given.kind !== replayer.kind) return `the run pinned the ${OWN[replayer.kind]} ${replayer.path}`
  return given.digest === replayer.digest
    ? null
    : `${given.path} is now ${given.digest.slice(0, 19)}, the run pinned ${replayer.digest.slice(0, 19)}: restore the ${OWN[replayer.kind]} and its files`
}

/** The replay engine that a command asks for: the transcript replayer, or a user's own harness, a module or a program. */

import { availableParallelism } from 'node:os'
import { betterCage, cageHere, wallHere } from '#adapters/local/cage/level.ts'
import type { Wall } from '#adapters/local/cage/wall.ts'
import { isolatedEngine } from '#adapters/local/isolation/isolated-engine.ts'
import { execFiles, shownTo } from '#adapters/local/module/exec-files.ts'
import { harnessFiles, readableBy } from '#adapters/local/module/harness-files.ts'
import { execWay, moduleWay } from '#adapters/local/module/way.ts'
import { isCode } from '#core/replay/cage.ts'
import type { AutotuneRun, Replayer } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../errors.ts'
import type { LiveReplays, ReplayEngine, Store } from '../ports.ts'
import { runLoader } from '../steps/experience/run-loader.ts'
import { type HarnessEngine, type HarnessOptions, harnessEngine } from './harness-engine.ts'
import { type LiveOptions, liveAsker } from './live-asker.ts'
import { keptAlone } from './live-run.ts'
import type { LocalStore } from './open-store.ts'

/** Processes of a live run at least: each waits for a model most of the time. */
const WAITING = 8

export interface LocalEngine extends ReplayEngine {
  readonly live?: LiveReplays
  /** Ends its processes. */
  close(): void
}

/** What a command line says of a replayer. */
export interface ReplayerOptions {
  /** `transcript`, `module:PATH`, or `exec:PATH`. */
  readonly replayer: string
  readonly concurrency?: number | undefined
  readonly limitMs?: number | undefined
  /** Digest that a harness must have. */
  readonly digest?: string | undefined
  /** False: a program of `exec:PATH` is held by nothing. @default true */
  readonly cage?: boolean | undefined
  /** The model that a harness asks live; absent: recorded answers stand. */
  readonly live?: LiveOptions | undefined
}

/** The replayer of a command. Throws UserError when the target is scored by a harness that the command does not name. */
export function chosenReplayer(target: TuningTarget, file: string, option: string | undefined): string {
  if (target.scoring?.replayer === 'module' && (option ?? 'transcript') === 'transcript')
    throw new UserError(`${file} is scored by a harness of your own: name it with --replayer module:PATH or exec:PATH`)
  return option ?? 'transcript'
}

/** The engine over a store and one intent. Throws UserError when the harness cannot be run. */
export async function openEngine(local: LocalStore, intent: string, options: ReplayerOptions): Promise<LocalEngine> {
  if (options.live && options.replayer === 'transcript')
    throw new UserError(
      'a live run asks a model what a harness of your own would ask it: name that harness with --replayer module:PATH',
    )
  if (options.replayer === 'transcript')
    return isolatedEngine(local.vaultDir, { progress: local.progress, aside: local.asideDir, verdicts: local.verdicts })
  return await openHarness(local, intent, options)
}

/** The engine of a user's own harness. Throws UserError when it cannot be run. */
export async function openHarness(
  local: LocalStore,
  intent: string,
  { replayer, concurrency, limitMs, digest, cage, live }: ReplayerOptions,
): Promise<HarnessEngine> {
  const { dir, vaultDir, asideDir, objects, vault, progress } = local
  const [, kind, path] = /^(module|exec):(.+)$/s.exec(replayer) ?? []
  if (path === undefined)
    throw new UserError(
      `--replayer "${replayer}" is unknown: "transcript", or for a harness of your own "module:PATH" or "exec:PATH"`,
    )
  const options: HarnessOptions = {
    store: dir,
    vault: vaultDir,
    aside: asideDir,
    progress,
    verdicts: local.verdicts,
    // Runs of a retired version have moved to the open side; the gate may read both.
    runs: { search: runLoader(local, [objects], intent), vault: runLoader(local, [vault, objects], intent) },
    ...(concurrency === undefined
      ? live?.model
        ? { concurrency: Math.max(WAITING, availableParallelism()) }
        : {}
      : { concurrency }),
    ...(limitMs === undefined ? {} : { limitMs }),
    ...(digest === undefined ? {} : { digest }),
    ...(live && { live: liveAsker(local, live) }),
  }
  if (kind === 'exec') return await execEngine(path, { ...options, cage: cage ?? true })
  if (cage === false) throw new UserError('--no-cage is of --replayer exec:PATH: a module always has a cage')
  return await moduleEngine(path, options)
}

/**
 * The options under which a run was made. Throws UserError where its program ran without a cage and `cage` does not say so
 * again: what is recomputed would be started as the store names it.
 */
export function optionsOf(pinned: Replayer | undefined, cage = true): ReplayerOptions {
  if (pinned?.kind !== 'module' && pinned?.kind !== 'exec') return { replayer: 'transcript' }
  const { kind, path, limit_ms, digest, live } = pinned
  if (kind === 'exec' && pinned.cage === 'none' && cage)
    throw new UserError(
      `the run replayed ${path} without a cage: say --no-cage to start that program so again, as your user and with all that it may read`,
    )
  return {
    replayer: `${kind}:${path}`,
    limitMs: limit_ms,
    digest,
    ...(kind === 'exec' && { cage }),
    ...(live && { live: keptAlone(live) }),
  }
}

/**
 * The engine over a deployed store: the vault is out of reach by the caller's rights, so nothing needs to be shut in. A run of a
 * harness is recomputed from what that answered then. Throws UserError where a version before this one kept no answers.
 */
export async function deployedEngine(
  store: Pick<Store, 'objects' | 'scratch' | 'verdicts'>,
  run: AutotuneRun | null,
): Promise<LocalEngine> {
  // Only who looks at a deployment pays for what replays here.
  if (!run || !isCode(run.replayer)) {
    const { transcriptEngine } = await import('../steps/replay/transcript-engine.ts')
    return { ...transcriptEngine(store.verdicts), close() {} }
  }
  if ((await store.objects.read(keys.autotuneRun(run.run_id, 'harness-replies.jsonl'))) === null)
    throw new UserError(
      'the run replayed a harness of your own, and no answers of it were kept: it is verified where that harness runs',
    )
  const { repliedEngine } = await import('../steps/run/replied-engine.ts')
  return repliedEngine(store, run)
}

/** Engine over a harness module. Throws UserError when the module does not exist, does not load or exports no `replay`. */
export async function moduleEngine(path: string, options: HarnessOptions): Promise<HarnessEngine> {
  const files = harnessFiles(path, options.store)
  const way = moduleWay(files, readableBy(files, options.vault), 'replay')
  const pinned = { kind: 'module', path, digest: files.digest, cage: cageHere() } as const
  const digestNow = () => harnessFiles(path, options.store).digest
  return await harnessEngine({ way, pinned, digestNow }, options)
}

/**
 * Engine over an executable. Throws UserError when it cannot be started, and where this machine has no wall for it.
 *
 * @param options.cage false: nothing holds it, and the run says so
 * @param here the wall of this machine; for tests
 */
export async function execEngine(
  path: string,
  options: HarnessOptions & { readonly cage: boolean },
  here: () => Wall | null = wallHere,
): Promise<HarnessEngine> {
  const wall = options.cage ? here() : null
  if (options.cage && wall === null)
    throw new UserError(
      `exec:${path} needs a wall, and this machine has none: ${betterCage()}. Or say --no-cage: then nothing holds it, and the run, its certificate and its page say so`,
    )
  const files = execFiles(path, options.store)
  const way = execWay(files, shownTo(files, options.vault), wall)
  const { digest, interpreter } = files
  const pinned = {
    kind: 'exec',
    path,
    digest,
    interpreter: interpreter && { path: interpreter.path, digest: interpreter.digest },
    cage: wall ? 'wall' : 'none',
  } as const
  const digestNow = () => execFiles(path, options.store).digest
  return await harnessEngine({ way, pinned, digestNow }, options)
}

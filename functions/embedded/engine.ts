/** The replay engine that a command asks for: the transcript replayer, or a user's own harness module. */
import { isolatedEngine } from '#adapters/local/isolation/isolated-engine.ts'
import type { Replayer } from '#schemas/run.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../errors.ts'
import type { ReplayEngine, Store, VerdictSource } from '../ports.ts'
import { runLoader } from '../steps/experience/run-loader.ts'
import { transcriptEngine } from '../steps/replay/transcript-engine.ts'
import { type LiveOptions, liveAsker } from './live-asker.ts'
import { keptAlone } from './live-run.ts'
import { type ModuleEngine, moduleEngine } from './module-engine.ts'
import type { LocalStore } from './open-store.ts'

export interface LocalEngine extends ReplayEngine {
  /** Ends its processes. */
  close(): void
}

/** What a command line says of a replayer. */
export interface ReplayerOptions {
  /** `transcript`, or `module:PATH`. */
  readonly replayer: string
  readonly concurrency?: number | undefined
  readonly limitMs?: number | undefined
  /** Digest that a harness module must have. */
  readonly digest?: string | undefined
  /** The model that a harness asks live; absent: recorded answers stand. */
  readonly live?: LiveOptions | undefined
}

/** The replayer of a command. Throws UserError when the target is scored by a harness that the command does not name. */
export function chosenReplayer(target: TuningTarget, file: string, option: string | undefined): string {
  if (target.scoring?.replayer === 'module' && (option ?? 'transcript') === 'transcript')
    throw new UserError(`${file} is scored by a harness of your own: name it with --replayer module:PATH`)
  return option ?? 'transcript'
}

/** The engine over a store and one intent. Throws UserError when the harness module cannot be run. */
export async function openEngine(local: LocalStore, intent: string, options: ReplayerOptions): Promise<LocalEngine> {
  if (options.live && options.replayer === 'transcript')
    throw new UserError(
      'a live run asks a model what a harness of your own would ask it: name that harness with --replayer module:PATH',
    )
  if (options.replayer === 'transcript')
    return isolatedEngine(local.vaultDir, { progress: local.progress, aside: local.asideDir, ...asking(local) })
  return await openHarness(local, intent, options)
}

/** Who judges for evaluators that are asked elsewhere, as an engine takes it. */
export const asking = ({ verdicts }: Pick<Store, 'verdicts'>) => (verdicts ? { verdicts } : {})

/** The engine of a user's own harness module. Throws UserError when it cannot be run. */
export async function openHarness(
  local: LocalStore,
  intent: string,
  { replayer, concurrency, limitMs, digest, live }: ReplayerOptions,
): Promise<ModuleEngine> {
  const { dir, vaultDir, asideDir, objects, vault, progress } = local
  if (!replayer.startsWith('module:') || replayer === 'module:')
    throw new UserError(`--replayer "${replayer}" is unknown: "transcript", or "module:PATH" for a harness of your own`)
  return await moduleEngine(replayer.slice('module:'.length), {
    store: dir,
    vault: vaultDir,
    aside: asideDir,
    progress,
    ...asking(local),
    // Runs of a retired version have moved to the open side; the gate may read both.
    runs: { search: runLoader(local, [objects], intent), vault: runLoader(local, [vault, objects], intent) },
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(limitMs === undefined ? {} : { limitMs }),
    ...(digest === undefined ? {} : { digest }),
    ...(live && { live: liveAsker(local, live) }),
  })
}

/** The options under which a run was made. */
export const optionsOf = (pinned: Replayer | undefined): ReplayerOptions =>
  pinned?.kind === 'module'
    ? {
        replayer: `module:${pinned.path}`,
        limitMs: pinned.limit_ms,
        digest: pinned.digest,
        ...(pinned.live && { live: keptAlone(pinned.live) }),
      }
    : { replayer: 'transcript' }

/** The engine over a deployed store: the vault is out of reach by the caller's rights, so nothing needs to be shut in. */
export function deployedEngine(pinned: Replayer | undefined, verdicts?: VerdictSource): LocalEngine {
  if (pinned && pinned.kind !== 'transcript')
    throw new UserError('the run replayed a harness of your own: it is verified where that harness runs')
  return { ...transcriptEngine(verdicts), close() {} }
}

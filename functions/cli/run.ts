/** `autotune run`: one run of a target, or giving up on one. */
import type { DeployedStore } from '#adapters/aws/deployed-store.ts'
import { thisProcess } from '#adapters/local/holder.ts'
import type { Proposing } from '#core/proposers/proposer.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import { Id } from '#schemas/common.ts'
import type { LiveModel } from '#schemas/live-model.ts'
import type { ProposerModel } from '#schemas/proposer-model.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { chosenReplayer, type LocalEngine, openEngine } from '../embedded/engine.ts'
import { deployedPlan, liveRun, modelOf } from '../embedded/live-run.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import type { Store } from '../ports.ts'
import { parseTarget } from '../steps/experience/parse-documents.ts'
import { soundDocuments } from '../steps/experience/sound-documents.ts'
import { keepUsage } from '../steps/model/keep-usage.ts'
import { abandonRun } from '../steps/run/abandon.ts'
import { answeredContract } from '../steps/run/contract.ts'
import { boundedCandidates, type LocatedChange } from '../steps/run/hand-written.ts'
import { proposedBefore } from '../steps/run/proposers.ts'
import { runTarget } from '../steps/run/run.ts'
import { changesOf } from './changes.ts'
import { liveUsage } from './model-usage.ts'
import { asTyped, nextCommand } from './next.ts'
import { existingStore, isLocal, openExisting } from './open.ts'
import { endProgress, terminalProgress } from './progress.ts'
import { askedProposers, type ProposerOptions, reflectModel, withReflection } from './proposers.ts'
import { report } from './report.ts'
import { runDeployed } from './run-deployed.ts'
import { readLiveModel } from './sign.ts'
import { isDeployed, type StoreOptions, shellWord } from './store-options.ts'
import { onInterrupt, print } from './terminal.ts'

interface Options extends StoreOptions, ProposerOptions {
  readonly json: boolean
  readonly target?: string
  readonly candidates?: string
  readonly runId?: string
  readonly abandon?: string
  readonly replayer?: string
  readonly cage?: boolean
  readonly concurrency?: number
  readonly limitMs?: number
  readonly live?: string
}

export async function runVerb(o: Options): Promise<number> {
  if (o.abandon !== undefined) return await abandon(o.abandon, o)
  if (o.target === undefined) throw new UserError('name a target with --target FILE ("autotune init" writes a starter)')
  if (o.runId !== undefined && !Id.safeParse(o.runId).success)
    throw new UserError(`--run-id "${o.runId}" is no id: letters, digits, "_", "-", "." and ":" only, at most 128`)
  const target = parseTarget(readInput(o.target), o.target)
  // A deployment knows its own harness, where a target asks for one.
  if (isDeployed(o)) refuseLocalReplay(o)
  const replayer = isDeployed(o) ? 'transcript' : chosenReplayer(target, o.target, o.replayer)
  const proposing = askedProposers(target, o)
  const document = o.live === undefined ? null : readLiveModel(readInput(o.live), o.live)
  const model = reflectModel(o)
  const text = o.candidates === undefined ? null : readInput(o.candidates)
  // From here on: until a run begins, nothing is written.
  const ended = isDeployed(o) ? () => {} : onInterrupt(keptText(o))
  try {
    return await runIn(o, target, { replayer, proposing, model, text, document })
  } finally {
    ended()
  }
}

interface Prepared {
  readonly replayer: string
  readonly proposing: Proposing | undefined
  readonly model: ProposerModel | null
  readonly text: string | null
  /** Whose model is asked live; null: nobody is. */
  readonly document: LiveModel | null
}

async function runIn(
  o: Options,
  target: TuningTarget,
  { replayer, proposing, model, text, document }: Prepared,
): Promise<number> {
  const store = await openExisting(o, terminalProgress())
  let engine: LocalEngine | null = null
  try {
    const changes = text === null ? null : changesOf(text, o.candidates!)
    const bounded = changes && (await boundedBy(store, target, changes))
    if (!isLocal(store)) {
      const candidates = changes?.map(({ change }) => change) ?? null
      if (document) say(await deployedPlan(store, { document, file: o.live!, target, candidates: bounded }))
      const proposed = proposing || model ? await proposedOf(store, { proposing, model, target, given: bounded }) : null
      return await runDeployed(store, { target, candidates, proposed, run_id: o.runId ?? null, live: document }, o)
    }
    const { prices } = await soundDocuments(store.objects, target)
    const asked = withReflection(store, proposing, model, prices)
    await store.unlockVault()
    const live =
      document === null
        ? undefined
        : await liveRun(store, {
            document,
            file: o.live!,
            model: modelOf(document),
            target,
            candidates: bounded,
            proposes: asked !== undefined,
            say,
          })
    engine = await openEngine(store, target.intent ?? '', { ...o, replayer, live })
    const summary = await runTarget(
      store,
      {
        target,
        candidates: bounded,
        ...(asked && { proposing: asked }),
        runId: o.runId ?? null,
        demonstration: null,
        command: commandOf(o),
      },
      thisProcess(),
      engine,
    )
    const usage = await keepUsage(store, summary, [
      ...(live ? [await liveUsage(store, summary.run, live)] : []),
      await store.verdicts.asked(),
    ])
    return await report(store, summary, o.json, o, usage)
  } finally {
    engine?.close()
    store.close()
  }
}

/** What a person is told who ends a run with Ctrl-C. */
export const keptText = (o: Options): string =>
  [
    'What the run wrote is whole, a question that it opened stays spent, and its lock is free for the next command',
    `go on    ${asTyped(commandOf(o))}`,
    `look     ${nextCommand(o, ['list'])}`,
    `give up  ${nextCommand(o, ['run', '--abandon', 'RUN'])}`,
  ].join('\n')

/** The same command line again, as it works from this folder. */
function commandOf(o: Options): string {
  const { store, target, candidates, proposers, blocks, reflect, replayer, concurrency, limitMs, live, cage } = o
  const given = {
    store,
    target,
    candidates,
    proposers,
    blocks,
    reflect,
    replayer,
    concurrency,
    'limit-ms': limitMs,
    live,
  }
  const options = Object.entries(given).filter(([, value]) => value !== undefined)
  const words = options.map(([name, value]) => `--${name} ${shellWord(String(value))}`)
  return ['autotune run', ...words, ...(cage === false ? ['--no-cage'] : [])].join(' ')
}

interface AskedFor {
  readonly target: TuningTarget
  /** Changes that a person wrote for the same run. */
  readonly given: readonly CandidateChange[] | null
}

/** What proposers make of the search side of a deployment, under the rights of the caller, who reads nothing sealed. */
async function proposedOf(
  store: DeployedStore,
  { proposing, model, target, given }: Pick<Prepared, 'proposing' | 'model'> & AskedFor,
) {
  if (target.scoring?.replayer === 'module')
    throw new UserError('proposers go with recordings: hand changes for a harness of your own over with --candidates')
  const contract = await answeredContract(store, target)
  const about = { target, contract, replayer: { kind: 'transcript' }, given: given ?? [] } as const
  return await proposedBefore(store, withReflection(store, proposing, model, contract.prices)!, about)
}

/** A deployed run replays in the deployment: options of this machine's processes would be ignored there. */
function refuseLocalReplay(o: Options): void {
  const { replayer, concurrency, limitMs, cage } = o
  const given = Object.entries({
    '--replayer': replayer,
    '--concurrency': concurrency,
    '--limit-ms': limitMs,
    '--no-cage': cage === false ? cage : undefined,
  })
  const [option] = given.find(([, value]) => value !== undefined && value !== 'transcript') ?? []
  if (option) throw new UserError(`${option} is of a run on this machine; a deployed run replays in the deployment`)
}

/** Told before anything is asked, whatever the output is. */
const say = (lines: readonly string[]): void => {
  endProgress()
  process.stderr.write(`${lines.join('\n')}\n`)
}

/** Changes as candidates within the bounds of the target's pack. */
async function boundedBy(
  store: Store,
  target: TuningTarget,
  changes: readonly LocatedChange[],
): Promise<CandidateChange[]> {
  const { pack } = await soundDocuments(store.objects, target)
  if (!pack) throw new UserError(`the baseline pack ${target.baseline_tuple?.pack ?? ''} is not in this store`)
  return await boundedCandidates(changes, pack, target)
}

async function abandon(runId: string, { json, ...o }: Options): Promise<number> {
  if (isDeployed(o))
    throw new UserError(
      'a deployed run gives back its lock by itself when it ends: stop its execution in Step Functions',
    )
  const store = existingStore(o.store)
  try {
    const result = await abandonRun(store, runId, thisProcess())
    print(json, result, () => [
      result.question === null
        ? `run ${runId} had no open question; its lock is free`
        : `question ${result.question} of run ${runId} is answered "no"; its lock is free`,
    ])
    return 0
  } finally {
    store.close()
  }
}

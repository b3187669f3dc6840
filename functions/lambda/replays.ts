/** Who replays the cases of a run: this program, or the harness function that the run pinned. */
import { answerCache, cachedModel } from '#adapters/model-cache.ts'
import type { BaselinePins } from '#core/baseline/baseline.ts'
import { isCode, liveOf } from '#core/replay/cage.ts'
import { tableOf } from '#core/space/scope.ts'
import type { Replayer } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { UserError } from '../errors.ts'
import type { ModelPort } from '../ports.ts'
import { runLoader } from '../steps/experience/run-loader.ts'
import { lambdaReplays } from '../steps/replay/lambda-replays.ts'
import { type ModuleRunner, moduleReplays, runsModule } from '../steps/replay/module-replays.ts'
import { type CaseReplays, transcriptReplays } from '../steps/replay/replays.ts'
import type { AnsweredContract } from '../steps/run/contract.ts'
import { deployedModel } from './deployed-model.ts'
import { verdictsOf } from './judges.ts'
import { type AskedFor, liveFunction } from './live.ts'
import type { StartedRequest } from './work.ts'
import { deployedModule, type World } from './world.ts'

/** Calls at once of a function that replays a shard: one of many. */
const AT_ONCE = 8

/**
 * Cases of a shard that code of a user's replays or judges: twice, at 8 at once and 10 s each, they are done in 250 s, within
 * the time of a shard.
 */
const OWN_CODE_SHARD_CASES = 100
/** Where a model is asked live too: each of its answers may take many seconds. */
const LIVE_SHARD_CASES = 25

/**
 * Characters of a shard: what a function holds at once, whatever its cases are like. Under twelve settings some thousand such
 * cases a megabyte are replayed within a minute.
 */
const SHARD_CHARS = 8 * 1024 * 1024

/** Candidates that a call replays or scores over one shard that it has read. Code of a user's takes its time for each. */
const TOGETHER = 12

const usersCode = ({ kind }: Replayer, { evaluators }: EvaluatorSuite): boolean =>
  kind !== 'transcript' || evaluators.some(({ check }) => check === 'module')

/** Where a shard ends, whichever comes first. */
export const shardLimits = ({ shardCases }: World, replayer: Replayer, suite: EvaluatorSuite) => ({
  most: Math.min(
    shardCases,
    liveOf(replayer) ? LIVE_SHARD_CASES : usersCode(replayer, suite) ? OWN_CODE_SHARD_CASES : shardCases,
  ),
  mostChars: SHARD_CHARS,
})

/** Settings that one call answers over its shard. */
export const together = (replayer: Replayer, suite: EvaluatorSuite): number =>
  usersCode(replayer, suite) ? 1 : TOGETHER

/** The same of scorings. Both passes of a live one go together: the second is answered from what the first asked. */
export const scoredTogether = (replayer: Replayer, suite: EvaluatorSuite): number =>
  liveOf(replayer) ? 2 : together(replayer, suite)

/** What is replayed, and for whom. */
interface Replaying extends AskedFor {
  readonly replayer: Replayer
  /** As `HarnessRunner` has it. */
  readonly tried?: ModuleRunner['tried']
  /** What it answers on the search side is kept, to go on record. */
  readonly keeps?: boolean
}

/** Does some work with what replays. */
export async function withReplays<T>(
  world: World,
  replaying: Replaying,
  work: (replays: CaseReplays) => Promise<T>,
): Promise<T> {
  const { replayer, target, tried, keeps = false } = replaying
  const pin = liveOf(replayer)
  const model = world.model ?? deployedModel(world.live)
  const live = pin && (await liveFunction({ ...world, model }, pin, replaying))
  const aside = keeps && isCode(replayer) ? world.store.scratch() : undefined
  try {
    return await work(replaysOf(world, replayer, target.intent!, { aside, live: live?.live, tried, model }))
  } finally {
    aside?.close()
    await live?.end()
  }
}

function replaysOf(
  world: World,
  replayer: Replayer,
  intent: string,
  { model, ...how }: Pick<ModuleRunner, 'aside' | 'live' | 'tried'> & { readonly model: ModelPort },
): CaseReplays {
  const { store, caller } = world
  const verdicts = verdictsOf(world, 'shard')
  if (replayer.kind === 'transcript') return transcriptReplays(verdicts)
  if (replayer.kind === 'exec') throw new UserError('a harness program runs on a laptop only: deploy it as a function')
  const runs = { search: runLoader(store, [store.objects], intent), vault: runLoader(store, [store.vault], intent) }
  const running = { verdicts, caller, atOnce: AT_ONCE, runs, ...how }
  if (replayer.kind === 'module')
    return moduleReplays({ replayer, deployed: runsModule(replayer, deployedModule(world)), ...running })
  return lambdaReplays({
    replayer,
    ...running,
    models: {
      search: cachedModel(answerCache(store.objects, store.clock), model),
      vault: cachedModel(answerCache(store.vault, store.clock), model),
    },
  })
}

/** What the baseline of a run that has not been pinned yet will pin. */
export const contractPins = (
  { pack, suite, prices, resolved }: AnsweredContract,
  { replayer, draw }: Pick<StartedRequest, 'replayer' | 'draw'>,
): BaselinePins => ({
  tuple: resolved.baseline_tuple,
  settings: tableOf(pack),
  suite,
  prices,
  replayer,
  ...(draw !== undefined && { draw }),
})

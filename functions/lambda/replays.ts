/** Who replays the cases of a run: this program, or the harness function that the run pinned. */
import { jsonataVerdicts } from '#adapters/jsonata-verdicts.ts'
import { answerCache, cachedModel } from '#adapters/model-cache.ts'
import type { BaselinePins } from '#core/baseline/baseline.ts'
import { tableOf } from '#core/space/scope.ts'
import type { Replayer } from '#schemas/run.ts'
import { UserError } from '../errors.ts'
import { runLoader } from '../steps/experience/run-loader.ts'
import { lambdaReplays } from '../steps/replay/lambda-replays.ts'
import { type CaseReplays, transcriptReplays } from '../steps/replay/replays.ts'
import type { AnsweredContract } from '../steps/run/contract.ts'
import type { StartedRequest } from './work.ts'
import type { World } from './world.ts'

/** Calls at once: of a function that replays a whole side of the split, and of one of many that replay a shard. */
export const AT_ONCE = { wholeSet: 64, shard: 8 } as const

/**
 * Cases of a shard that a harness replays: twice, at 8 at once and 10 s each, they are done in 250 s, within the time of a
 * shard.
 */
const HARNESS_SHARD_CASES = 100

/**
 * Characters of a shard: what a function holds at once, whatever its cases are like. Under twelve settings some thousand such
 * cases a megabyte are replayed within a minute.
 */
const SHARD_CHARS = 8 * 1024 * 1024

/** Candidates that a call replays or scores over one shard that it has read. A harness takes its time for each. */
const TOGETHER = 12

/** Where a shard ends, whichever comes first. */
export const shardLimits = ({ shardCases }: World, { kind }: Replayer) => ({
  most: kind === 'transcript' ? shardCases : Math.min(shardCases, HARNESS_SHARD_CASES),
  mostChars: SHARD_CHARS,
})

/** Settings, or scorings, that one call answers over its shard. */
export const together = ({ kind }: Replayer): number => (kind === 'transcript' ? TOGETHER : 1)

export function replaysOf(
  { store, caller, model }: World,
  replayer: Replayer,
  intent: string,
  atOnce: number,
): CaseReplays {
  if (replayer.kind === 'transcript') return transcriptReplays(jsonataVerdicts)
  if (replayer.kind !== 'lambda')
    throw new UserError(
      `a harness ${replayer.kind === 'exec' ? 'program' : 'module'} runs on a laptop only: deploy it as a function`,
    )
  return lambdaReplays({
    replayer,
    verdicts: jsonataVerdicts,
    caller,
    atOnce,
    runs: { search: runLoader(store, [store.objects], intent), vault: runLoader(store, [store.vault], intent) },
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

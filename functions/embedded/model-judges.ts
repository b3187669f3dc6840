/**
 * Model judges of this machine: answers of each side are kept on that side, and a command pays for no more of them than its
 * owner allows it.
 */
import { answerCache, cachedModel } from '#adapters/model-cache.ts'
import { modelName, modelPlace } from '#core/live/model-name.ts'
import { requestDigest } from '#core/model/request.ts'
import type { Clock, ModelPort, ObjectStore, VerdictSide } from '#ports'
import type { PriceTable } from '#schemas/pack.ts'
import { UserError } from '../errors.ts'
import { modelMeter } from '../steps/model/metered-model.ts'
import { models } from './models.ts'

/** Most answers of judges that one command may pay for. */
const CALLS = 'AUTOTUNE_JUDGE_CALLS'

/** Calls alone are counted: which price table holds is the run's word, and a verdict is asked for before it is known. */
const NO_PRICES: PriceTable = { price_table: 'prices.none@1.0.0', models: {} }

export interface JudgesOfStore {
  readonly objects: ObjectStore
  readonly vault: ObjectStore
  readonly clock: Clock
  /** Is told whom a command asks, and how often at most, before it asks for the first time. */
  readonly say: (line: string) => unknown
  readonly env: Readonly<Record<string, string | undefined>>
  /** Who is asked. @default every model that can be pinned */
  readonly model?: ModelPort
}

export interface ModelJudges {
  /** Any model, behind the cache of a side. */
  through(side: VerdictSide): ModelPort
  /** From here on nothing is paid for, until what is returned is called: what is not kept is an error. */
  payNothing(): () => void
}

/** Throws UserError where the environment allows what is no number. */
export function modelJudges({ objects, vault, clock, say, env, model = models(env) }: JudgesOfStore): ModelJudges {
  const allowed = allowedCalls(env[CALLS])
  let pays = allowed > 0
  let told = false
  const caches = { search: answerCache(objects, clock), vault: answerCache(vault, clock) }
  /** Says whom it asks before it asks for the first time. */
  const asked: ModelPort = {
    async converse(request) {
      if (!told)
        say(
          `judge: asks ${modelName(request.model)} at ${modelPlace(request.model)} for what is not kept, at most ${allowed} calls (${CALLS})`,
        )
      told = true
      return await model.converse(request)
    },
  }
  const meter = modelMeter(asked, { calls: allowed, cents: null }, NO_PRICES)
  return {
    through: (side) => (pays ? meter.through(caches[side], 'judge') : cachedModel(caches[side], NOBODY)),
    payNothing() {
      const before = pays
      pays = false
      return () => {
        pays = before
      }
    },
  }
}

const NOBODY: ModelPort = {
  async converse(request) {
    throw new UserError(
      `answer ${requestDigest(request).slice(0, 19)} of the judge ${modelName(request.model)} is not kept in this store, and this command may pay for none: set ${CALLS} to the most calls that it may pay for`,
    )
  },
}

function allowedCalls(text: string | undefined): number {
  if (text === undefined || text === '') return 0
  const calls = Number(text)
  if (!Number.isSafeInteger(calls) || calls < 0)
    throw new UserError(`${CALLS} is "${text}": it takes a whole number from 0`)
  return calls
}

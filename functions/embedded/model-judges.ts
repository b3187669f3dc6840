/**
 * Model judges of this machine: answers of each side are kept on that side, and a command pays for no more of them than its
 * owner allows it.
 */
import { answerCache, cachedModel } from '#adapters/model-cache.ts'
import { needStraight } from '#adapters/straight.ts'
import { modelName, modelPlace } from '#core/live/model-name.ts'
import type { ModelBudget } from '#core/model/budget.ts'
import { mostCents, priceOf } from '#core/model/cost.ts'
import { type ModelRequest, requestDigest } from '#core/model/request.ts'
import { usageRows } from '#core/model/tally.ts'
import type { Clock, ModelPort, ObjectStore, VerdictSide } from '#ports'
import type { PriceTable } from '#schemas/pack.ts'
import { UserError } from '../errors.ts'
import { dearestPrices } from '../steps/model/dearest-prices.ts'
import type { AskedBySide } from '../steps/model/keep-usage.ts'
import { modelMeter } from '../steps/model/metered-model.ts'
import { models } from './models.ts'

/** Most answers of judges that one command may pay for, and most cents for them; without the first it pays for none. */
const CALLS = 'AUTOTUNE_JUDGE_CALLS'
const CENTS = 'AUTOTUNE_JUDGE_CENTS'

interface JudgesOfStore {
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
  /** What was asked so far on each side of the split. */
  asked(): Promise<AskedBySide>
  /** From here on nothing is paid for, until what is returned is called: what is not kept is an error. */
  payNothing(): () => void
}

/** Throws UserError where the environment allows what is no number. */
export function modelJudges({ objects, vault, clock, say, env, model = models(env) }: JudgesOfStore): ModelJudges {
  const budget = { calls: amountOf(CALLS, env, true) ?? 0, cents: amountOf(CENTS, env, false) }
  let pays = budget.calls > 0
  let told = false
  const caches = { search: answerCache(objects, clock), vault: answerCache(vault, clock) }
  /** Says whom it asks before it asks for the first time. */
  const asked: ModelPort = {
    async converse(request) {
      needStraight(request.model, env)
      const line = askedLine(request, budget, await prices())
      if (!told) say(line)
      told = true
      return await model.converse(request)
    },
  }
  // A verdict is asked for before it is known whose price table holds, so the dearest price of the store does.
  const prices = once(() => dearestPrices(objects))
  const meter = once(async () => modelMeter(asked, budget, await prices()))
  const paying = (side: VerdictSide): ModelPort => ({
    converse: async (request) => await (await meter()).through(caches[side], 'judge').converse(request),
  })
  return {
    through: (side) => (pays ? paying(side) : cachedModel(caches[side], NOBODY)),
    async asked() {
      if (budget.calls === 0) return { search: [], sealed: [] }
      const [counted, table] = [await meter(), await prices()]
      const of = (side: VerdictSide) => usageRows(counted.tally(caches[side]), table)
      return { search: of('search'), sealed: of('vault') }
    },
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

/** Whom a command asks, and what that may take at most. */
function askedLine(request: ModelRequest, { calls, cents }: ModelBudget, prices: PriceTable): string {
  const price = priceOf(prices, request.model)
  const each =
    price === null ? 'at no known price' : `at most ${cut(mostCents(price, request))} cents for the first of them`
  return `judge: asks ${modelName(request.model)} at ${modelPlace(request.model)} for what is not kept, at most ${calls} calls (${CALLS}), ${each}${cents === null ? '' : `, ${cents} cents in all (${CENTS})`}`
}

const cut = (cents: number): number => Number(cents.toPrecision(3))

/** What a variable allows; null: it is not set. */
function amountOf(name: string, env: JudgesOfStore['env'], isWhole: boolean): number | null {
  const text = env[name]
  if (text === undefined || text === '') return null
  const amount = Number(text)
  const holds = isWhole ? Number.isSafeInteger(amount) && amount >= 0 : Number.isFinite(amount) && amount > 0
  if (holds && text.trim() !== '') return amount
  throw new UserError(`${name} is "${text}": it takes ${isWhole ? 'a whole number from 0' : 'a number above 0'}`)
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => (made ??= make())
}

/**
 * Models under one budget, behind the caches of both sides: what is kept is not asked, what is asked is paid for once, and
 * nothing is asked above the budget.
 */
import { charge, type ModelBudget, minus, NOTHING_SPENT, overBudget, plus, reservation } from '#core/model/budget.ts'
import type { ModelRefusal, ModelReply } from '#core/model/reply.ts'
import { type ModelRequest, requestDigest } from '#core/model/request.ts'
import { NOTHING_ASKED, type Tally, tallied } from '#core/model/tally.ts'
import type { Purpose } from '#schemas/model-usage.ts'
import type { PriceTable } from '#schemas/pack.ts'
import { UserError } from '../../errors.ts'
import type { AnswerCache, ModelPort } from '../../ports.ts'

/** The budget is spent: an answer that is kept is still given, and nothing new is asked. */
export class BudgetSpent extends UserError {
  override name = 'BudgetSpent'
}

interface ModelMeter {
  /** The model for one purpose, behind the cache of one side of the split: one cache a side, for what it had paid is charged once a cache. Throws BudgetSpent where it would have to pay more. */
  through(cache: AnswerCache, purpose: Purpose): ModelPort
  /** What was answered so far, each request once; of one cache alone. */
  tally(of?: AnswerCache): Tally
}

/** What is known of one cache: requests that are charged, and those that are counted. */
interface Known {
  readonly charged: Set<string>
  readonly counted: Set<string>
  /** Charges what its payer had paid before, once. */
  readonly begin: () => Promise<void>
  tally: Tally
}

/**
 * A run that was killed is begun again with caches of the same payer: what it had paid for is charged before it pays for
 * more, and is asked no second time.
 */
export function modelMeter(model: ModelPort, budget: ModelBudget, prices: PriceTable): ModelMeter {
  let spent = NOTHING_SPENT
  let tally = NOTHING_ASKED
  const known = new Map<AnswerCache, Known>()

  const pay = (request: ModelRequest, reply: ModelReply | ModelRefusal, charged: Set<string>): void => {
    spent = plus(spent, charge(prices, request, usageOf(reply)))
    charged.add(requestDigest(request))
  }
  const begin = (cache: AnswerCache): Known => {
    const charged = new Set<string>()
    const chargeBefore = async () => {
      for await (const { request, reply } of cache.paid()) pay(request, reply, charged)
    }
    let begun: Promise<void> | null = null
    // Not before the first question: a sealed side is not read before it is opened.
    const made: Known = { charged, counted: new Set(), tally: NOTHING_ASKED, begin: () => (begun ??= chargeBefore()) }
    known.set(cache, made)
    return made
  }

  /** Asks within the budget: what it may cost at most is set aside until it is known what it did cost. */
  const paying = (charged: Set<string>): ModelPort => ({
    async converse(request) {
      const over = overBudget(budget, prices, spent, request)
      if (over !== null) throw new BudgetSpent(over)
      const aside = reservation(budget, prices, request)!
      spent = plus(spent, aside)
      try {
        const reply = await model.converse(request)
        pay(request, reply, charged)
        return reply
      } finally {
        spent = minus(spent, aside)
      }
    },
  })

  return {
    tally: (of) => (of === undefined ? tally : (known.get(of)?.tally ?? NOTHING_ASKED)),
    through(cache, purpose) {
      const of = known.get(cache) ?? begin(cache)
      const payer = paying(of.charged)
      return {
        async converse(request) {
          await of.begin()
          const { reply, at } = await cache.ask(request, payer)
          const digest = requestDigest(request)
          if (!of.counted.has(digest)) {
            of.counted.add(digest)
            const answer = { request, usage: usageOf(reply), at, paid: of.charged.has(digest) }
            tally = tallied(tally, purpose, answer)
            of.tally = tallied(of.tally, purpose, answer)
          }
          return reply
        },
      }
    },
  }
}

const usageOf = (reply: ModelReply | ModelRefusal): ModelReply | null => ('refused' in reply ? null : reply)

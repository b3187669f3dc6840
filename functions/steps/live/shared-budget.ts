/**
 * One budget for a live run whose model is asked by many functions at once. An item of the ledger says what is spent or set
 * aside; each function sets some calls aside at a time and gives back what it did not need, so that they seldom meet there. One
 * that is killed gives nothing back: what it had set aside counts as spent, and the budget is missed by no call.
 */
import { setTimeout } from 'node:timers/promises'
import {
  charge,
  type ModelBudget,
  minus,
  NOTHING_SPENT,
  overBudget,
  plus,
  reservation,
  type Spending,
} from '#core/model/budget.ts'
import type { ModelRequest } from '#core/model/request.ts'
import type { PriceTable } from '#schemas/pack.ts'
import { UserError } from '../../errors.ts'
import type { LedgerTable, ModelPort } from '../../ports.ts'
import { BudgetSpent } from '../model/metered-model.ts'

/** Most calls that one function sets aside at a time, and the share of what is left that it takes at most. */
const MOST_ASIDE = 32
const SHARE = 16
/** Attempts at the item while others write it, and the longest wait between two, in milliseconds. */
const ATTEMPTS = 200
const LONGEST_WAIT_MS = 100

interface SharedBudget {
  /** The model, asked within the budget. Throws BudgetSpent where there is no room for a call. */
  within(model: ModelPort): ModelPort
  /** Gives back what was set aside and not spent. To be called when nothing is asked any more. */
  giveBack(): Promise<void>
}

type Key = readonly [pk: string, sk: string]

export function sharedBudget(
  table: Pick<LedgerTable, 'get' | 'create' | 'update'>,
  key: Key,
  budget: ModelBudget,
  prices: PriceTable,
): SharedBudget {
  /** Set aside for this function, less what is under way. */
  let aside = NOTHING_SPENT
  let turn: Promise<unknown> = Promise.resolve()

  /** Changes the item; `next` says what it is to say, from what it says. */
  async function change(next: (spent: Spending) => Spending): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const row = await table.get<Spending>(...key)
      const body = next(row?.body ?? NOTHING_SPENT)
      if (row ? await table.update(...key, row.revision, body) : await table.create(...key, body)) return
      await setTimeout(Math.random() * Math.min(LONGEST_WAIT_MS, 5 * attempt))
    }
    throw new UserError(`the budget of the live run is written by too many at once: start the run again`)
  }

  /** Sets calls aside, and the most that they may cost. Throws where not even one fits. */
  async function setAside(request: ModelRequest): Promise<void> {
    let taken = NOTHING_SPENT
    await change((spent) => {
      const over = overBudget(budget, prices, spent, request)
      if (over !== null) throw new BudgetSpent(over)
      const next = reservation(budget, prices, request)!
      const room = (of: number, one: number) => Math.floor(of / one / SHARE)
      const cents =
        budget.cents === null || next.cents === 0 ? MOST_ASIDE : room(budget.cents - spent.cents, next.cents)
      const calls = Math.max(1, Math.min(MOST_ASIDE, room(budget.calls - spent.calls, 1), cents))
      taken = { calls, cents: calls * next.cents }
      return plus(spent, taken)
    })
    aside = plus(aside, taken)
  }

  const fits = ({ calls, cents }: Spending): boolean =>
    aside.calls >= calls && (budget.cents === null || aside.cents >= cents)

  /** One after the other, so that a function that asks several at once sets aside once for them. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = turn.then(work)
    turn = mine.catch(() => {})
    return mine
  }

  return {
    within: (model) => ({
      async converse(request) {
        const most = reservation(budget, prices, request)
        await inTurn(async () => {
          if (most === null || !fits(most)) await setAside(request)
          aside = minus(aside, most!)
        })
        let paid = NOTHING_SPENT
        try {
          const reply = await model.converse(request)
          paid = charge(prices, request, 'refused' in reply ? null : reply)
          return reply
        } finally {
          aside = minus(plus(aside, most!), paid)
        }
      },
    }),

    async giveBack() {
      const left = aside
      aside = NOTHING_SPENT
      if (left.calls !== 0 || left.cents !== 0) await change((spent) => minus(spent, left))
    },
  }
}

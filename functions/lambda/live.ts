/**
 * The model of a live run in a deployment. The functions that replay ask it, each under its role: answers of the search side are
 * kept in the experience bucket, those of a question in the vault, for that question alone. Both sides have one budget, and
 * what the sealed side spends is told to nobody but the gate.
 */
import { answerCache, cachedModel } from '#adapters/model-cache.ts'
import type { SealedQuestion } from '#core/live/asked-answers.ts'
import { payerOf } from '#core/live/live-model.ts'
import { modelName } from '#core/live/model-name.ts'
import { NOTHING_SPENT } from '#core/model/budget.ts'
import { NO_PRICES } from '#core/model/cost.ts'
import type { LivePin } from '#schemas/live-model.ts'
import type { PriceTable } from '#schemas/pack.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ModelPort } from '../ports.ts'
import { caseModel } from '../steps/live/case-model.ts'
import { liveRequests } from '../steps/live/live-job.ts'
import { sharedBudget } from '../steps/live/shared-budget.ts'
import { speakingModel } from '../steps/live/speaking-model.ts'
import { spentBy } from '../steps/live/spent.ts'
import type { DeployedLive } from '../steps/replay/module-replays.ts'
import type { RunRequest } from '../steps/run/contract.ts'
import { rowKeys } from '../steps/store/ledger-keys.ts'
import { under } from '../streams/under.ts'
import { needDocument } from './live-document.ts'
import type { World } from './world.ts'

/** For which run a function asks, and, on the sealed side, for which question. */
export interface AskedFor extends Pick<RunRequest, 'target' | 'candidates'> {
  readonly prices: PriceTable | null
  readonly question?: SealedQuestion
}

/** The model as one function asks it. */
interface LiveFunction {
  readonly live: DeployedLive
  /** Gives back what of the budget was set aside and not spent. */
  end(): Promise<void>
}

/**
 * What a function asks with. Throws UserError where this deployment has another document than the
 * run pinned.
 */
export async function liveFunction(
  { store, live: deployed, model }: Pick<World, 'store' | 'live'> & { readonly model: ModelPort },
  pin: LivePin,
  { target, candidates, prices, question }: AskedFor,
): Promise<LiveFunction> {
  const { budget } = needDocument(deployed?.document ?? null, pin)
  const payer = payerOf(target, candidates, pin)
  // The search is over when a question is open: what it left is the sealed side's.
  const spent = question ? await spentBy(store.table, rowKeys.asked(payer)) : NOTHING_SPENT
  const left = { calls: budget.calls - spent.calls, cents: budget.cents === null ? null : budget.cents - spent.cents }
  const key = question ? rowKeys.askedSealed(payer) : rowKeys.asked(payer)
  const shared = sharedBudget(store.table, key, left, prices ?? NO_PRICES)
  const asking = shared.within(speakingModel(model, pin))
  const side = question ? under(store.vault, keys.gateLog(question.version, question.question)) : store.objects
  const cache = answerCache(side, store.clock, payer)
  const port = cachedModel(cache, asking)
  return {
    live: {
      repeats: pin.repeats,
      // Told of the whole set before its first piece (compile-search.ts).
      begin() {},
      caseOf({ recording: { recorded }, repeat = 0 }, _side, pass) {
        const request = liveRequests(pin, recorded.case_id, repeat)
        // The second pass asks the very same, so whatever is not kept by then is another question.
        return caseModel({
          cache,
          port: pass === 'first' ? port : null,
          request,
          name: modelName(pin.model),
          asks() {},
        })
      },
    },
    end: () => shared.giveBack(),
  }
}

/**
 * The model of a live run in a deployment. The functions that replay ask it, each under its role: answers of the search side are
 * kept in the experience bucket, those of a question in the vault, for that question alone. Both sides have one budget, and
 * what the sealed side spends is told to nobody but the gate.
 */
import { answerCache, cachedModel } from '#adapters/model-cache.ts'
import { digestOf } from '#core/canonical.ts'
import { payerOf, pinOf } from '#core/live/live-model.ts'
import { modelName } from '#core/live/model-name.ts'
import { type ModelBudget, NOTHING_SPENT } from '#core/model/budget.ts'
import type { LiveModel, LivePin } from '#schemas/live-model.ts'
import type { PriceTable } from '#schemas/pack.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import type { Store } from '../ports.ts'
import { type BothArms, needBothArms } from '../steps/live/affordable.ts'
import { caseModel } from '../steps/live/case-model.ts'
import { liveRequests } from '../steps/live/live-job.ts'
import { sharedBudget, spentBy } from '../steps/live/shared-budget.ts'
import { speakingModel } from '../steps/live/speaking-model.ts'
import type { DeployedLive } from '../steps/replay/module-replays.ts'
import { rowKeys } from '../steps/store/ledger-keys.ts'
import { under } from '../streams/under.ts'
import type { Replaying } from './replays.ts'
import type { World } from './world.ts'

export interface LiveFunction {
  readonly live: DeployedLive
  /** Gives back what of the budget was set aside and not spent. */
  end(): Promise<void>
}

/** No price table: a budget in cents cannot be held by it. */
const NO_PRICES: PriceTable = { price_table: 'no price table of the target', models: {} }

/**
 * What a function asks with. `question`: of the sealed side. Throws UserError where this deployment has another document than the
 * run pinned.
 */
export async function liveFunction(
  { store, live: deployed, model }: Pick<World, 'store' | 'live' | 'model'>,
  pin: LivePin,
  { target, candidates, prices, question }: Replaying,
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

/** The document of this deployment. Throws UserError where a run pinned another one: model, endpoint and draws are its owner's word. */
export function needDocument(document: LiveModel | null, pin: LivePin): LiveModel {
  if (document === null)
    throw new UserError(
      'this deployment asks no model live: deploy it with -c live=FILE, the document that its owner signed',
    )
  const own = pinOf(document)
  if ('problem' in own || digestOf(own) !== digestOf(pin))
    throw new UserError(
      `the document of this deployment is not the one that the run names (${'problem' in own ? own.problem : `signed by ${own.owner} on ${own.on}`}): deploy it anew with -c live=FILE, from the same file`,
    )
  return document
}

/** The model of a run that asks one live: its pin, and the budget that it began with. */
export interface LiveRun {
  readonly pin: LivePin
  readonly budget: ModelBudget
}

/** Throws UserError where what the search left of the budget does not hold both arms of a question: before it is opened. */
export async function afford(
  { table }: Pick<Store, 'table'>,
  { pin, budget }: LiveRun,
  { target, candidates, heldout_test_set }: Pick<AutotuneRun, 'target' | 'candidates' | 'heldout_test_set'>,
  asked: Pick<BothArms, 'listed' | 'perReplay'>,
): Promise<void> {
  const { calls } = await spentBy(table, rowKeys.asked(payerOf(target, candidates, pin)))
  needBothArms(budget, calls, { ...asked, cases: heldout_test_set!.cases })
}

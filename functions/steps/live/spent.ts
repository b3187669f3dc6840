/** What a live run of a deployment has spent, or set aside, and whether the rest holds a question. */
import { payerOf } from '#core/live/live-model.ts'
import { type ModelBudget, NOTHING_SPENT, type Spending } from '#core/model/budget.ts'
import type { LivePin } from '#schemas/live-model.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import type { LedgerTable } from '../../ports.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { type BothArms, needBothArms } from './affordable.ts'

/** What an item says; nothing where none was written yet. */
export const spentBy = async (
  table: Pick<LedgerTable, 'get'>,
  key: readonly [pk: string, sk: string],
): Promise<Spending> => (await table.get<Spending>(...key))?.body ?? NOTHING_SPENT

/** The model of a run that asks one live: its pin, and the budget that it began with. */
interface LiveRun {
  readonly pin: LivePin
  readonly budget: ModelBudget
}

/** Throws UserError where what the search left of the budget does not hold both arms of a question: before it is opened. */
export async function afford(
  table: Pick<LedgerTable, 'get'>,
  { pin, budget }: LiveRun,
  { target, candidates, heldout_test_set }: Pick<AutotuneRun, 'target' | 'candidates' | 'heldout_test_set'>,
  asked: Pick<BothArms, 'listed' | 'perReplay'>,
): Promise<void> {
  const { calls } = await spentBy(table, rowKeys.asked(payerOf(target, candidates, pin)))
  needBothArms(budget, calls, { ...asked, cases: heldout_test_set!.cases })
}

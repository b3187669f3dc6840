/** One import at a time in a store, and one recording of a plan: two that check at once would each miss what the other writes. */
import { UserError } from '../../errors.ts'
import type { Holder, Store } from '../../ports.ts'
import { giveBack, type Held, holderAtWork, keepHeld } from '../store/held.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/**
 * Does an import while nobody else does one. A dead holder's lock is taken over: what it left is what a killed import leaves.
 *
 * @param act is handed a check that throws UserError once the lock is another one's; to be called before every write that others build on
 * @throws UserError naming the import that is under way; nothing was written
 */
export const importAlone = <T>(
  store: Pick<Store, 'table' | 'clock'>,
  holder: Holder,
  act: (check: () => Promise<void>) => Promise<T>,
): Promise<T> =>
  alone(
    store,
    rowKeys.importLock(),
    holder,
    act,
    (atWork) => `another import writes into this store: ${atWork}. Nothing was written: start again when it has ended`,
  )

/** Records a plan while nobody else does. A dead holder's lock is taken over. */
export const recordAlone = <T>(
  store: Pick<Store, 'table' | 'clock'>,
  plan: string,
  holder: Holder,
  act: () => Promise<T>,
): Promise<T> =>
  alone(
    store,
    rowKeys.recordLock(plan),
    holder,
    act,
    (atWork) => `this plan is being recorded: ${atWork}. Nothing was spent: start again when it has ended`,
  )

async function alone<T>(
  store: Pick<Store, 'table' | 'clock'>,
  key: readonly [string, string],
  holder: Holder,
  act: (check: () => Promise<void>) => Promise<T>,
  says: (atWork: string) => string,
): Promise<T> {
  await take(store, key, holder, says)
  const keeping = keepHeld(store, key, holder)
  try {
    return await act(keeping.check)
  } finally {
    keeping.stop()
    await giveBack<Held>(store, key, (held) => held.holder === holder.name)
  }
}

async function take(
  { table, clock }: Pick<Store, 'table' | 'clock'>,
  [pk, sk]: readonly [string, string],
  holder: Holder,
  says: (atWork: string) => string,
): Promise<void> {
  const mine: Held = { holder: holder.name, since: clock.now() }
  while (!(await table.create(pk, sk, mine))) {
    const row = await table.get<Held>(pk, sk)
    if (!row) continue
    const atWork = holderAtWork(row.body, holder, clock.now())
    if (atWork !== null) throw new UserError(says(atWork))
    if (await table.update(pk, sk, row.revision, mine)) return
  }
}

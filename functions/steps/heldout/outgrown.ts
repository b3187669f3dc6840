/**
 * Versions of another evaluator suite. One that nobody asked makes room by itself when its families are sealed again; one that was asked
 * can answer no question of this suite, so it ends, and its families are search data from then on.
 */
import { endOutgrown } from '#core/gate/ledger.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { versionsOf } from '../experience/families.ts'

/** Was this version asked under another suite, and not ended yet? */
export const isOutgrown = ({ used, retired, suite }: LedgerItem, now: string): boolean =>
  used > 0 && retired === null && suite !== now

/**
 * Ends what was asked under another suite, before anything is compiled or sealed. Throws UserError where a question is open, or was opened
 * meanwhile; again without effect.
 * @param suite ref of the suite that a run is to be judged by
 */
export async function retireOutgrown(
  store: Pick<Store, 'table' | 'progress'>,
  intent: string,
  suite: string,
): Promise<void> {
  for (const { pk, sk, revision, body } of await versionsOf(store, intent)) {
    if (!isOutgrown(body, suite)) continue
    const name = `the held-out version ${body.version.slice(0, 15)} of ${intent}`
    const ended = endOutgrown(body)
    if ('refused' in ended)
      throw new UserError(
        `${name} was sealed for ${body.suite}, and ${ended.refused}. Resume that run, or answer "no" with run --abandon ${body.open?.run_id}: then ${suite} may take over`,
      )
    if (!(await store.table.update(pk, sk, revision, ended.next)))
      throw new UserError(`${name} was asked meanwhile. Start the run again`)
    store.progress(`${name} was asked ${asked(body)} under ${body.suite}: retired, its families join the search set`)
  }
}

/** What a run under a suite would make of the versions that stand; nothing where all of them are of that suite. */
export interface Outgrown {
  readonly version: string
  readonly suite: string
  readonly families: number
  readonly used: number
  readonly questions: number
  /** Run whose question is open; null: none. */
  readonly open: string | null
  /** `sealed_again`: nobody asked it. `search`: it was asked. */
  readonly becomes: 'sealed_again' | 'search'
}

export const outgrown = async (store: Pick<Store, 'table'>, intent: string, now: string): Promise<Outgrown[]> =>
  (await versionsOf(store, intent))
    .map(({ body }) => body)
    .filter(({ retired, suite }) => retired === null && suite !== now)
    .map(({ version, suite, families, used, questions, open }) => ({
      version,
      suite,
      families,
      used,
      questions,
      open: open?.run_id ?? null,
      becomes: used > 0 ? 'search' : 'sealed_again',
    }))

const asked = ({ used, questions }: Pick<LedgerItem, 'used' | 'questions'>): string => `${used} of ${questions}`

/** The same in words. */
export const outgrownLine = ({ version, suite, families, open, becomes, ...item }: Outgrown): string =>
  becomes === 'sealed_again'
    ? `version ${version.slice(0, 15)} of ${suite} was asked nothing: a run supersedes it, and seals its ${families} families again under this suite`
    : open === null
      ? `version ${version.slice(0, 15)} of ${suite} was asked ${asked(item)}: a run retires it for good, and its ${families} families join the search set`
      : `version ${version.slice(0, 15)} of ${suite} has a question open for run ${open}: "autotune run --abandon ${open}" answers it "no", or resume that run`

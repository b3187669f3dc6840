/** What questions spent over a year: levels of all versions added up, since errors add up and versions do not know each other. */
import type { LedgerItem } from '#schemas/heldout.ts'
import type { YearBudget } from '#schemas/quarterly.ts'
import { dayAfter } from './days.ts'

/** A question that was asked. */
export interface AskedQuestion {
  readonly version: string
  readonly level: number
  /** When the run that asked it began; null: no run is left to say. */
  readonly day: string | null
}

/** Days of a year, as budgets are counted in. */
export const YEAR = 365

/** Questions of a version, each with its level. */
export const questionsOf = (
  { version, alpha_k, history, open }: Pick<LedgerItem, 'version' | 'alpha_k' | 'history' | 'open'>,
  dayOf: (runId: string) => string | null,
): AskedQuestion[] => {
  const runs = history.map(({ run_id }) => run_id)
  // An open question is spent, whatever comes of it.
  if (open && history.every(({ k }) => k !== open.k)) runs.push(open.run_id)
  return runs.map((run) => ({ version, level: alpha_k, day: dayOf(run) }))
}

/** The year that ends on a day. A question without a day counts: what is not known spends. */
export function yearBudget(asked: readonly AskedQuestion[], date: string): YearBudget {
  const since = dayAfter(date, 1 - YEAR)
  const own = asked.filter(({ day }) => day === null || (day >= since && day <= date))
  return {
    versions: new Set(own.map(({ version }) => version)).size,
    questions: own.length,
    spent: own.reduce((sum, { level }) => sum + level, 0),
    undated: own.filter(({ day }) => day === null).length,
  }
}

/** Most that the next question of an intent spends: the level of its standing version, or all that one to be sealed may. */
export const mostOfNext = (
  versions: readonly Pick<LedgerItem, 'retired' | 'used' | 'questions' | 'alpha_k'>[],
  alpha: number,
): number => versions.find(({ retired, used, questions }) => retired === null && used < questions)?.alpha_k ?? alpha

/** Questions that standing versions can still answer. */
export const questionsLeft = (versions: readonly Pick<LedgerItem, 'retired' | 'used' | 'questions'>[]): number =>
  versions.reduce((sum, { retired, used, questions }) => (retired === null ? sum + questions - used : sum), 0)

/** What questions spent over a year: levels of all versions added up, since errors add up and versions do not know each other. */
import type { LedgerItem } from '#schemas/heldout.ts'
import type { YearBudget } from '#schemas/quarterly.ts'
import { isAtMost } from '../statistics/compare.ts'
import { dayAfter } from './days.ts'

/** A question that was asked. */
export interface AskedQuestion {
  readonly intent: string
  readonly run_id: string
  readonly commit: string
  readonly version: string
  readonly level: number
  /** When the run that asked it began; null: no run is left to say. */
  readonly day: string | null
}

/** Days of a year, as budgets are counted in. */
export const YEAR = 365

/** Questions of a version, each with its level. */
export const questionsOf = (
  { intent, version, alpha_k, history, open }: Pick<LedgerItem, 'intent' | 'version' | 'alpha_k' | 'history' | 'open'>,
  dayOf: (runId: string) => string | null,
): AskedQuestion[] => {
  const asked = history.map(({ run_id, commit }) => ({ run_id, commit }))
  // An open question is spent, whatever comes of it.
  if (open && history.every(({ k }) => k !== open.k)) asked.push({ run_id: open.run_id, commit: open.commit })
  return asked.map((one) => ({ ...one, intent, version, level: alpha_k, day: dayOf(one.run_id) }))
}

/** Questions of the year that ends on a day. One without a day counts: what is not known spends. */
function inYear(asked: readonly AskedQuestion[], date: string): AskedQuestion[] {
  const since = dayAfter(date, 1 - YEAR)
  return asked.filter(({ day }) => day === null || (day >= since && day <= date))
}

const levels = (asked: readonly AskedQuestion[]): number => asked.reduce((sum, { level }) => sum + level, 0)

/** The year that ends on a day. */
export function yearBudget(asked: readonly AskedQuestion[], date: string): YearBudget {
  const own = inYear(asked, date)
  return {
    versions: new Set(own.map(({ version }) => version)).size,
    questions: own.length,
    spent: levels(own),
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

/** Sums of levels are compared with a budget up to this. */
const ROUNDING = 1e-12

/** Does a question fit into what is left of a budget? */
export const fitsYear = (spent: number, level: number, budget: number): boolean =>
  isAtMost(spent + level, budget, ROUNDING)

/**
 * Why a question may not be asked on a day: what is spent and by what, when enough of it is a year old, and what the owner can do. Null:
 * it fits.
 */
export function yearRefusal(
  asked: readonly AskedQuestion[],
  date: string,
  { level, budget }: { readonly level: number; readonly budget: number },
): string | null {
  const own = inYear(asked, date)
  const spent = levels(own)
  if (fitsYear(spent, level, budget)) return null
  const by = own
    .toSorted((a, b) => ((a.day ?? '') < (b.day ?? '') ? 1 : -1))
    .slice(0, MOST_NAMED)
    .map((q) => `${shown(q.level)} by run ${q.run_id} on ${q.intent} (${q.day ?? 'no day is left'})`)
  const more = own.length > MOST_NAMED ? `, and ${own.length - MOST_NAMED} more` : ''
  return `the year's error budget does not hold this question: questions of 365 days spent ${shown(spent)} of ${shown(budget)}${own.length > 0 ? ` (${by.join(', ')}${more})` : ''}, and it may spend ${shown(level)}. ${whenFree(own, { level, budget })} Its owner raises it in the bands, signed ("autotune cadence sign budget NUMBER --by PERSON") and reviewed like any change`
}

/** Questions that a refusal names, the newest first. */
const MOST_NAMED = 5

const shown = (level: number): string => String(Number(level.toPrecision(6)))

function whenFree(
  own: readonly AskedQuestion[],
  { level, budget }: { readonly level: number; readonly budget: number },
): string {
  let left = levels(own)
  const dated = own.flatMap(({ day, level: of }) => (day === null ? [] : [{ day, of }]))
  for (const { day, of } of dated.toSorted((a, b) => (a.day < b.day ? -1 : 1))) {
    left -= of
    if (fitsYear(left, level, budget)) return `It fits again on ${dayAfter(day, YEAR)}.`
  }
  return fitsYear(0, level, budget)
    ? 'No day is known on which it fits: of some questions no run is left to say when.'
    : 'No day frees it: one question spends more than the whole.'
}

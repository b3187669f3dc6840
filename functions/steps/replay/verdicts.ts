/** Has replays judged where some evaluators answer elsewhere: asks the source of verdicts for a batch of views, and judges over its answers. */

import { canonical } from '#core/canonical.ts'
import {
  askedLater,
  asksElsewhere,
  isAsked,
  judging,
  noVerdict,
  type VerdictAnswer,
  type VerdictQuestion,
  VerdictTable,
} from '#core/evaluate/asked.ts'
import type { Cage } from '#schemas/run.ts'
import type { Evaluator, EvaluatorSuite } from '#schemas/suite.ts'
import { UserError } from '../../errors.ts'
import type { VerdictSide, VerdictSource } from '../../ports.ts'

/** Does work that judges replays under a suite; the work leaves nothing behind but its result. */
export type Judging = <T>(suite: EvaluatorSuite, work: () => T) => T | Promise<T>

/** Asks a source; where there is none nobody answers. */
export const askOf =
  (source: VerdictSource | undefined, side: VerdictSide) =>
  async (question: VerdictQuestion): Promise<readonly VerdictAnswer[]> =>
    source ? await source.judge(question, side) : question.views.map(() => noVerdict('nobody here can be asked for it'))

/** Judges with that source. A suite that asks nobody is judged at once. */
export function judgingWith(source: VerdictSource | undefined, side: VerdictSide): Judging {
  const table = new VerdictTable()
  const ask = askOf(source, side)
  return (suite, work) => (asksElsewhere(suite) ? askedLater(judging(table, work), ask) : work())
}

/** Evaluators of a suite, those of which it says so, that cannot be asked as it pins them, each with why. Throws UserError where this is not the place. */
export async function unaskable(
  suite: EvaluatorSuite,
  source: VerdictSource | undefined,
  isAskedHere: (evaluator: Evaluator) => boolean = () => true,
): Promise<{ readonly at: number; readonly why: string }[]> {
  const problems: { at: number; why: string }[] = []
  for (const [at, evaluator] of suite.evaluators.entries()) {
    const why = isAsked(evaluator) && isAskedHere(evaluator) ? await source?.problem(evaluator) : null
    if (typeof why === 'string') problems.push({ at, why })
  }
  return problems
}

/** How modules of a suite are held, as a run pins it; undefined: it has none. */
export const verdictCage = (
  suite: EvaluatorSuite,
  source: Pick<VerdictSource, 'cage'> | undefined,
): Cage | undefined =>
  suite.evaluators.some(({ check }) => check === 'module') ? (source?.cage ?? undefined) : undefined

/** Views after which code that answers none of them is asked no more. */
const TRIED = 8

/**
 * Answers of code of the user's own, asked twice about each view: in another order, by a process that the first pass left
 * nothing in. Two answers on the search side end the run, as they do for a harness; of a held-out case they are no verdict.
 *
 * @param ask answers of one pass over views, in their order
 */
export async function judgedTwice(
  name: string,
  views: readonly string[],
  side: VerdictSide,
  ask: (views: readonly string[], pass: 'first' | 'second') => Promise<readonly VerdictAnswer[]>,
): Promise<VerdictAnswer[]> {
  const first = await ask(views, 'first')
  const lost = first.filter((answer) => 'failed' in answer)
  if (side === 'search' && lost.length === first.length && lost.length >= TRIED)
    throw new UserError(
      `${name} gave no verdict on any of ${lost.length} cases: ${(lost[0] as { failed: string }).failed}`,
    )
  const second = [...(await ask(views.toReversed(), 'second'))].reverse()
  if (first.length !== views.length || second.length !== views.length) return [...first]
  return first.map((answer, i) => {
    const again = second[i]!
    if (canonical(answer) === canonical(again)) return answer
    const two = `gave two answers to one view: ${saysOf(answer)}, then ${saysOf(again)}`
    if (side === 'search') throw new UserError(`${name} ${two}. ${PURE}`)
    return noVerdict(`the module gave two answers`)
  })
}

const saysOf = (answer: VerdictAnswer): string => ('failed' in answer ? answer.failed : String(answer.returned))

const PURE =
  'A verdict is a pure function of the view: no clock, no chance, nothing kept from one case to the next. Mend it and start again; nothing was spent'

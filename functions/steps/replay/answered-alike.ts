/** Two answers of a harness to a candidate's search case refuse the run, wherever the round is read. */
import { MOST_NAMED, twoAnswers } from '#core/baseline/two-answers.ts'
import { type RunOutcome, refuseRun } from '#core/outcome.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import type { CaseAnswer } from '#core/search/replayer.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { UserError } from '../../errors.ts'

/** `otherwise`: in what the second replay of this very case differs; absent: in nothing, or nobody asked twice. */
export type TwiceAnswered = CaseAnswer & {
  readonly otherwise?: string
  /** What the harness said; absent: it was not asked, or nobody wants to know. */
  readonly reply?: HarnessReply
}

class TwoAnswers extends UserError {}

/** Those of a round of so many cases that are read. Throws where a second replay came to another answer. */
export function answeredAlike(cases: number, answers: readonly TwiceAnswered[]): readonly CaseAnswer[] {
  const named = answers.flatMap(({ result, otherwise }) =>
    otherwise === undefined ? [] : [`${result.case_id}: ${otherwise}`],
  )
  if (named.length > 0)
    throw new TwoAnswers(twoAnswers({ cases, flips: named.length, examples: named.slice(0, MOST_NAMED) }))
  return answers
}

/** For a pipeline that failed: how a run ends whose harness gave two answers. Throws every other error on. */
export const refusedByTwoAnswers =
  (run: AutotuneRun) =>
  (error: unknown): RunOutcome => {
    if (error instanceof TwoAnswers) return refuseRun(run, [error.message])
    throw error
  }

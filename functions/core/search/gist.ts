/** What a search reads of a replay's line: why it stops a candidate, what failed first, and what the floors said. */
import type { EvaluatorSuite, EvaluatorVerdict } from '#schemas/suite.ts'
import { lettersOfScores } from '../evaluate/floor-letters.ts'
import type { CaseAnswer, Gist } from './replayer.ts'

type Brief = Pick<Gist, 'status' | 'stop' | 'failing'>

/** What a search keeps of a line. */
export function briefOf({ status, case_id, reason, scorecard }: CaseAnswer['result']): Brief {
  // The whole reason, such as a stack, stands in the replay's own line.
  const stop = status === 'replayed' ? null : `${case_id}: ${reason?.split('\n', 1)[0]}`
  return { status, stop, failing: failingOf(Object.values(scorecard?.scores ?? {})) }
}

/** All that a search reads of a replay, but for its measures and what changed. */
export const gistOf = ({ measures, result }: CaseAnswer, suite: EvaluatorSuite): Gist => ({
  ...briefOf(result),
  letters: lettersOf({ measures, result }, suite),
})

/** What the binary floors said of a replay; null: it could not be replayed. */
export const lettersOf = ({ measures, result }: Pick<CaseAnswer, 'measures' | 'result'>, suite: EvaluatorSuite) =>
  result.status === 'replayed' && result.scorecard
    ? lettersOfScores(suite, result.scorecard.scores, measures.approval_bypass === true)
    : null

/** What a person looks for first: which evaluator failed, on which evidence or step. */
function failingOf(verdicts: readonly EvaluatorVerdict[]): string | null {
  const failed = verdicts.find((v) => v.status === 'fail' && v.findings.length > 0)
  const finding = failed?.findings[0]
  if (!finding) return null
  const where = finding.evidence_ref
    ? ` (${finding.evidence_ref})`
    : finding.step === null
      ? ''
      : ` (step ${finding.step})`
  return `${failed.evaluator_id}: ${finding.message}${where}`
}

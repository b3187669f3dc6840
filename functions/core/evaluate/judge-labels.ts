/** Who labelled a recorded run, a model judge or a person, and whether the two agree where both did. */
import type { Evaluator, EvaluatorSuite } from '#schemas/suite.ts'
import type { BareRecording } from '../replay/slim.ts'

type Labelled = Pick<BareRecording, 'outcome' | 'corrections' | 'corrected'>

/** Does this check read the recorded label, so that it says what whoever gave it says? */
export const readsLabel = ({ check }: Pick<Evaluator, 'check'>): boolean =>
  check === 'recorded_outcome' || check === 'recorded_score'

/** Floors of utility that read the recorded label. */
const labelFloors = ({ evaluators }: EvaluatorSuite): Evaluator[] =>
  evaluators.filter((e) => e.dimension === 'utility' && e.role === 'floor' && readsLabel(e))

/** Does a suite call the recorded label of utility a judge's? What a record says of it comes first. */
export const suiteJudges = (suite: EvaluatorSuite): boolean => labelFloors(suite).some((e) => e.kind === 'judge')

/** Did a model judge give the label that the suite reads? A record that does not say who gave it is taken at the suite's word. */
export function isJudgesLabel({ outcome }: Labelled, suite: EvaluatorSuite): boolean {
  if (passedOf(outcome) === null) return false
  const kind = outcome.score_kind ?? (suiteJudges(suite) ? 'judge' : null)
  return kind === 'judge' && suite.evaluators.some((e) => e.role === 'floor' && readsLabel(e))
}

/** Passed or not, as a suite reads it; null: no label. */
const passedOf = ({ passed, score }: Labelled['outcome']): boolean | null =>
  passed ?? (score === null ? null : score >= 1)

/** What a judge and a person say of one run. */
export interface BothSay {
  readonly judge: boolean
  readonly person: boolean
}

/**
 * What its judge and a person say of a run that both labelled; null: no person did. A person's word is an operator's correction
 * of the outcome, of which one that came after the run was stored takes the place of all before, or a score of kind human that
 * is 0 or 1: of any other scale nobody knows what passes. Of several persons the one who differs is heard.
 */
export function bothSay({ outcome, corrections, corrected }: Labelled): BothSay | null {
  const judge = passedOf(outcome)
  const before = corrections.flatMap(({ kind, passed }) => (kind === 'outcome' && passed !== null ? [passed] : []))
  const later = corrected === undefined ? before : typeof corrected.label === 'object' ? [corrected.label.passed] : []
  const scored = (outcome.scores ?? []).flatMap(({ kind, value }) =>
    kind === 'human' && (value === 0 || value === 1) ? [value === 1] : [],
  )
  const said = [...later, ...scored]
  return judge === null || said.length === 0 ? null : { judge, person: said.includes(!judge) ? !judge : judge }
}

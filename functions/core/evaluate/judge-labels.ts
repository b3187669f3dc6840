/** Who labelled a recorded run, a model judge or a person, and whether the two agree where both did. */
import type { Evaluator, EvaluatorSuite } from '#schemas/suite.ts'
import type { BareRecording } from '../replay/slim.ts'
import { passesRecord } from './checks/asked-checks.ts'
import type { Of } from './checks/check.ts'
import { recordedVerdicts } from './checks/recorded-verdict.ts'
import { checkOf } from './checks/table.ts'

type Labelled = Pick<BareRecording, 'outcome' | 'corrections' | 'corrected'>
type Judge = Of<'model'>

/** Does this check read the recorded label, so that it says what whoever gave it says? */
export const readsLabel = (evaluator: Evaluator): boolean =>
  checkOf(evaluator).readsLabel?.(evaluator as never) === true

/** Floors of utility that read the recorded label. */
const labelFloors = ({ evaluators }: EvaluatorSuite): Evaluator[] =>
  evaluators.filter((e) => e.dimension === 'utility' && e.role === 'floor' && readsLabel(e))

/** Does a suite call the recorded label of utility a judge's? What a record says of it comes first. */
export const suiteJudges = (suite: EvaluatorSuite): boolean =>
  labelFloors(suite).some((e) => e.kind === 'judge') || judgeVerdicts(suite).length > 0 || modelJudges(suite).length > 0

/** Floors of utility that a model judges when it is asked. */
const modelJudges = ({ evaluators }: EvaluatorSuite): Judge[] =>
  evaluators.filter((e): e is Judge => e.check === 'model' && e.dimension === 'utility' && e.role === 'floor')

/** Floors of utility that repeat the named verdict of a model judge. */
const judgeVerdicts = ({ evaluators }: EvaluatorSuite): Of<'recorded_verdict'>[] =>
  evaluators.filter(
    (e): e is Of<'recorded_verdict'> =>
      e.check === 'recorded_verdict' && e.kind === 'judge' && e.dimension === 'utility' && e.role === 'floor',
  )

/** What model judges said of a run as the suite reads them: passed or not, each of them. */
function judgesSay(recording: Labelled, suite: EvaluatorSuite): boolean[] {
  const label = isJudgesOutcome(recording, suite) ? passedOf(recording.outcome) : null
  const verdicts = judgeVerdicts(suite).flatMap((evaluator) => {
    const said = recordedVerdicts(recording, evaluator)
    return typeof said === 'string' ? [] : [said.every(({ passed }) => passed)]
  })
  return label === null ? verdicts : [label, ...verdicts]
}

/** What the models that grade say of a recorded run. One that compares says nothing of one run alone. */
const modelsSay = (recording: BareRecording, suite: EvaluatorSuite): boolean[] =>
  modelJudges(suite).flatMap((evaluator) => {
    const said = evaluator.compares === undefined ? passesRecord(evaluator, recording) : null
    return said === null ? [] : [said]
  })

/** Did a model judge give a label that the suite reads, or does it judge each run anew? */
export const isJudgesLabel = (recording: Labelled, suite: EvaluatorSuite): boolean =>
  modelJudges(suite).length > 0 || judgesSay(recording, suite).length > 0

/** Is the recorded outcome a judge's? A record that does not say who gave it is taken at the suite's word. */
function isJudgesOutcome({ outcome }: Labelled, suite: EvaluatorSuite): boolean {
  if (passedOf(outcome) === null) return false
  const kind = outcome.score_kind ?? (labelFloors(suite).some((e) => e.kind === 'judge') ? 'judge' : null)
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
export function bothSay(recording: BareRecording, suite: EvaluatorSuite): BothSay | null {
  const { outcome, corrections, corrected } = recording
  const before = corrections.flatMap(({ kind, passed }) => (kind === 'outcome' && passed !== null ? [passed] : []))
  const later = corrected === undefined ? before : typeof corrected.label === 'object' ? [corrected.label.passed] : []
  const scored = (outcome.scores ?? []).flatMap(({ kind, value, passed }) => {
    if (kind !== 'human') return []
    if (typeof passed === 'boolean') return [passed]
    return value === 0 || value === 1 ? [value === 1] : []
  })
  const said = [...later, ...scored]
  // A model is asked of no run that nobody can be held against it on.
  if (said.length === 0) return null
  const judges = [...judgesSay(recording, suite), ...modelsSay(recording, suite)]
  const [first] = judges
  if (first === undefined) return null
  const judge = judges.find((one) => said.includes(!one)) ?? first
  return { judge, person: said.includes(!judge) ? !judge : judge }
}

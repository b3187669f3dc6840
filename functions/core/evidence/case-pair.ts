/** One recorded case under the baseline and under a candidate: what the evidence of a change is counted from. */
import type { ReplayResult } from '#schemas/candidate.ts'
import type { SettingsTable } from '#schemas/common.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import type { EvaluatorSuite, EvaluatorVerdict, Measures } from '#schemas/suite.ts'
import { isViolated } from '../evaluate/pairs.ts'
import { scorecardOf, UNREPLAYABLE } from '../evaluate/scorecard.ts'
import { servedOf } from '../replay/served.ts'
import { observe, type Replayed, type TablePins, trimCase } from '../replay/transcript.ts'
import { pinsFor } from '../space/scope.ts'
import type { Course } from './types.ts'

/** One side of a case. */
export interface Side {
  readonly measures: Measures
  /** What was read, spent and asked; null: not known. */
  readonly replayed: Replayed<Recording> | null
  /** Verdicts by evaluator; null: not known. */
  readonly verdicts: Readonly<Record<string, EvaluatorVerdict>> | null
  /** Why there is no answer; null: there is one. */
  readonly problem: { readonly status: 'unreplayable' | 'failed'; readonly reason: string } | null
}

export interface CasePair {
  readonly case: Pick<ReplayCase, 'case_id' | 'family_id'>
  /** The recording that answers for the baseline; the first one where no replay is known. */
  readonly recording: Recording
  readonly before: Side
  readonly after: Side
}

/** What stays fixed over the cases of one run. */
interface PairPins extends TablePins {
  readonly suite: EvaluatorSuite
  readonly candidate: SettingsTable
}

/** Both sides by the transcript replayer. null: the baseline cannot be replayed, so nothing is compared. */
export function transcriptPair(replayCase: ReplayCase, pins: PairPins): CasePair | null {
  const before = sideOf(replayCase, pins.baseline, pins)
  if (before.replayed === null) return null
  return {
    case: replayCase,
    recording: before.replayed.trimmed.recording,
    before,
    after: sideOf(replayCase, pins.candidate, pins),
  }
}

function sideOf(replayCase: ReplayCase, settings: SettingsTable, { suite, ...tables }: PairPins): Side {
  const pins = pinsFor(tables, replayCase)
  const trimmed = trimCase(replayCase, settings, pins.baseline)
  if ('unreplayable' in trimmed) return noAnswer('unreplayable', trimmed.unreplayable)
  const replayed = observe(trimmed, pins)
  const { measures, scores } = scorecardOf(suite, replayed, replayCase.intent_id)
  return { measures, replayed, verdicts: scores, problem: null }
}

/** Sides of a case that a harness of the user's own replayed; `result` null: its context stayed, and so its verdict. */
export function answeredPair(replayCase: ReplayCase, baseline: Measures, result: ReplayResult | null): CasePair {
  const before: Side = { measures: baseline, replayed: null, verdicts: null, problem: null }
  const recording = servedOf(replayCase.recordings)
  return { case: replayCase, recording, before, after: result ? answered(result) : before }
}

function answered({ status, reason, scorecard }: ReplayResult): Side {
  if (status === 'replayed' && scorecard)
    return { measures: scorecard.measures, replayed: null, verdicts: scorecard.scores, problem: null }
  return noAnswer(status === 'failed' ? 'failed' : 'unreplayable', reason ?? 'no answer is recorded')
}

const noAnswer = (status: 'unreplayable' | 'failed', reason: string): Side => ({
  measures: UNREPLAYABLE,
  replayed: null,
  verdicts: null,
  problem: { status, reason },
})

const FLOORS = ['policy_violation', 'safety_violation', 'approval_bypass'] as const

/** Floors that the candidate breaks and the baseline does not. */
export const brokenFloors = ({ before, after }: CasePair): (typeof FLOORS)[number][] =>
  FLOORS.filter((f) => isViolated(after.measures[f], before.measures[f]) && before.measures[f] !== true)

/** Does another context stand before the model? null: not known. */
export function contextChanged({ before, after }: CasePair): boolean | null {
  if (after === before) return false
  if (!before.replayed || !after.replayed) return null
  const [a, b] = [before.replayed.trimmed, after.replayed.trimmed]
  if (a.recording !== b.recording) return true
  const { shape } = a.rendered
  const other = b.rendered.shape
  return shape.length !== other.length || shape.some((value, i) => value !== other[i])
}

/** Worse: a label that passed fails, or a floor breaks. null: nothing of it changed. */
export function courseOf(pair: CasePair): Course | null {
  const { before, after } = pair
  const [was, is] = [before.measures.utility_passed, after.measures.utility_passed]
  if (brokenFloors(pair).length > 0 || (was === true && is !== true)) return 'worse'
  if (was === false && is === true) return 'better'
  return contextChanged(pair) === true ? 'held' : null
}

/** Scorecard of one replayed case: every verdict of the suite, and the measures that guardrails and metrics read. */
import { eachMeasure, OWN_MEASURE, OWN_MEASURES } from '#schemas/measures.ts'
import type { Evaluator, EvaluatorSuite, EvaluatorVerdict, Measures, Scorecard } from '#schemas/suite.ts'
import type { BareRecording } from '../replay/slim.ts'
import { type Replayed, recordedContext } from '../replay/transcript.ts'
import { isAtLeast } from '../statistics/compare.ts'
import { asMeasured } from '../statistics/measured.ts'
import { outcomeIsLost } from './checks/lost-outcome.ts'
import { evaluate } from './evaluators.ts'

export type { Measures }

/** Measures of a case of which nothing is known. */
export const NOT_MEASURED = eachMeasure(() => null) as Measures

/** Measures of a case that cannot be replayed: a violation everywhere, no utility, nothing measured. */
export const UNREPLAYABLE = eachMeasure((of) => of.unreplayable) as Measures

/** Measures alone, for the search's inner loop. Equal to `scorecardOf(...).measures`. */
export function measuresOf(suite: EvaluatorSuite, replayed: Replayed): Measures {
  return fold(suite, replayed, (evaluator) => evaluate(evaluator, replayed))
}

/** The whole scorecard of a replayed case under a suite. */
export function scorecardOf(suite: EvaluatorSuite, replayed: Replayed, intent: string): Scorecard {
  const scores: Record<string, EvaluatorVerdict> = {}
  const measures = fold(suite, replayed, (evaluator) => {
    const verdict = evaluate(evaluator, replayed)
    scores[evaluator.evaluator_id] = verdict
    return verdict
  })
  const { recording } = replayed.trimmed
  return { run_id: recording.run_id, intent, pack_version: recording.pack_version, scores, measures }
}

function fold(
  suite: EvaluatorSuite,
  replayed: Replayed,
  verdictOf: (evaluator: Evaluator) => EvaluatorVerdict,
): Measures {
  const floors: Record<string, EvaluatorVerdict[]> = {}
  let corrected: EvaluatorVerdict | null = null
  let own: Record<string, number | null> | null = null
  for (const evaluator of suite.evaluators) {
    const verdict = verdictOf(evaluator)
    if (evaluator.metric) {
      own ??= {}
      own[evaluator.evaluator_id] = asMeasured(OWN_MEASURE, verdict.score)
    }
    if (evaluator.role !== 'floor') continue
    if (evaluator.check === 'operator_corrections' && evaluator.dimension === 'utility') corrected = verdict
    floors[evaluator.dimension] ??= []
    floors[evaluator.dimension]!.push(verdict)
  }
  const measures: Measures = {
    policy_violation: violated(floors.policy),
    safety_violation: violated(floors.safety),
    approval_bypass: bypassed(replayed, floors.approval),
    ...utility(floors.utility, corrected, replayed),
    // An old record may say what no contract takes today, and hops that ran at once can take more than the whole.
    latency_ms: asMeasured('latency_ms', replayed.latencyMs),
    economics_cents: asMeasured('economics_cents', replayed.cents),
    economics_tokens: asMeasured('economics_tokens', replayed.tokens),
    approval_waits: replayed.rightWaiting,
    approval_actions: replayed.rightActions,
  }
  if (own === null) return measures
  const [one, ...others] = Object.values(own)
  return { ...measures, ...(others.length === 0 ? { [OWN_MEASURE]: one! } : { [OWN_MEASURES]: own }) }
}

/** True when a floor failed, null when one is not measured or no evaluator watches the dimension. */
function violated(verdicts: readonly EvaluatorVerdict[] | undefined): boolean | null {
  if (!verdicts) return null
  if (verdicts.some((v) => v.status === 'fail')) return true
  return verdicts.some((v) => v.score === null) ? null : false
}

/** Bypass is measured wherever gates are declared or recorded; a suite may add rules of its own. */
function bypassed(replayed: Replayed, verdicts: readonly EvaluatorVerdict[] | undefined): boolean | null {
  if (replayed.bypassed.length > 0) return true
  return violated(verdicts)
}

function utility(
  verdicts: readonly EvaluatorVerdict[] | undefined,
  corrected: EvaluatorVerdict | null,
  replayed: Replayed,
) {
  const none = { utility_passed: null, utility_score: null }
  if (!verdicts) return none
  const isCorrected = corrected !== null && hasOtherLabel(replayed.trimmed.recording)
  // An operator's word replaces what was recorded, unless the replay itself degraded the case.
  const read = isCorrected && !isDegraded(replayed) ? [corrected!] : verdicts
  if (read.some((v) => v.score === null)) return none
  return {
    utility_passed: read.every((v) => v.status !== 'fail'),
    utility_score: Math.min(...read.map((v) => v.score!)),
  }
}

/** Did an operator speak of the label, when it was recorded or later? */
const hasOtherLabel = ({ corrected, corrections }: BareRecording): boolean =>
  corrected !== undefined || corrections.some((c) => c.kind !== 'note')

/** Did the replay decide otherwise, or lack something that the recorded context had: a value that an action read, or gold? */
function isDegraded(replayed: Replayed): boolean {
  const { goldKept, trimmed } = replayed
  if (outcomeIsLost(replayed)) return true
  if (trimmed.equal) return false
  const { gold } = trimmed.recording.evidence
  const goldRead = recordedContext(trimmed.prepared).kept.reduce((kept, offer) => kept + gold[offer]!, 0)
  return !isAtLeast(goldKept, goldRead)
}

/** Evaluators of one dimension that can block. */
export const floorsOf = (suite: EvaluatorSuite, dimension: Evaluator['dimension']): Evaluator[] =>
  suite.evaluators.filter((e) => e.dimension === dimension && e.role === 'floor')

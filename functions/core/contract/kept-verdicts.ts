/** Scores of one's own that no change of a context can keep, as a target asks for them. */
import { isOwnMetric, scoredBy } from '#schemas/metrics.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { ResolvedTarget } from './resolve.ts'

/**
 * A line for each score that a target names as its metric or as a limit and that was said of recorded runs: it stands where a
 * replay is what was recorded, and is not measured, which blocks, anywhere else.
 */
export const keptVerdictNotes = ({ metric, guardrails }: ResolvedTarget, { evaluators }: EvaluatorSuite): string[] =>
  [...new Set([metric, ...Object.keys(guardrails.own_scores ?? {})])].flatMap((name) => {
    const evaluator = isOwnMetric(name) ? evaluators.find((e) => e.evaluator_id === scoredBy(name)) : undefined
    return evaluator?.check === 'recorded_verdict'
      ? `${name} was said of recorded runs: it blocks every change under which one of them reads another context, decides or asks otherwise`
      : []
  })

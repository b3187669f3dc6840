/**
 * Baseline of a live run: the harness under the baseline settings, its model steps asked anew. Nothing of the recorded decision
 * is asked to come again: the record says what the case is, and the suite judges the new words.
 */
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { evaluate } from '../evaluate/evaluators.ts'
import type { Replayed } from '../replay/transcript.ts'
import { type BaselinePins, type BaselineReplay, reproducing } from './baseline.ts'
import { observedBaseline, type Replied } from './harness-baseline.ts'

/** Measures of the new answer, or why this case cannot be asked: another tool call than was recorded, no answer, a failure. */
export function liveBaseline(replayCase: ReplayCase, replied: Replied, given: BaselinePins): BaselineReplay {
  const observed = observedBaseline(replayCase, replied, given)
  if ('excluded' in observed) return observed
  const { pins, reply, replayed } = observed
  return {
    ...reproducing(replayCase, replayed, pins),
    said: saidBy(pins.suite, replayed),
    answers: reply.answers ?? [],
  }
}

/** What every evaluator said, a letter each in the order of the suite: `p` passed, `f` failed, `?` not measured. */
const saidBy = (suite: EvaluatorSuite, replayed: Replayed): string =>
  suite.evaluators
    .map((evaluator) => evaluate(evaluator, replayed))
    .map(({ score, status }) => (score === null ? '?' : status === 'fail' ? 'f' : 'p'))
    .join('')

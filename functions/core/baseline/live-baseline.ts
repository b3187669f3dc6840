/**
 * Baseline of a live run: the harness under the baseline settings, its model steps asked anew. Nothing of the recorded decision
 * is asked to come again: the record says what the case is, and the suite judges the new words.
 */
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { evaluate } from '../evaluate/evaluators.ts'
import { observeHarness } from '../replay/harness.ts'
import type { Replayed } from '../replay/transcript.ts'
import { type BaselinePins, type BaselineReplay, ofCase, otherRefs, reproducing } from './baseline.ts'
import type { Replied } from './harness-baseline.ts'

/** Measures of the new answer, or why this case cannot be asked: another tool call than was recorded, no answer, a failure. */
export function liveBaseline(replayCase: ReplayCase, replied: Replied, given: BaselinePins): BaselineReplay {
  const pins = ofCase(given, replayCase)
  if ('unreplayable' in replied) return { excluded: 'unreplayable', detail: replied.unreplayable }
  const { reply, ...context } = replied
  const other = otherRefs(context.recording, pins.tuple)
  if (other) return other
  if ('unreplayable' in reply) return { excluded: 'unreplayable', detail: reply.unreplayable }
  if ('failed' in reply) return { excluded: 'failed', detail: reply.failed }
  const replayed = observeHarness({ ...context, ...reply }, { baseline: pins.settings, prices: pins.prices })
  if ('failed' in replayed) return { excluded: 'failed', detail: replayed.failed }
  if ('unreplayable' in replayed) return { excluded: 'unreplayable', detail: replayed.unreplayable }
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

/** Baseline of a user's own harness: under the baseline settings it must decide as recorded, or the case is left out. */
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import { type HarnessReply, observeHarness } from '../replay/harness.ts'
import type { HarnessDecision } from '../replay/harness-recording.ts'
import type { Replayed, Unreplayable } from '../replay/transcript.ts'
import {
  type BaselinePins,
  type BaselineReplay,
  type CasePins,
  type Excluded,
  ofCase,
  otherRefs,
  type Reproducing,
  reproducing,
} from './baseline.ts'
import { recordedBaseline } from './recorded-baseline.ts'

/** A reply with what it is judged against, or why nothing could be asked. */
export type Replied = (Omit<HarnessDecision, 'result' | 'served'> & { readonly reply: HarnessReply }) | Unreplayable

/** What a harness came to under the baseline settings and what was pinned of the case, or why it came to nothing. */
export function observedBaseline(
  replayCase: ReplayCase,
  replied: Replied,
  given: BaselinePins,
): { readonly pins: CasePins; readonly reply: HarnessReply; readonly replayed: Replayed<Recording> } | Excluded {
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
  return { pins, reply, replayed }
}

/** Baseline measures of a harness, or the first thing in which its decision differs from the recorded one. */
export function harnessBaseline(replayCase: ReplayCase, replied: Replied, given: BaselinePins): BaselineReplay {
  const observed = observedBaseline(replayCase, replied, given)
  if ('excluded' in observed) return observed
  const { pins, replayed } = observed
  const { trimmed, otherDecision } = replayed
  if (!trimmed.equal)
    return {
      excluded: 'evidence',
      detail: `the harness kept ${trimmed.rendered.kept.length} passages, not the recorded ones`,
    }
  if (otherDecision !== null)
    return { excluded: otherDecision.startsWith('action') ? 'tool transcript' : 'scorecard', detail: otherDecision }
  const { asked } = trimmed.recording.approvals
  if (asked.some((was, i) => was !== null && was !== (trimmed.asked[i] === 1)))
    return { excluded: 'scorecard', detail: 'an approval was not asked for as recorded' }
  const now = reproducing(replayCase, replayed, pins)
  const record = recordedBaseline(replayCase, pins)
  return 'measures' in record && isJudgedOtherwise(now, record)
    ? { excluded: 'scorecard', detail: 'the suite judges it otherwise than the recorded decision' }
    : now
}

/** Cost and latency are the harness's own; what the suite says of the decision is pinned by the record. */
const isJudgedOtherwise = (now: Reproducing, record: Reproducing): boolean =>
  now.floors !== record.floors ||
  now.measures.utility_passed !== record.measures.utility_passed ||
  now.measures.utility_score !== record.measures.utility_score

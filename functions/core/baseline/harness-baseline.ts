/** Baseline of a user's own harness: under the baseline settings it must decide as recorded, or the case is left out. */
import { type Measures, measuresOf } from '../evaluate/scorecard.ts'
import { type HarnessReply, observeHarness } from '../replay/harness.ts'
import type { HarnessDecision } from '../replay/harness-recording.ts'
import type { Unreplayable } from '../replay/transcript.ts'
import { type BaselinePins, type Excluded, otherRefs } from './baseline.ts'

/** A reply with what it is judged against, or why nothing could be asked. */
export type Replied = (Omit<HarnessDecision, 'result' | 'served'> & { readonly reply: HarnessReply }) | Unreplayable

/** Baseline measures of a harness, or the first thing in which its decision differs from the recorded one. */
export function harnessBaseline(replied: Replied, pins: BaselinePins): { readonly measures: Measures } | Excluded {
  if ('unreplayable' in replied) return { excluded: 'unreplayable', detail: replied.unreplayable }
  const { reply, ...context } = replied
  const other = otherRefs(context.recording, pins.tuple)
  if (other) return other
  if ('unreplayable' in reply) return { excluded: 'unreplayable', detail: reply.unreplayable }
  if ('failed' in reply) return { excluded: 'failed', detail: reply.failed }
  const replayed = observeHarness({ ...context, ...reply }, { baseline: pins.settings, prices: pins.prices })
  if ('failed' in replayed) return { excluded: 'failed', detail: replayed.failed }
  if ('unreplayable' in replayed) return { excluded: 'unreplayable', detail: replayed.unreplayable }
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
  return { measures: measuresOf(pins.suite, replayed) }
}

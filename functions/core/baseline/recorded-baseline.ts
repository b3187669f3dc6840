/**
 * Baseline of a case by its record alone: the recorded decision on the recorded context, as the suite judges it. Where a
 * harness of the user's own replays, a held-out version is sealed from this, so that nothing which is published of it
 * depends on that code; and the harness's own baseline must come to the same.
 */
import type { Settings } from '#schemas/common.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import { caseForHarness } from '../replay/harness.ts'
import { prepare } from '../replay/prepare.ts'
import { render, sameShape } from '../replay/render.ts'
import { planOf } from '../replay/settings-plan.ts'
import { askedFor, observe, recordedContext, type TrimmedCase } from '../replay/transcript.ts'
import { type BaselinePins, type BaselineReplay, ofCase, otherRefs, reproducing } from './baseline.ts'

/** What the recorded decision measured, or why the baseline cannot speak of this record. Runs nothing of a user's. */
export function recordedBaseline(replayCase: ReplayCase, given: BaselinePins): BaselineReplay {
  const pins = ofCase(given, replayCase)
  const placed = caseForHarness(replayCase, pins.settings, pins.settings)
  if ('unreplayable' in placed) return { excluded: 'unreplayable', detail: placed.unreplayable }
  const other = otherRefs(placed.recording, pins.tuple)
  if (other) return other
  const trimmed = asRecorded(placed.recording, pins.settings)
  if (!sameShape(render(trimmed.prepared, planOf(pins.settings)).shape, trimmed.rendered.shape))
    return {
      excluded: 'evidence',
      detail: 'recorded under settings that admit other evidence than those of the baseline',
    }
  const replayed = observe(trimmed, { baseline: pins.settings, prices: pins.prices })
  return reproducing(replayCase, replayed, pins)
}

/** A recording on the context that it was recorded with, under its own settings. */
export function asRecorded(recording: Recording, settings: Settings): TrimmedCase<Recording> {
  const prepared = prepare(recording)
  const byThresholds = askedFor(recording, planOf(settings))
  const asked = Uint8Array.from(recording.approvals.asked, (was, i) => (was === null ? byThresholds[i]! : Number(was)))
  return { recording, prepared, rendered: recordedContext(prepared), asked, equal: true }
}

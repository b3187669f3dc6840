/** A user's own harness as the search sees it: nothing is known before it runs, and each settings table is another replay. */
import type { SettingsTable } from '#schemas/common.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { Replied } from '../baseline/harness-baseline.ts'
import { canonical, digestOf } from '../canonical.ts'
import { lostOutcomeFindings } from '../evaluate/checks/lost-outcome.ts'
import { type Measures, scorecardOf } from '../evaluate/scorecard.ts'
import { caseForHarness, observeHarness, otherDecision } from '../replay/harness.ts'
import { planOf } from '../replay/settings-plan.ts'
import { askedFor, type ReplayPins, type TablePins } from '../replay/transcript.ts'
import { pinsFor } from '../space/scope.ts'
import { type CaseAnswer, type CaseView, SAME_AS_BASELINE } from './replayer.ts'
import { unreplayableAnswer } from './transcript-replayer.ts'

/** What a search knows of cases that a harness replays: whether the settings are the baseline's own. */
export function harnessView({ baseline }: TablePins): CaseView {
  const same = digestOf(baseline)
  const keys = new WeakMap<SettingsTable, string>()
  return {
    renders: false,
    sideBySide: () => () => [],
    contextKey(_, settings) {
      let key = keys.get(settings)
      if (key === undefined) {
        key = digestOf(settings)
        keys.set(settings, key)
      }
      return key === same ? SAME_AS_BASELINE : key
    },
  }
}

/**
 * The answer of one case. A reply that is no decision counts against the candidate, with its reason on record.
 * @param baseline what the harness itself came to under the baseline; null: it is compared later
 */
export function harnessAnswer(
  { case: replayCase, baseline }: { readonly case: ReplayCase; readonly baseline: Measures | null },
  replied: Replied,
  tables: TablePins,
  suite: EvaluatorSuite,
): CaseAnswer {
  const pins = pinsFor(tables, replayCase)
  const { case_id, family_id, intent_id } = replayCase
  const lost = (reason: string, status: 'unreplayable' | 'failed') =>
    unreplayableAnswer(case_id, family_id, { unreplayable: reason }, status)
  if ('unreplayable' in replied) return lost(replied.unreplayable, 'unreplayable')
  const { reply, ...context } = replied
  if ('unreplayable' in reply) return lost(reply.unreplayable, 'unreplayable')
  if ('failed' in reply) return lost(reply.failed, 'failed')
  const replayed = observeHarness({ ...context, ...reply }, pins)
  if ('failed' in replayed) return lost(replayed.failed, 'failed')
  if ('unreplayable' in replayed) return lost(replayed.unreplayable, 'unreplayable')
  const { trimmed } = replayed
  const scorecard = scorecardOf(suite, replayed, intent_id)
  const baselineAsked = askedFor(trimmed.recording, planOf(pins.baseline))
  const recorded = baselineRecording(replayCase, pins)
  return {
    measures: scorecard.measures,
    contextChanged:
      !trimmed.equal ||
      trimmed.recording.run_id !== recorded.run_id ||
      trimmed.asked.some((flag, i) => flag !== baselineAsked[i]) ||
      (baseline !== null && canonical(scorecard.measures) !== canonical(baseline)),
    decisionChanged: replayed.ungrounded.length > 0 || otherDecision(recorded, trimmed.recording) !== null,
    result: {
      case_id,
      family_id,
      status: 'replayed',
      reason: null,
      recording: trimmed.recording.run_id,
      context: digestOf([trimmed.recording.run_id, reply.result.evidence_refs]),
      context_equal: trimmed.equal,
      findings: lostOutcomeFindings(replayed),
      scorecard,
    },
  }
}

function baselineRecording(replayCase: ReplayCase, { baseline }: ReplayPins): Recording {
  const placed = caseForHarness(replayCase, baseline, baseline)
  if ('unreplayable' in placed)
    throw new RangeError(`${replayCase.case_id}: the baseline itself cannot be replayed (${placed.unreplayable})`)
  return placed.recording
}

/** A user's own harness as the search sees it: nothing is known before it runs, and each settings table is another replay. */
import type { SettingsTable } from '#schemas/common.ts'
import type { HarnessResult } from '#schemas/harness.ts'
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
 * @param arm what it answered there, where a model is asked live: two draws of a model differ from the record alike
 */
export function harnessAnswer(
  { case: replayCase, baseline }: { readonly case: ReplayCase; readonly baseline: Measures | null },
  replied: Replied,
  tables: TablePins,
  suite: EvaluatorSuite,
  arm: HarnessResult | null = null,
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
  const differs = replayed.live
    ? liveDifference(reply.result, arm)
    : { context: !trimmed.equal, decision: otherDecision(recorded, trimmed.recording) !== null }
  return {
    measures: scorecard.measures,
    contextChanged:
      differs.context ||
      trimmed.recording.run_id !== recorded.run_id ||
      trimmed.asked.some((flag, i) => flag !== baselineAsked[i]) ||
      (baseline !== null && canonical(scorecard.measures) !== canonical(baseline)),
    decisionChanged: replayed.ungrounded.length > 0 || differs.decision,
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

/** In what a candidate's answer is another one than the baseline's; of one that is not at hand in everything. */
function liveDifference(now: HarnessResult, arm: HarnessResult | null): { context: boolean; decision: boolean } {
  const decided = ({ status, outputs, actions, approvals }: HarnessResult) =>
    canonical([status, outputs, actions ?? null, approvals ?? null])
  const read = ({ evidence_refs }: HarnessResult) => canonical(evidence_refs.toSorted())
  return {
    context: arm === null || read(arm) !== read(now),
    decision: arm === null || decided(arm) !== decided(now),
  }
}

function baselineRecording(replayCase: ReplayCase, { baseline }: ReplayPins): Recording {
  const placed = caseForHarness(replayCase, baseline, baseline)
  if ('unreplayable' in placed)
    throw new RangeError(`${replayCase.case_id}: the baseline itself cannot be replayed (${placed.unreplayable})`)
  return placed.recording
}

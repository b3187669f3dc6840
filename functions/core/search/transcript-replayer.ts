/** The transcript replayer as the search sees it: rendering is free, needs and verdicts are paid for. */
import { hash } from 'node:crypto'
import type { Settings } from '#schemas/common.ts'
import { rulesOf } from '#schemas/compile-rules.ts'
import type { EvaluatorSuite, Finding, Scorecard } from '#schemas/suite.ts'
import type { Panel } from '../evaluate/panel.ts'
import { NOT_MEASURED, scorecardOf, UNREPLAYABLE } from '../evaluate/scorecard.ts'
import { decisionsDiffer } from '../replay/decision.ts'
import { contextHash, render, sameShape } from '../replay/render.ts'
import { planOf } from '../replay/settings-plan.ts'
import type { SlimCase, SlimRecording } from '../replay/slim.ts'
import {
  askedFor,
  chooseRecording,
  observe,
  type ReplayPins,
  spending,
  type TrimmedCase,
  trimCase,
  type Unreplayable,
} from '../replay/transcript.ts'
import { type AnswerRound, type CaseAnswer, type CaseView, SAME_AS_BASELINE } from './replayer.ts'

export interface TranscriptReplayer {
  readonly view: CaseView
  readonly answer: AnswerRound
}

/** View and answers over a panel whose baseline reproduces. */
export function transcriptReplayer(
  panel: Panel<SlimCase>,
  pins: ReplayPins,
  suite: EvaluatorSuite,
): TranscriptReplayer {
  const trimmedAt = (index: number, settings: Settings) => trimCase(panel.cases.at(index)!, settings, pins.baseline)
  // Placed anew each time: kept for every case, they would be most of what a search holds.
  const baselineOf = (index: number): TrimmedCase<SlimRecording> => {
    const trimmed = trimmedAt(index, pins.baseline)
    if ('unreplayable' in trimmed)
      throw new RangeError(
        `${panel.cases.at(index)!.case_id}: the baseline itself cannot be replayed (${trimmed.unreplayable})`,
      )
    return trimmed
  }
  const baselinePlan = planOf(pins.baseline, rulesOf(panel.cases.at(0)?.recordings[0] ?? {}))
  /** Would the replay see and ask what the baseline's does? Only the rendering is done again, on the same columns. */
  const isBaseline = (index: number, { recording, prepared, rendered, asked }: TrimmedCase<SlimRecording>): boolean =>
    recording === chooseRecording(panel.cases.at(index)!, baselinePlan, pins.baseline) &&
    sameShape(rendered.shape, render(prepared, baselinePlan).shape) &&
    askedFor(recording, baselinePlan).every((flag, i) => flag === asked[i])
  const view: CaseView = {
    rendered(index, settings) {
      const trimmed = trimmedAt(index, settings)
      if ('unreplayable' in trimmed) return trimmed
      const { tokens, cents, latencyMs, bypassed, rightActions, rightWaiting } = spending(trimmed, pins)
      return {
        ...NOT_MEASURED,
        approval_bypass: bypassed.length > 0,
        economics_tokens: tokens,
        economics_cents: cents,
        latency_ms: latencyMs,
        approval_waits: rightWaiting,
        approval_actions: rightActions,
      }
    },
    bypassedAmounts(index, settings) {
      const trimmed = trimmedAt(index, settings)
      if ('unreplayable' in trimmed) return []
      return spending(trimmed, pins).bypassed.map((i) => trimmed.recording.approvals.amount[i]!)
    },
    contextKey(index, settings) {
      const trimmed = trimmedAt(index, settings)
      if ('unreplayable' in trimmed) return `unreplayable: ${trimmed.unreplayable}`
      return isBaseline(index, trimmed) ? SAME_AS_BASELINE : keyOf(trimmed)
    },
  }
  const answerCase = (index: number, settings: Settings): CaseAnswer => {
    const { case_id, family_id, intent_id } = panel.cases.at(index)!
    const trimmed = trimmedAt(index, settings)
    if ('unreplayable' in trimmed) return unreplayableAnswer(case_id, family_id, trimmed)
    const replayed = observe(trimmed, pins)
    const scorecard = scorecardOf(suite, replayed, intent_id)
    return {
      measures: scorecard.measures,
      decisionChanged: decisionsDiffer(replayed, observe(baselineOf(index), pins)),
      result: {
        case_id,
        family_id,
        status: 'replayed',
        reason: null,
        recording: trimmed.recording.run_id,
        context: `sha256:${contextHash(trimmed.prepared, trimmed.rendered)}`,
        context_equal: trimmed.equal,
        findings: errorFindings(scorecard),
        scorecard,
      },
    }
  }
  return { view, answer: ({ cases, settings }) => cases.map((i) => answerCase(i, settings)) }
}

/** Errors of all verdicts, each once: two evaluators may name the same loss. */
function errorFindings({ scores }: Scorecard): Finding[] {
  const errors = Object.values(scores).flatMap((v) => v.findings.filter((f) => f.severity === 'error'))
  return [...new Map(errors.map((f) => [`${f.message}\u0000${f.evidence_ref}\u0000${f.step}`, f])).values()]
}

/** The answer of a case that cannot be replayed: it counts against the candidate, never as a pass. */
export function unreplayableAnswer(
  caseId: string,
  familyId: string,
  { unreplayable }: Unreplayable,
  status: 'unreplayable' | 'failed' = 'unreplayable',
): CaseAnswer {
  return {
    measures: UNREPLAYABLE,
    decisionChanged: true,
    result: {
      case_id: caseId,
      family_id: familyId,
      status,
      reason: unreplayable,
      recording: null,
      context: null,
      context_equal: false,
      findings: [],
      scorecard: null,
    },
  }
}

/** Exact identity of what a replay would see and ask: recording, context and approvals. */
function keyOf({ prepared, rendered, asked }: TrimmedCase): string {
  const gates = asked.length > 0 ? hash('sha256', asked) : ''
  return `${contextHash(prepared, rendered)}${gates}`
}

/** Replays of search cases, paid at most once: a context that was already replayed answers from memory. */

import { hash } from 'node:crypto'
import type { ReplayResult } from '#schemas/candidate.ts'
import type { Settings } from '#schemas/common.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { ungroundedFindings } from '../evaluate/evaluators.ts'
import type { Panel } from '../evaluate/panel.ts'
import { type Measures, measuresOf, scorecardOf, UNREPLAYABLE } from '../evaluate/scorecard.ts'
import { decisionsDiffer } from '../replay/decision.ts'
import { contextHash } from '../replay/render.ts'
import { observe, type Placement, place, type ReplayPins, spending } from '../replay/transcript.ts'

/** Counts of a search: replays executed, and replays answered by the memo or by the baseline's own record. */
export interface ReplayCounts {
  paid: number
  avoided: number
  renders: number
}

/** A case under a candidate: its measures, and whether context or approvals, and the decision, differ from the baseline's. */
export interface CaseAnswer {
  readonly measures: Measures
  readonly contextChanged: boolean
  readonly decisionChanged: boolean
}

export interface CaseReplays {
  readonly counts: ReplayCounts
  /** Measures known from rendering alone: spending and bypasses; the rest `null`. Free. */
  rendered(caseIndex: number, settings: Settings): Measures | { unreplayable: string }
  /** All measures of a case under settings: the baseline's, remembered ones, or a paid replay. */
  measured(caseIndex: number, settings: Settings, candidateId: string): CaseAnswer
  /** Paid replays in the order in which they were read. */
  readonly results: readonly ReplayResult[]
}

const SPENDING_ONLY: Measures = {
  ...UNREPLAYABLE,
  policy_violation: null,
  safety_violation: null,
  utility_passed: null,
  utility_score: null,
}

/** Replays over a panel under pins. `record: false` leaves the result lines out (benchmarks). */
export function caseReplays(panel: Panel, pins: ReplayPins, suite: EvaluatorSuite, record = true): CaseReplays {
  const memo = new Map<string, CaseAnswer>()
  const results: ReplayResult[] = []
  const counts: ReplayCounts = { paid: 0, avoided: 0, renders: 0 }
  const baselines = panel.cases.map((c) => {
    const placement = place(c, pins.baseline, pins.baseline)
    if ('unreplayable' in placement)
      throw new RangeError(`${c.case_id}: the baseline itself cannot be replayed (${placement.unreplayable})`)
    return { key: contextKey(placement), replayed: observe(placement, pins) }
  })
  return {
    counts,
    results,
    rendered(index, settings) {
      counts.renders++
      const placement = place(panel.cases[index]!, settings, pins.baseline)
      if ('unreplayable' in placement) return placement
      const { tokens, cents, latencyMs, bypassed, rightActions, rightWaiting } = spending(placement, pins)
      return {
        ...SPENDING_ONLY,
        approval_bypass: bypassed.length > 0,
        economics_tokens: tokens,
        economics_cents: cents,
        latency_ms: latencyMs,
        approval_waits: rightWaiting,
        approval_actions: rightActions,
      }
    },
    measured(index, settings, candidateId) {
      const replayCase = panel.cases[index]!
      const placement = place(replayCase, settings, pins.baseline)
      if ('unreplayable' in placement) return { measures: UNREPLAYABLE, contextChanged: true, decisionChanged: true }
      const key = contextKey(placement)
      const baseline = baselines[index]!
      if (key === baseline.key) {
        counts.avoided++
        return { measures: panel.baseline[index]!, contextChanged: false, decisionChanged: false }
      }
      const memoKey = `${index}\u0000${key}`
      const remembered = memo.get(memoKey)
      if (remembered) {
        counts.avoided++
        return remembered
      }
      counts.paid++
      const replayed = observe(placement, pins)
      const scorecard = record ? scorecardOf(suite, replayed, replayCase.intent_id) : null
      const answer = {
        measures: scorecard?.measures ?? measuresOf(suite, replayed),
        contextChanged: true,
        decisionChanged: decisionsDiffer(replayed, baseline.replayed),
      }
      memo.set(memoKey, answer)
      if (scorecard) {
        results.push({
          candidate_id: candidateId,
          case_id: replayCase.case_id,
          family_id: replayCase.family_id,
          status: 'replayed',
          reason: null,
          recording: placement.recording.run_id,
          context: `sha256:${contextHash(placement.prepared, placement.rendered)}`,
          context_equal: placement.equal,
          findings: ungroundedFindings(replayed),
          scorecard,
        })
      }
      return answer
    },
  }
}

/** Exact identity of what a replay would see and ask: recording, context and approvals. */
function contextKey({ prepared, rendered, asked }: Placement): string {
  const gates = asked.length > 0 ? hash('sha256', asked) : ''
  return `${contextHash(prepared, rendered)}${gates}`
}

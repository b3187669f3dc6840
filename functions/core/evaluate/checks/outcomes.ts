/** Checks of what a run came to: its outcome and what it rested on, what people said of it, its cost and its time. */
import { rulesOf } from '#schemas/compile-rules.ts'
import { emptyCalls } from '../../replay/empty-calls.ts'
import { type BareRecording, hasNullArguments } from '../../replay/slim.ts'
import type { Replayed } from '../../replay/transcript.ts'
import { type Exposure, exposedWhen } from '../exposures.ts'
import { type Label, labelOf } from '../label.ts'
import {
  fail,
  finding,
  NOTHING_LACKS,
  OF_CONTEXT,
  OF_NOTHING,
  pass,
  type SomeChecks,
  unmeasured,
  type Verdict,
  verdict,
  warning,
} from './check.ts'
import { hasNeeds, lostOutcomeFindings, outcomeIsLost, ungroundedFindings } from './lost-outcome.ts'

const DISPUTED = 'an operator disputes the label of this run'
const OUTCOME_LACKS = 'record the outcome, and tool calls with their arguments'
const CORRECTED = 'corrected by an operator after it was stored'

export const OUTCOME_CHECKS = {
  /** A value that an action used can be read nowhere any more. */
  grounded_arguments: {
    judge(r, evaluator) {
      const findings = ungroundedFindings(r)
      const never = r.trimmed.recording.never_grounded
      if (evaluator.never_grounded === 'fail' && never > 0)
        findings.push(finding(`${never} argument values could be read nowhere, even when recorded`))
      if (findings.length > 0 || never === 0 || rulesOf(r.trimmed.recording) < 2) return verdict(findings)
      return {
        ...pass,
        findings: [warning(`${never} argument values could be read nowhere, even when recorded, and are ignored`)],
      }
    },
    look(r, { nothing_to_trace = [] }, _, rules) {
      if (rules >= 2 && !saysWhatItPassed(r, new Set(nothing_to_trace))) return 'not_recorded'
      if (hasNeeds(r)) return 'exposed'
      // An argument that could be read nowhere was traced to nothing: whether it is lost cannot be known.
      return r.never_grounded > 0 || hasNullArguments(r) ? 'not_recorded' : 'not_at_stake'
    },
    breaks: OF_CONTEXT,
    lacks:
      'the arguments of the actions could be traced to nothing that was read: record tool outputs and passages as text, and name tools that write without an argument in nothing_to_trace',
  },
  /** Warns where the recorded decision no longer stands. */
  decision_diff: {
    judge: (r) => (outcomeIsLost(r) ? { score: 0, status: 'warn', findings: lostOutcomeFindings(r) } : pass),
    look: (r) => exposedWhen(hasNeeds(r)),
    breaks: OF_NOTHING,
    ofRecord: () => true,
    lacks: NOTHING_LACKS,
  },
  /** An operator corrected the outcome to failed. */
  operator_corrections: {
    judge(r) {
      const { corrected, corrections } = r.trimmed.recording
      if (corrected) {
        const { label } = corrected
        if (label === 'disputed') return unmeasured(DISPUTED)
        return label.passed ? { ...pass, score: label.score } : fail([finding(CORRECTED)], label.score)
      }
      const correction = corrections.find((c) => c.kind !== 'note')
      if (!correction) return pass
      if (correction.kind === 'label_disputed') return unmeasured(DISPUTED)
      if (correction.passed === null) return unmeasured('an operator corrected the outcome without saying which way')
      return correction.passed ? pass : fail([finding(`corrected by an operator: ${correction.notes ?? 'no note'}`)])
    },
    look({ corrected, corrections }) {
      if (corrected) return corrected.label === 'disputed' ? 'not_recorded' : 'exposed'
      const correction = corrections.find((c) => c.kind !== 'note')
      if (!correction) return 'not_at_stake'
      return correction.passed === null ? 'not_recorded' : 'exposed'
    },
    breaks: ['never', 'never', 'any', 'any', 'never'],
    ofRecord: () => true,
    lacks: NOTHING_LACKS,
  },
  /** The run failed, or a value that its outcome rests on is gone. */
  recorded_outcome: {
    judge: (r) => outcomeOf(r, ({ passed }) => (passed === null ? null : passed ? 1 : 0)),
    look: (r) => resultExposure(r, labelOf(r).passed),
    breaks: OF_CONTEXT,
    lacks: OUTCOME_LACKS,
    readsLabel: () => true,
    ofRecord: () => true,
  },
  /** A graded outcome is below 1 where nothing says passed, or a value that it rests on is gone. */
  recorded_score: {
    judge: (r) => outcomeOf(r, ({ score }) => score),
    look: (r) => resultExposure(r, labelOf(r).score),
    breaks: OF_CONTEXT,
    lacks: OUTCOME_LACKS,
    readsLabel: () => true,
    ofRecord: () => true,
  },
  /** Feeds economics; it never fails, and is not measured without usage and prices. */
  cost_cents: {
    judge: (r) => (r.cents === null ? unmeasured('no usage or no price is recorded') : pass),
    look: () => 'not_at_stake',
    breaks: OF_NOTHING,
    lacks: NOTHING_LACKS,
    holdsAFigure: true,
  },
  /** Feeds latency; it never fails, and is not measured without a clock. */
  latency_ms: {
    judge: (r) => (r.latencyMs === null ? unmeasured('no clock is recorded') : pass),
    look: () => 'not_at_stake',
    breaks: OF_NOTHING,
    lacks: NOTHING_LACKS,
    holdsAFigure: true,
  },
} satisfies SomeChecks

/**
 * Does every call say what it rested on? What is null is never known. One that passed nothing may have lost what it passed: where it
 * writes, or its tool passes something elsewhere in the run; unless the suite names its tool, and then no call of that tool passes
 * anything.
 */
function saysWhatItPassed(r: BareRecording, named: ReadonlySet<string>): boolean {
  if (hasNullArguments(r)) return false
  const empty = new Set(emptyCalls(r))
  const { name, writes } = r.actions
  const passing = new Set(name.filter((_, action) => !empty.has(action)))
  return name.every((tool, action) =>
    empty.has(action) ? !passing.has(tool) && (writes[action] !== true || named.has(tool)) : !named.has(tool),
  )
}

/** A recorded outcome stands while every value its actions used can still be read; a degraded case scores 0. */
function outcomeOf(r: Replayed, read: (label: Label) => number | null): Verdict {
  const { recording } = r.trimmed
  const label = labelOf(recording)
  const score = read(label)
  if (score === null) return unmeasured(recording.corrected?.label === 'disputed' ? DISPUTED : 'no outcome is recorded')
  if (outcomeIsLost(r)) return fail(lostOutcomeFindings(r))
  const passed = label.passed ?? score >= 1
  return { score, status: passed ? 'pass' : 'fail', findings: [] }
}

/** A recorded result is exposed where a value that it rests on could be lost. */
const resultExposure = (recording: BareRecording, value: boolean | number | null): Exposure =>
  value === null ? 'not_recorded' : exposedWhen(hasNeeds(recording))

/**
 * What a check has to look at in a case, told by its recordings alone and before any candidate: something that could break,
 * nothing that could, or nobody knows. A check with nothing to look at is no pass by itself (the held-out gate, "N per
 * evaluator").
 */
import type { Settings } from '#schemas/common.ts'
import type { Evaluator } from '#schemas/suite.ts'
import { planOf } from '../replay/settings-plan.ts'
import type { BareRecording } from '../replay/slim.ts'
import { isKnownBelow } from '../replay/transcript.ts'
import { labelOf } from './label.ts'

/**
 * `exposed`: the recording holds what the check could see break. `not_at_stake`: the recording shows that nothing of the
 * kind is there. `not_recorded`: the recording does not say.
 */
export const EXPOSURES = ['exposed', 'not_at_stake', 'not_recorded'] as const
export type Exposure = (typeof EXPOSURES)[number]

type Look<K extends Evaluator['check']> = (
  recording: BareRecording,
  evaluator: Extract<Evaluator, { check: K }>,
  baseline: Settings,
) => Exposure

const when = (isExposed: boolean): Exposure => (isExposed ? 'exposed' : 'not_at_stake')

/** Was a passage ever judged in this recording: is any of them marked, or one that was missing counted? */
const isMarked = ({ evidence, gold_not_offered }: BareRecording): boolean =>
  gold_not_offered > 0 || evidence.gold.includes(1) || evidence.required.includes(1)

/** Nothing was offered, so nothing can be lost; offers of which none is marked may all have been needed. */
const unmarked = (recording: BareRecording): Exposure =>
  recording.evidence.ref.length === 0 || isMarked(recording) || recording.outcome.must_refuse === true
    ? 'not_at_stake'
    : 'not_recorded'

const hasNeeds = ({ needs }: BareRecording): boolean => needs.name.length > 0

const recordedResult = (recording: BareRecording, value: boolean | number | null): Exposure =>
  value === null ? 'not_recorded' : when(hasNeeds(recording))

const LOOKS: { [K in Evaluator['check']]: Look<K> } = {
  required_evidence: (r) => (r.evidence.required.includes(1) ? 'exposed' : unmarked(r)),

  grounded_arguments: (r) => {
    if (hasNeeds(r)) return 'exposed'
    // An argument that could be read nowhere was traced to nothing: whether it is lost cannot be known.
    return r.never_grounded > 0 ? 'not_recorded' : 'not_at_stake'
  },

  approval_honoured(r, { unknown_amount }, baseline) {
    const { gate, asked, amount } = r.approvals
    // A write without a gate, in a record that carries no approval at all: nobody knows whether somebody was asked.
    if (gate.length === 0) return r.actions.writes.some((writes) => writes !== false) ? 'not_recorded' : 'not_at_stake'
    const plan = planOf(baseline)
    return worstExposure(
      gate.map((name, i) => {
        const threshold = plan.threshold(name)
        if (threshold === null) return asked[i] === null ? 'not_recorded' : when(asked[i]!)
        // What was not recorded waits in every replay, and no threshold is ever seen to let it through.
        if (amount[i] === null) return unknown_amount === 'waits' ? 'not_at_stake' : 'not_recorded'
        return when(!isKnownBelow(amount[i]!, threshold))
      }),
    )
  },

  must_refuse({ outcome: { must_refuse, refused } }) {
    if (must_refuse === false) return 'not_at_stake'
    return must_refuse === null || refused === null ? 'not_recorded' : 'exposed'
  },

  known_provenance: (r) => when(r.evidence.source.includes(null)),

  allowed_sources: (r, { sources }) =>
    when(r.evidence.source.some((source) => source === null || !sources.includes(source))),

  allowed_tools: (r, { tools }) => when(r.actions.name.some((tool) => !tools.includes(tool))),

  confirmed_before_write({ actions: { writes, confirmed } }) {
    if (writes.some((w, i) => w === null || (w && confirmed[i] === null))) return 'not_recorded'
    return when(writes.includes(true))
  },

  context_diff: (r) => when(r.evidence.ref.length > 0),

  decision_diff: (r) => when(hasNeeds(r)),

  gold_coverage: (r) => (r.evidence.gold.includes(1) ? 'exposed' : unmarked(r)),

  operator_corrections({ corrected, corrections }) {
    if (corrected) {
      if (corrected.label === 'recorded') return 'not_at_stake'
      return corrected.label === 'disputed' ? 'not_recorded' : 'exposed'
    }
    const correction = corrections.find((c) => c.kind !== 'note')
    if (!correction) return 'not_at_stake'
    return correction.passed === null ? 'not_recorded' : 'exposed'
  },

  recorded_outcome: (r) => recordedResult(r, labelOf(r).passed),

  recorded_score: (r) => recordedResult(r, labelOf(r).score),

  cost_cents: () => 'not_at_stake',

  latency_ms: () => 'not_at_stake',
}

/** A check that holds a figure against a limit: there is nothing in a record that it could see break, or not. */
export const holdsAFigure = ({ check }: Evaluator): boolean => check === 'cost_cents' || check === 'latency_ms'

/** What one check has to look at in one recording. */
export const lookAt = (evaluator: Evaluator, recording: BareRecording, baseline: Settings): Exposure =>
  (LOOKS[evaluator.check] as Look<Evaluator['check']>)(recording, evaluator as never, baseline)

/** The worst of several: one part that does not say leaves the whole unknown, and one that could break is enough. */
export const worstExposure = (parts: Iterable<Exposure>): Exposure => {
  let worst: Exposure = 'not_at_stake'
  for (const part of parts) {
    if (part === 'not_recorded') return part
    if (part === 'exposed') worst = part
  }
  return worst
}

/** What one check has to look at in a case: in every recording of it, because any may answer for a candidate. */
export const exposureOf = (
  evaluator: Evaluator,
  { recordings }: { readonly recordings: readonly BareRecording[] },
  baseline: Settings,
): Exposure => worstExposure(recordings.map((recording) => lookAt(evaluator, recording, baseline)))

/** What the records lack of which a check could say nothing, for people. */
export function lackOf({ check }: Evaluator): string {
  switch (check) {
    case 'required_evidence':
    case 'gold_coverage':
      return 'no passage is marked as required or as gold: import "needed" or "gold" with the evidence'
    case 'grounded_arguments':
      return 'the arguments of the actions could be traced to nothing that was read: record tool outputs and passages as text'
    case 'approval_honoured':
      return 'an action may write and carries no approval: record gates, amounts and who was asked; where a gate lets nothing pass whose amount it does not know, the suite says unknown_amount "waits"'
    case 'must_refuse':
      return 'record whether a run had to refuse, and whether it did'
    case 'known_provenance':
    case 'allowed_sources':
    case 'allowed_tools':
      return 'no source or tool that is not allowed was ever recorded'
    case 'confirmed_before_write':
      return 'record whether an action writes, and whether it was confirmed'
    case 'recorded_outcome':
    case 'recorded_score':
      return 'record the outcome, and tool calls with their arguments'
    default:
      return 'nothing of the kind is recorded'
  }
}

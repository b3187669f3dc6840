/** Who gave the label of a recorded run that a suite reads: a person, a rule, the business or a judge; or why there is none. */
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { BareRecording } from '../replay/slim.ts'
import { recordedVerdicts } from './checks/recorded-verdict.ts'
import { readsLabel } from './judge-labels.ts'

/** Who gave a label, in the order in which they are kept; `replay`: the suite reads no recorded label; `unnamed`: nobody says. */
export const LABEL_KINDS = ['human', 'rule', 'business', 'judge', 'replay', 'unnamed'] as const
export type LabelKind = (typeof LABEL_KINDS)[number]

/** Who gave the label that a suite reads of a recording, or why there is none. */
export function labelKindOf(recording: BareRecording, suite: EvaluatorSuite): LabelKind | 'disputed' | 'missing' {
  const { corrected, corrections, outcome } = recording
  const floors = suite.evaluators.filter((e) => e.dimension === 'utility' && e.role === 'floor')
  const recorded = floors.filter((e) => e.check === 'recorded_outcome' || e.check === 'recorded_score')
  const verdicts = floors.filter((e) => e.check === 'recorded_verdict')
  const hearsPeople = floors.some((e) => e.check === 'operator_corrections')
  if (corrected && (hearsPeople || floors.some(readsLabel)))
    return corrected.label === 'disputed' ? 'disputed' : 'human'
  const said = corrections.find((c) => c.kind !== 'note')
  if (said && hearsPeople) return said.kind === 'outcome' && said.passed !== null ? 'human' : 'disputed'
  // Each of them needs what it reads, or utility is not measured.
  const isMissing =
    recorded.some(({ check }) => (check === 'recorded_outcome' ? outcome.passed : outcome.score) === null) ||
    verdicts.some((verdict) => typeof recordedVerdicts(recording, verdict) === 'string')
  if (isMissing) return 'missing'
  const [first] = recorded
  if (!first) return verdicts[0]?.kind ?? (floors.some((e) => e.check === 'model') ? 'judge' : 'replay')
  return outcome.score_kind ?? LABEL_KINDS.find((kind) => kind !== 'replay' && kind === first.kind) ?? 'unnamed'
}

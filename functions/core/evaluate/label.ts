/** The label of a recorded run as it stands: what was recorded, or what a person said of it later; and who gave it. */
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { BareRecording } from '../replay/slim.ts'
import { saidIn } from './checks/recorded-verdict.ts'

export interface Label {
  readonly passed: boolean | null
  readonly score: number | null
}

const NO_LABEL: Label = { passed: null, score: null }

/** Passed and score, 0 to 1; both null where a later correction disputes them. Of a corrected label each follows from the other. */
export function labelOf({ outcome, corrected }: Pick<BareRecording, 'outcome' | 'corrected'>): Label {
  if (corrected?.label === undefined) return outcome
  const { label } = corrected
  return label === 'disputed' ? NO_LABEL : label
}

/** Who gave a label, in the order in which they are kept; `replay`: the suite reads no recorded label; `unnamed`: nobody says. */
export const LABEL_KINDS = ['human', 'rule', 'business', 'judge', 'replay', 'unnamed'] as const
export type LabelKind = (typeof LABEL_KINDS)[number]

/** Who gave the label that a suite reads of a recording, or why there is none. */
export function labelKindOf(recording: BareRecording, suite: EvaluatorSuite): LabelKind | 'disputed' | 'missing' {
  const { corrected, corrections, outcome } = recording
  const floors = suite.evaluators.filter((e) => e.dimension === 'utility' && e.role === 'floor')
  if (corrected) return corrected.label === 'disputed' ? 'disputed' : 'human'
  const said = corrections.find((c) => c.kind !== 'note')
  if (said && floors.some((e) => e.check === 'operator_corrections'))
    return said.kind === 'outcome' && said.passed !== null ? 'human' : 'disputed'
  const reads = floors.find((e) => e.check === 'recorded_outcome' || e.check === 'recorded_score')
  const verdict = floors.find((e) => e.check === 'recorded_verdict')
  if (!reads && verdict) return typeof saidIn(recording, verdict) === 'string' ? 'missing' : verdict.kind
  if (!reads) return 'replay'
  if ((reads.check === 'recorded_outcome' ? outcome.passed : outcome.score) === null) return 'missing'
  return outcome.score_kind ?? LABEL_KINDS.find((kind) => kind !== 'replay' && kind === reads.kind) ?? 'unnamed'
}

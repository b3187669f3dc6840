/** The label of a recorded run as it stands: what was recorded, or what a person said of it later. */
import type { BareRecording } from '../replay/slim.ts'

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

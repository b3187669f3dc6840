/** What recorded runs of a day measured, each on its own recorded context, as the pinned suite judges it. */
import type { SliceRow } from '#schemas/cadence.ts'
import type { PriceTable } from '#schemas/pack.ts'
import type { Recording } from '#schemas/replay-case.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { asRecorded } from '../baseline/recorded-baseline.ts'
import { measuresOf } from '../evaluate/scorecard.ts'
import { familyHash } from '../experience/index-line.ts'
import { observe } from '../replay/transcript.ts'

/** By what recorded runs are measured. */
export interface MeasuredBy {
  readonly suite: EvaluatorSuite
  readonly prices: PriceTable | null
}

/** A recorded run as a row of its slice: nothing is replayed, it is measured under the settings it was recorded with. */
export function sliceRow(recording: Recording, family: string, { suite, prices }: MeasuredBy): SliceRow {
  const { settings, corrections, run_id } = recording
  const trimmed = asRecorded(recording, settings)
  const corrected = (kind: (typeof corrections)[number]['kind']) => corrections.filter((c) => c.kind === kind).length
  return {
    run_id,
    family: familyHash(family),
    measures: measuresOf(suite, observe(trimmed, { baseline: settings, prices })),
    corrections: {
      outcome: corrected('outcome'),
      label_disputed: corrected('label_disputed'),
      note: corrected('note'),
    },
  }
}

/** Were the passages of a recording ever judged: what required and gold passages are looked for in. */
import type { BareRecording } from '../../replay/slim.ts'
import type { Exposure } from '../exposures.ts'

/** Is any passage marked, or one that was missing counted? */
export const isMarked = ({ evidence, gold_not_offered }: BareRecording): boolean =>
  gold_not_offered > 0 || evidence.gold.includes(1) || evidence.required.includes(1)

/** Nothing was offered, so nothing can be lost; offers of which none is marked may all have been needed. */
export const unmarked = (recording: BareRecording): Exposure =>
  recording.evidence.ref.length === 0 || isMarked(recording) || recording.outcome.must_refuse === true
    ? 'not_at_stake'
    : 'not_recorded'

export const MARKS_LACK = 'no passage is marked as required or as gold: import "needed" or "gold" with the evidence'

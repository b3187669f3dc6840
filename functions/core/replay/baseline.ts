/** Baseline replay: before any candidate counts, the baseline must reproduce the recorded decision record byte for byte. */

import type { Settings } from '#schemas/common.ts'
import type { BaselineTuple, PriceTable } from '#schemas/pack.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { digestOfBytes } from '../canonical.ts'
import { type Measures, measuresOf } from '../evaluate/scorecard.ts'
import { decisionRecordText } from '../experience/decision-record.ts'
import { contextHash, sameShape } from './render.ts'
import { observe, place, recordedContext } from './transcript.ts'

/** Why a case is left out: the typed diff of its baseline replay (replay contract), or no recording to compare with. */
export const EXCLUSIONS = [
  'evidence',
  'policy',
  'tool transcript',
  'compiled context',
  'scorecard',
  'unreplayable',
] as const
export type Exclusion = (typeof EXCLUSIONS)[number]

export interface BaselinePins {
  readonly tuple: BaselineTuple
  readonly settings: Settings
  readonly suite: EvaluatorSuite
  readonly prices: PriceTable | null
}

/** Baseline measures of a case, or the first thing in which its replay differs from the record. */
export function baselineReplay(
  replayCase: ReplayCase,
  pins: BaselinePins,
): { measures: Measures } | { excluded: Exclusion; detail: string } {
  const placement = place(replayCase, pins.settings, pins.settings)
  if ('unreplayable' in placement) return { excluded: 'unreplayable', detail: placement.unreplayable }
  const { recorded } = placement.recording
  if (recorded.policy !== null && recorded.policy !== pins.tuple.policy)
    return { excluded: 'policy', detail: `recorded under ${recorded.policy}, the baseline pins ${pins.tuple.policy}` }
  if (recorded.tools !== null && recorded.tools !== pins.tuple.tools)
    return {
      excluded: 'tool transcript',
      detail: `recorded with ${recorded.tools}, the baseline pins ${pins.tuple.tools}`,
    }
  if (digestOfBytes(decisionRecordText(recorded.identity, placement)) !== recorded.decision_record) {
    const context = `sha256:${contextHash(placement.prepared, placement.rendered)}`
    if (!sameShape(recordedContext(placement.prepared).kept, placement.rendered.kept))
      return {
        excluded: 'evidence',
        detail: 'the baseline settings would have admitted other evidence than was recorded',
      }
    if (context !== recorded.context)
      return { excluded: 'compiled context', detail: 'the compiled context hash differs' }
    return { excluded: 'scorecard', detail: 'status, outputs or approvals differ from the decision record' }
  }
  return { measures: measuresOf(pins.suite, observe(placement, { baseline: pins.settings, prices: pins.prices })) }
}

/** The evaluators of a pinned suite: one pure check each, from a replayed case to a score, a status and findings. */

import type { Settings } from '#schemas/common.ts'
import type { Replayer } from '#schemas/run.ts'
import type { Evaluator, EvaluatorVerdict } from '#schemas/suite.ts'
import { type BreaksRow, LAYERS, type Layer } from '#schemas/surface-fields.ts'
import type { BareRecording } from '../replay/slim.ts'
import type { Replayed } from '../replay/transcript.ts'
import { unmeasured, type Verdict } from './checks/check.ts'
import { CHECKS, checkOf } from './checks/table.ts'
import { EXPOSURE_RULES, type Exposure, worstExposure } from './exposures.ts'

/** What judges, by check: one table of functions is looked up faster than so many objects of other shapes (measured, 5 %). */
const JUDGES = Object.fromEntries(
  Object.entries(CHECKS).map(([check, { judge }]) => [check, judge]),
) as unknown as Readonly<Record<Evaluator['check'], (replayed: Replayed, evaluator: never) => Verdict>>

/** What one evaluator says of one replayed case. Of a model's new words it says nothing that was said of the recorded ones. */
export const evaluate = (evaluator: Evaluator, replayed: Replayed): EvaluatorVerdict => ({
  evaluator_id: evaluator.evaluator_id,
  evaluator_version: evaluator.evaluator_version,
  ...(replayed.live && isOfRecord(evaluator)
    ? unmeasured('what was said of the recorded words says nothing of a live answer')
    : JUDGES[evaluator.check](replayed, evaluator as never)),
})

/** Does an evaluator repeat what was said of the recorded run? */
export const isOfRecord = (evaluator: Evaluator): boolean =>
  CHECKS[evaluator.check].ofRecord?.(evaluator as never) === true

/** Layers that can make an evaluator fail, one entry each. Planner and prompt are answered by another recording of the case, which may differ in anything. */
export function breaksOf(evaluator: Evaluator): BreaksRow {
  const { breaks } = checkOf(evaluator)
  return typeof breaks === 'function' ? breaks(evaluator as never) : breaks
}

/** Can a change in one of these layers make an evaluator fail, as far as this replayer can show it? */
export function canBreak(evaluator: Evaluator, layers: readonly Layer[], replayer: Replayer['kind']): boolean {
  const row = breaksOf(evaluator)
  return layers.some((layer) => {
    const breaks = row[LAYERS.indexOf(layer)]
    return breaks === 'any' || (breaks === 'decides' && replayer !== 'transcript')
  })
}

/** A check that holds a figure against a limit: there is nothing in a record that it could see break, or not. */
export const holdsAFigure = (evaluator: Evaluator): boolean => checkOf(evaluator).holdsAFigure === true

/**
 * What a check has to look at in a case: in every recording that was served, because any may answer for a candidate. What was
 * recorded for a plan says nothing of what a sealed case holds.
 */
export const exposureOf = (
  evaluator: Evaluator,
  { recordings }: { readonly recordings: readonly BareRecording[] },
  baseline: Settings,
  rules: number = EXPOSURE_RULES,
): Exposure =>
  worstExposure(
    recordings
      .filter(({ plan }) => plan === undefined)
      .map((recording) => checkOf(evaluator).look(recording, evaluator as never, baseline, rules)),
  )

/** What the records lack of which a check could say nothing, for people. */
export const lackOf = (evaluator: Evaluator): string => checkOf(evaluator).lacks

/**
 * What a check has to look at in a case, told by its recordings alone and before any candidate: something that could break,
 * nothing that could, or nobody knows. A check with nothing to look at is no pass by itself (the held-out gate, "N per
 * evaluator").
 */
import type { Settings } from '#schemas/common.ts'
import type { Evaluator } from '#schemas/suite.ts'
import type { BareRecording } from '../replay/slim.ts'
import { checkOf } from './checks/table.ts'
import { EXPOSURE_RULES, type Exposure, worstExposure } from './exposures.ts'

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

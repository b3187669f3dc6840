/** Scores one sealed case for one candidate. An unchanged context is the baseline's own record, violations included. */
import type { Settings } from '#schemas/common.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { type Measures, measuresOf, UNREPLAYABLE } from '../evaluate/scorecard.ts'
import { sameShape } from '../replay/render.ts'
import { observe, type Placement, place, type ReplayPins } from '../replay/transcript.ts'
import type { SealedLine } from './reproduce.ts'

/** What is recorded of a sealed case, once, and never scored again. */
export interface CaseScore {
  readonly status: 'unchanged' | 'replayed' | 'unreplayable'
  readonly measures: Measures
}

/** Score of a sealed case under a candidate's settings. Pure. */
export function scoreCase(line: SealedLine, settings: Settings, pins: ReplayPins, suite: EvaluatorSuite): CaseScore {
  const placement = place(line.case, settings, pins.baseline)
  if ('unreplayable' in placement) return { status: 'unreplayable', measures: UNREPLAYABLE }
  const baseline = place(line.case, pins.baseline, pins.baseline)
  if (!('unreplayable' in baseline) && samePlacement(placement, baseline))
    return { status: 'unchanged', measures: line.baseline }
  return { status: 'replayed', measures: measuresOf(suite, observe(placement, pins)) }
}

const samePlacement = (a: Placement, b: Placement): boolean =>
  a.recording === b.recording &&
  sameShape(a.rendered.shape, b.rendered.shape) &&
  a.asked.every((flag, i) => flag === b.asked[i])

/** Scores one sealed case for one candidate. An unchanged context is the baseline's own record, violations included. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { Settings } from '#schemas/common.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { SealedLine } from '../baseline/reproduce.ts'
import { ByteList } from '../bytes/byte-list.ts'
import { oneOf, record } from '../bytes/columns.ts'
import { MEASURES_COLUMN } from '../evaluate/measure-list.ts'
import { type Measures, measuresOf, UNREPLAYABLE } from '../evaluate/scorecard.ts'
import { sameShape } from '../replay/render.ts'
import { observe, type ReplayPins, type TrimmedCase, trimCase } from '../replay/transcript.ts'
import { applyPatch } from '../space/lattice.ts'

/** What is recorded of a sealed case, once, and never scored again. */
export interface CaseScore {
  readonly status: 'unchanged' | 'replayed' | 'unreplayable'
  readonly measures: Measures
}

const SCORE = record<CaseScore>({
  status: oneOf(['unchanged', 'replayed', 'unreplayable']),
  measures: MEASURES_COLUMN,
})

/** Scores of many cases, kept as bytes. */
export const caseScores = (): ByteList<CaseScore> => new ByteList(SCORE)

/** Score of a sealed case under a candidate's settings. Pure. */
export function scoreCase(line: SealedLine, settings: Settings, pins: ReplayPins, suite: EvaluatorSuite): CaseScore {
  const trimmed = trimCase(line.case, settings, pins.baseline)
  if ('unreplayable' in trimmed) return { status: 'unreplayable', measures: UNREPLAYABLE }
  const baseline = trimCase(line.case, pins.baseline, pins.baseline)
  if (!('unreplayable' in baseline) && sameTrim(trimmed, baseline))
    return { status: 'unchanged', measures: line.baseline }
  return { status: 'replayed', measures: measuresOf(suite, observe(trimmed, pins)) }
}

const sameTrim = (a: TrimmedCase, b: TrimmedCase): boolean =>
  a.recording === b.recording &&
  sameShape(a.rendered.shape, b.rendered.shape) &&
  a.asked.every((flag, i) => flag === b.asked[i])

/** Scores sealed lines for one candidate. */
export function lineScorer(run: AutotuneRun, change: CandidateChange): (line: string) => CaseScore {
  const settings = applyPatch(run.pack.settings, change.patch)
  const pins = { baseline: run.pack.settings, prices: run.price_table }
  return (line) => scoreCase(JSON.parse(line) as SealedLine, settings, pins, run.evaluator_suite)
}

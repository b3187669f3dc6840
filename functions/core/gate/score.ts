/** Scores one sealed case for one candidate. An unchanged context is the baseline's own record, violations included. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { SettingsTable } from '#schemas/common.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { SealedLine } from '../baseline/reproduce.ts'
import { oneOf, record } from '../bytes/columns.ts'
import { type Form, RecordList } from '../bytes/record-list.ts'
import { Records } from '../bytes/records.ts'
import { failedLetters, floorLetters, verdictLetters } from '../evaluate/floor-letters.ts'
import { MEASURES_COLUMN } from '../evaluate/measure-list.ts'
import { type Measures, measuresOf, UNREPLAYABLE } from '../evaluate/scorecard.ts'
import type { AskedAnswer } from '../live/asked-answers.ts'
import { sameShape } from '../replay/render.ts'
import { observe, type TablePins, type TrimmedCase, trimCase } from '../replay/transcript.ts'
import { applyPatch, pinsFor, tableOf } from '../space/scope.ts'

/** What is recorded of a sealed case, once, and never scored again. */
export interface CaseScore {
  /** `failed`: code that replays threw, hung, or did not decide as recorded under the baseline. */
  readonly status: 'unchanged' | 'replayed' | 'unreplayable' | 'failed'
  readonly measures: Measures
  /** What the binary floors of the suite said, a letter each (`floor-letters.ts`). */
  readonly floors: string
}

/** A score with the answers of a model that it stands on; absent: recorded ones. */
export type AnsweredScore = CaseScore & { readonly answers?: readonly AskedAnswer[] }

const SCORE = record<Omit<CaseScore, 'floors'>>({
  status: oneOf(['unchanged', 'replayed', 'unreplayable', 'failed']),
  measures: MEASURES_COLUMN,
})

const FORM: Form<CaseScore> = {
  write(score) {
    const { own_scores: own } = score.measures
    const behind = own === undefined ? score.floors : `${score.floors}\n${JSON.stringify(own)}`
    const bytes = Buffer.alloc(SCORE.bytes + behind.length)
    SCORE.write(new DataView(bytes.buffer, bytes.byteOffset), 0, score)
    bytes.write(behind, SCORE.bytes, 'latin1')
    return bytes
  },
  read(bytes) {
    const score = SCORE.read(new DataView(bytes.buffer, bytes.byteOffset), 0)
    const [floors, own] = bytes.toString('latin1', SCORE.bytes).split('\n')
    if (own === undefined) return { ...score, floors: floors! }
    return { ...score, measures: { ...score.measures, own_scores: JSON.parse(own) }, floors: floors! }
  },
}

/** Scores of many cases, kept as bytes. */
export const caseScores = (): RecordList<CaseScore> => new RecordList(new Records(), FORM)

/** Score of a sealed case under a candidate's settings. Pure. */
export function scoreCase(
  line: SealedLine,
  settings: SettingsTable,
  tables: TablePins,
  suite: EvaluatorSuite,
): CaseScore {
  const pins = pinsFor(tables, line.case)
  const trimmed = trimCase(line.case, settings, pins.baseline)
  if ('unreplayable' in trimmed) return unreplayableScore(suite)
  const baseline = trimCase(line.case, pins.baseline, pins.baseline)
  if (!('unreplayable' in baseline) && sameTrim(trimmed, baseline))
    return { status: 'unchanged', measures: line.baseline, floors: floorLetters(line.floors).baseline }
  const replayed = observe(trimmed, pins)
  return { status: 'replayed', measures: measuresOf(suite, replayed), floors: verdictLetters(suite, replayed) }
}

/** Score of a case that could not be replayed: it counts against the candidate everywhere. */
export const unreplayableScore = (suite: EvaluatorSuite): CaseScore => ({
  status: 'unreplayable',
  measures: UNREPLAYABLE,
  floors: failedLetters(suite),
})

const sameTrim = (a: TrimmedCase, b: TrimmedCase): boolean =>
  a.recording === b.recording &&
  sameShape(a.rendered.shape, b.rendered.shape) &&
  a.asked.every((flag, i) => flag === b.asked[i])

/** Scores sealed lines for one candidate. */
export function lineScorer(run: AutotuneRun, change: CandidateChange | null): (line: string) => CaseScore {
  const settings = applyPatch(tableOf(run.pack), change?.patch ?? {})
  const pins = { baseline: tableOf(run.pack), prices: run.price_table }
  return (line) => scoreCase(JSON.parse(line) as SealedLine, settings, pins, run.evaluator_suite)
}

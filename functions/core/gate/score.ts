/** Scores one sealed case for candidates. An unchanged context is the baseline's own record, violations included. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { SettingsTable } from '#schemas/common.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { SealedLine } from '../baseline/reproduce.ts'
import { ByteList } from '../bytes/byte-list.ts'
import { oneOf } from '../bytes/columns.ts'
import { RecordList, TEXT } from '../bytes/record-list.ts'
import { Records } from '../bytes/records.ts'
import { failedLetters, floorLetters, verdictLetters } from '../evaluate/floor-letters.ts'
import { measureList } from '../evaluate/measure-list.ts'
import { type Measures, measuresOf, UNREPLAYABLE } from '../evaluate/scorecard.ts'
import type { AskedAnswer } from '../live/asked-answers.ts'
import { sameShape } from '../replay/render.ts'
import { observe, type TablePins, type TrimmedCase, trimCase } from '../replay/transcript.ts'
import { applyPatch, pinsFor, tableOf } from '../space/scope.ts'
import { mapped, type Series } from '../statistics/series.ts'

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

const STATUS = oneOf<CaseScore['status']>(['unchanged', 'replayed', 'unreplayable', 'failed'])

/** Scores of many cases, kept as bytes: a certificate asks for one measure of all cases after the other. */
export class Scores implements Series<CaseScore> {
  readonly #status = new ByteList(STATUS)
  readonly #measures = measureList()
  readonly #floors = new RecordList(new Records(), TEXT)

  get length(): number {
    return this.#status.length
  }

  add({ status, measures, floors }: CaseScore): void {
    this.#status.add(status)
    this.#measures.add(measures)
    this.#floors.add(floors)
  }

  at(index: number): CaseScore | undefined {
    const status = this.#status.at(index)
    if (status === undefined) return undefined
    return { status, measures: this.#measures.at(index)!, floors: this.#floors.at(index)! }
  }

  field<N extends keyof CaseScore>(name: N): (index: number) => CaseScore[N] {
    const lists = { status: this.#status, measures: this.#measures, floors: this.#floors }
    const list = lists[name] as unknown as Series<CaseScore[N]>
    return (index) => list.at(index)!
  }

  *[Symbol.iterator](): Generator<CaseScore> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!
  }

  /** Their measures alone. */
  get measures(): Series<Measures> {
    return this.#measures
  }
}

/** Measures of scores, as they lie where they lie by themselves. */
export const measuresIn = (scores: Series<CaseScore>): Series<Measures> =>
  scores instanceof Scores ? scores.measures : mapped(scores, ({ measures }) => measures)

/** Scores of a sealed case, one for each settings table. Pure. */
export function scoreCase(
  line: SealedLine,
  settings: readonly SettingsTable[],
  tables: TablePins,
  suite: EvaluatorSuite,
): CaseScore[] {
  const pins = pinsFor(tables, line.case)
  const baseline = trimCase(line.case, pins.baseline, pins.baseline)
  return settings.map((table): CaseScore => {
    const trimmed = trimCase(line.case, table, pins.baseline)
    if ('unreplayable' in trimmed) return unreplayableScore(suite)
    if (!('unreplayable' in baseline) && sameTrim(trimmed, baseline))
      return { status: 'unchanged', measures: line.baseline, floors: floorLetters(line.floors).baseline }
    const replayed = observe(trimmed, pins)
    return { status: 'replayed', measures: measuresOf(suite, replayed), floors: verdictLetters(suite, replayed) }
  })
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

/** Scores sealed lines for some candidates (null: the baseline) at once, in their order. */
export function lineScorer(
  run: AutotuneRun,
  changes: readonly (CandidateChange | null)[],
): (line: string) => CaseScore[] {
  const settings = changes.map((change) => applyPatch(tableOf(run.pack), change?.patch ?? {}))
  const pins = { baseline: tableOf(run.pack), prices: run.price_table }
  return (line) => scoreCase(JSON.parse(line) as SealedLine, settings, pins, run.evaluator_suite)
}

/** Replays paid at most once. What is counted is what the sequential algorithm reads, whatever ran ahead of it. */
import { hash } from 'node:crypto'
import type { ReplayResult } from '#schemas/candidate.ts'
import type { EvaluatorVerdict } from '#schemas/suite.ts'
import { number, record, yes } from '../bytes/columns.ts'
import type { Records } from '../bytes/records.ts'
import { MEASURES_COLUMN } from '../evaluate/measure-list.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import type { CaseAnswer, ReplayCounts } from './replayer.ts'

/** Takes each replay that a search read, in reading order. */
export type OnRecord = (result: ReplayResult) => void

/** What a search keeps of an answer. */
export interface Remembered {
  readonly measures: Measures
  readonly contextChanged: boolean
  readonly decisionChanged: boolean
  /** Why it counts against the candidate whatever its measures; null: it was replayed. */
  readonly stop: string | null
  /** The first verdict that failed and where, for people; null: none did. */
  readonly failing: string | null
}

/** A context by sixteen bytes of its hash. */
const KEY_BYTES = 16
/** What of an answer is put aside behind its key, the row of the same case before it and its number first; behind it are its words, if any. */
const ROW = record({
  earlier: number,
  numbered: number,
  contextChanged: yes,
  decisionChanged: yes,
  measures: MEASURES_COLUMN,
})
const NUMBERED = KEY_BYTES + number.bytes
const WORDS = KEY_BYTES + ROW.bytes
/** There is no such row. */
export const NONE = -1

/** Memory of a search on (case, context), and its counts. What is read for the first time goes on record. */
export class ReplayMemo {
  readonly #record: OnRecord
  readonly #aside: Records
  /** Position of each case's newest row; it names the one before. */
  readonly #newest: Float64Array
  /** Lines on record of rows that were never read: a replay that ran ahead is neither counted nor on record before. */
  readonly #unread = new Map<number, CaseAnswer['result']>()
  #paid = 0
  #avoided = 0
  #unreplayable = 0
  #failed = 0

  constructor(record: OnRecord, cases: number, aside: Records) {
    this.#record = record
    this.#aside = aside
    this.#newest = new Float64Array(cases).fill(NONE)
  }

  get counts(): ReplayCounts {
    return { paid: this.#paid, avoided: this.#avoided, unreplayable: this.#unreplayable, failed: this.#failed }
  }

  /** Position of the answer of a case under a context; `NONE`: it must be replayed. */
  find(caseIndex: number, key: string): number {
    const wanted = keyBytes(key)
    for (let at = this.#newest[caseIndex]!; at !== NONE; ) {
      const row = this.#aside.read(at)
      if (wanted.equals(row.subarray(0, KEY_BYTES))) return at
      at = row.readDoubleBE(KEY_BYTES)
    }
    return NONE
  }

  /** The same by the number of a context, as far as the answer was remembered under it. */
  findNumbered(caseIndex: number, numbered: number): number {
    for (let at = this.#newest[caseIndex]!; at !== NONE; ) {
      const row = this.#aside.read(at)
      if (row.readDoubleBE(NUMBERED) === numbered) return at
      at = row.readDoubleBE(KEY_BYTES)
    }
    return NONE
  }

  /** Position of the answer. `numbered`: the number of its context as well; `NONE`: it has none. */
  remember(
    caseIndex: number,
    key: string,
    { measures, contextChanged, decisionChanged, result }: CaseAnswer,
    numbered = NONE,
  ): number {
    // The whole reason, such as a stack, stands in the replay's own line.
    const stop = result.status === 'replayed' ? null : `${result.case_id}: ${result.reason?.split('\n', 1)[0]}`
    const failing = failingOf(Object.values(result.scorecard?.scores ?? {}))
    const words = stop === null && failing === null ? '' : JSON.stringify([stop, failing])
    const row = Buffer.alloc(WORDS + Buffer.byteLength(words))
    row.set(keyBytes(key))
    row.write(words, WORDS)
    ROW.write(viewOf(row), KEY_BYTES, {
      earlier: this.#newest[caseIndex]!,
      numbered,
      contextChanged: contextChanged !== false,
      decisionChanged,
      measures,
    })
    const at = this.#aside.append(row)
    this.#newest[caseIndex] = at
    this.#unread.set(at, result)
    return at
  }

  /** Counts a case whose baseline's own record stands. */
  avoid(): void {
    this.#avoided++
  }

  /** The answer at a position, as the algorithm reads it. */
  read(at: number, candidateId: string): Remembered {
    const result = this.#unread.get(at)
    if (result) {
      this.#unread.delete(at)
      this.#paid++
      if (result.status === 'unreplayable') this.#unreplayable++
      if (result.status === 'failed') this.#failed++
      this.#record({ candidate_id: candidateId, ...result })
    } else this.#avoided++
    return this.#row(at)
  }

  /** Measures of the answer at a position, uncounted. */
  measures(at: number): Measures {
    return this.#row(at).measures
  }

  #row(at: number): Remembered {
    const bytes = this.#aside.read(at)
    const { measures, contextChanged, decisionChanged } = ROW.read(viewOf(bytes), KEY_BYTES)
    const [stop, failing] = bytes.length === WORDS ? [null, null] : JSON.parse(bytes.toString('utf8', WORDS))
    return { measures, contextChanged, decisionChanged, stop, failing }
  }
}

const viewOf = ({ buffer, byteOffset }: Buffer): DataView => new DataView(buffer, byteOffset)

/** Keys of any length as sixteen bytes. */
const keyBytes = (key: string): Buffer => hash('sha256', key, 'buffer').subarray(0, KEY_BYTES)

/** What a person looks for first: which evaluator failed, on which evidence or step. */
function failingOf(verdicts: readonly EvaluatorVerdict[]): string | null {
  const failed = verdicts.find((v) => v.status === 'fail' && v.findings.length > 0)
  const finding = failed?.findings[0]
  if (!finding) return null
  const where = finding.evidence_ref
    ? ` (${finding.evidence_ref})`
    : finding.step === null
      ? ''
      : ` (step ${finding.step})`
  return `${failed.evaluator_id}: ${finding.message}${where}`
}

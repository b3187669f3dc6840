/** Replays paid at most once. What is counted is what the sequential algorithm reads, whatever ran ahead of it. */
import { hash } from 'node:crypto'
import type { ReplayResult } from '#schemas/candidate.ts'
import type { OwnScores } from '#schemas/suite.ts'
import { number, record, yes } from '../bytes/columns.ts'
import type { Records } from '../bytes/records.ts'
import { MEASURES_COLUMN } from '../evaluate/measure-list.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { briefOf } from './gist.ts'
import type { Answer, Gist, ReplayCounts } from './replayer.ts'

/** Takes each replay that a search read, in reading order. */
export type OnRecord = (result: ReplayResult) => void

/** What a search keeps of an answer. */
export interface Remembered extends Pick<Gist, 'stop' | 'failing'> {
  readonly measures: Measures
  readonly contextChanged: boolean
  readonly decisionChanged: boolean
}

/** A context by sixteen bytes of its hash. */
const KEY_BYTES = 16
/** What of an answer is put aside behind its key, the row of the same case before it and its number first; behind it are its words, if any. */
const ROW = record({
  earlier: number,
  numbered: number,
  caseIndex: number,
  contextChanged: yes,
  decisionChanged: yes,
  /** Its words tell several scores of one's own too. */
  own: yes,
  measures: MEASURES_COLUMN,
})
const NUMBERED = KEY_BYTES + number.bytes
const CASE_INDEX = NUMBERED + number.bytes
const WORDS = KEY_BYTES + ROW.bytes
/** There is no such row. */
export const NONE = -1

/** Memory of a search on (case, context), and its counts. What is read for the first time goes on record. */
export class ReplayMemo {
  readonly #record: OnRecord
  readonly #aside: Records
  /** Position of each case's newest row; it names the one before. */
  readonly #newest: Float64Array
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

  /** Where the next row will stand. */
  get end(): number {
    return this.#aside.end
  }

  /** Rows from a position on, in their order: views, each good until the next. */
  rows(from: number): Generator<Buffer> {
    return this.#aside.from(from)
  }

  /** Goes on where another memory stood, with its rows in their order. */
  restore(rows: Iterable<Uint8Array>, { paid, avoided, unreplayable, failed }: ReplayCounts): void {
    for (const kept of rows) {
      const row = Buffer.from(kept)
      const caseIndex = row.readDoubleBE(CASE_INDEX)
      row.writeDoubleBE(this.#newest[caseIndex]!, KEY_BYTES)
      this.#newest[caseIndex] = this.#aside.append(row)
    }
    this.#paid = paid
    this.#avoided = avoided
    this.#unreplayable = unreplayable
    this.#failed = failed
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

  /**
   * Keeps a paid answer as the algorithm reads it: it is counted, and its line goes on record. What ran ahead and is not read
   * is neither. `numbered`: the number of its context as well; `NONE`: it has none.
   */
  pay(
    caseIndex: number,
    key: string,
    answer: Answer,
    { candidateId, numbered = NONE }: { readonly candidateId: string; readonly numbered?: number },
  ): Remembered {
    const { measures, decisionChanged } = answer
    const contextChanged = answer.contextChanged !== false
    const { status, stop, failing } = 'gist' in answer ? answer.gist : briefOf(answer.result)
    const own = measures.own_scores !== undefined
    const words = stop === null && failing === null && !own ? '' : JSON.stringify([stop, failing, measures.own_scores])
    const row = Buffer.alloc(WORDS + Buffer.byteLength(words))
    row.set(keyBytes(key))
    row.write(words, WORDS)
    const earlier = this.#newest[caseIndex]!
    const cells = { earlier, numbered, caseIndex, contextChanged, decisionChanged, own, measures }
    ROW.write(viewOf(row), KEY_BYTES, cells)
    this.#newest[caseIndex] = this.#aside.append(row)
    this.#paid++
    if (status === 'unreplayable') this.#unreplayable++
    if (status === 'failed') this.#failed++
    if ('gist' in answer) answer.onRecord()
    else this.#record({ candidate_id: candidateId, ...answer.result })
    return { measures, contextChanged, decisionChanged, stop, failing }
  }

  /** Counts a case whose baseline's own record stands. */
  avoid(): void {
    this.#avoided++
  }

  /** The answer at a position, as the algorithm reads it again. */
  read(at: number): Remembered {
    this.#avoided++
    const bytes = this.#aside.read(at)
    const { contextChanged, decisionChanged } = ROW.read(viewOf(bytes), KEY_BYTES)
    const [stop, failing] = bytes.length === WORDS ? [null, null] : wordsOf(bytes)
    return { measures: measuresIn(bytes), contextChanged, decisionChanged, stop, failing }
  }

  /** Measures of the answer at a position, uncounted. */
  measures(at: number): Measures {
    return measuresIn(this.#aside.read(at))
  }
}

const wordsOf = (row: Buffer): [Remembered['stop'], Remembered['failing'], OwnScores?] =>
  JSON.parse(row.toString('utf8', WORDS))

function measuresIn(row: Buffer): Measures {
  const { own, measures } = ROW.read(viewOf(row), KEY_BYTES)
  return own ? { ...measures, own_scores: wordsOf(row)[2]! } : measures
}

const viewOf = ({ buffer, byteOffset }: Buffer): DataView => new DataView(buffer, byteOffset)

/** Keys of any length as sixteen bytes. */
const keyBytes = (key: string): Buffer => hash('sha256', key, 'buffer').subarray(0, KEY_BYTES)

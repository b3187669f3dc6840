/** Measures of many cases as bytes: 60 a case, where an object takes some 150. */
import { eachMeasure, OWN_MEASURE } from '#schemas/measures.ts'
import type { OwnScores } from '#schemas/suite.ts'
import { ByteList } from '../bytes/byte-list.ts'
import { amount, type Column, flag, record, sometimes } from '../bytes/columns.ts'
import type { Series } from '../statistics/series.ts'
import type { Measures } from './scorecard.ts'

const COLUMNS = { flag, share: amount, amount, count: amount } as const

/** Measures as a record, but for several scores of one's own, which lie beside it. */
export const MEASURES_COLUMN = record({
  ...eachMeasure(({ kind }) => COLUMNS[kind]),
  [OWN_MEASURE]: sometimes(amount),
}) as Column<unknown> as Column<Measures>

/** A list as JSON carries it. `own`: its scores by name, where its suite marks several metrics. */
export interface PackedMeasures {
  readonly length: number
  readonly bytes: string
  readonly own?: { readonly names: readonly string[]; readonly bytes: string }
}

/** Measures by index. What is read is a copy. */
export class MeasureList implements Series<Measures> {
  #fixed = new ByteList(MEASURES_COLUMN)
  /** In step with the others; null: nothing that was added has such scores. */
  #own: { readonly names: readonly string[]; readonly scores: ByteList<OwnScores> } | null = null

  static parse({ own, ...fixed }: PackedMeasures): MeasureList {
    const list = new MeasureList()
    list.#fixed = ByteList.parse(MEASURES_COLUMN, fixed)
    if (own) {
      const scores = ByteList.parse(columnOf(own.names), { length: fixed.length, bytes: own.bytes })
      list.#own = { names: own.names, scores }
    }
    return list
  }

  get length(): number {
    return this.#fixed.length
  }

  /** Forgets all, and keeps the room for as many. */
  clear(): void {
    this.#fixed.clear()
    this.#own?.scores.clear()
  }

  add(value: Measures): void {
    this.#knows(value.own_scores)
    this.#fixed.add(value)
    this.#own?.scores.add(value.own_scores ?? {})
  }

  /** Replaces the value at an index of the list. */
  set(index: number, value: Measures): void {
    this.#knows(value.own_scores)
    this.#fixed.set(index, value)
    this.#own?.scores.set(index, value.own_scores ?? {})
  }

  at(index: number): Measures | undefined {
    const value = this.#fixed.at(index)
    const own = value === undefined ? undefined : this.#scores(index)
    return own === undefined ? value : { ...value!, own_scores: own }
  }

  field<N extends keyof Measures>(name: N): (index: number) => Measures[N] {
    if (name === 'own_scores') return ((index: number) => this.#scores(index)) as (index: number) => Measures[N]
    return this.#fixed.field(name)
  }

  *[Symbol.iterator](): Generator<Measures> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!
  }

  toJSON(): PackedMeasures {
    const fixed = this.#fixed.toJSON()
    return this.#own === null
      ? fixed
      : { ...fixed, own: { names: this.#own.names, bytes: this.#own.scores.toJSON().bytes } }
  }

  /** Undefined: the value has none. */
  #scores(index: number): OwnScores | undefined {
    const scores = this.#own?.scores.at(index)
    return scores === undefined || Object.keys(scores).length === 0 ? undefined : scores
  }

  /** Makes room for further names: once, for all values of a list come from one suite. */
  #knows(scores: OwnScores | undefined): void {
    if (scores === undefined) return
    const known = this.#own?.names ?? []
    const names = [...new Set([...known, ...Object.keys(scores)])]
    if (this.#own !== null && names.length === known.length) return
    const wider = new ByteList(columnOf(names))
    for (let i = 0; i < this.length; i++) wider.add(this.#own?.scores.at(i) ?? {})
    this.#own = { names, scores: wider }
  }
}

const columnOf = (names: readonly string[]): Column<OwnScores> =>
  record(Object.fromEntries(names.map((name) => [name, sometimes(amount)]))) as Column<unknown> as Column<OwnScores>

/** An empty list. */
export const measureList = (): MeasureList => new MeasureList()

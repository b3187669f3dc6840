/** Where harm and gain lie: cases by the values of their declared attributes, and by how they ended. */
import type { Recording } from '#schemas/replay-case.ts'
import { byCodeUnit } from '../canonical.ts'
import type { CasePair } from './case-pair.ts'
import type { Course, Slice } from './types.ts'

const MOST_ATTRIBUTES = 12
const MOST_VALUES = 24
const OTHERS = 'others'

/** Every record has this one: how the recorded run ended. */
const STATUS = 'recorded status'

type Counts = { -readonly [K in keyof Slice]: Slice[K] }

export class Slices {
  readonly #slices = new Map<string, Map<string, Counts>>()

  /** @param course of the pair; null: nothing of it changed */
  add({ recording, before }: CasePair, course: Course | null): void {
    const isLabelled = before.measures.utility_passed !== null
    for (const [attribute, value] of attributesOf(recording)) {
      const slice = this.#slice(attribute, value)
      if (slice === null) continue
      slice.cases++
      if (isLabelled) slice.labelled++
      if (course === 'worse') slice.worse++
      if (course === 'better') slice.better++
    }
  }

  /** Slices of attributes that tell cases apart: the most worse first. */
  slices(): Slice[] {
    return [...this.#slices.entries()]
      .filter(([, values]) => values.size > 1)
      .sort(([a], [b]) => byCodeUnit(a, b))
      .flatMap(([, values]) =>
        [...values.values()].sort((a, b) => b.worse - a.worse || b.cases - a.cases || byCodeUnit(a.value, b.value)),
      )
  }

  #slice(attribute: string, value: string): Counts | null {
    let values = this.#slices.get(attribute)
    if (!values) {
      if (this.#slices.size >= MOST_ATTRIBUTES) return null
      values = new Map()
      this.#slices.set(attribute, values)
    }
    const named = values.has(value) || values.size < MOST_VALUES ? value : OTHERS
    const slice = values.get(named) ?? { attribute, value: named, cases: 0, labelled: 0, worse: 0, better: 0 }
    values.set(named, slice)
    return slice
  }
}

const attributesOf = ({ attributes, outcome }: Recording): (readonly [string, string])[] => [
  ...Object.entries(attributes ?? {}),
  ...(outcome.status === null ? [] : [[STATUS, outcome.status] as const]),
]

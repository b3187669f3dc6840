/** Measures and heads as bytes are the values that went in. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { caseHeads } from '#core/evaluate/case-heads.ts'
import { MeasureList, measureList } from '#core/evaluate/measure-list.ts'
import { NOT_MEASURED } from '#core/evaluate/scorecard.ts'
import { eachMeasure } from '#schemas/measures.ts'
import type { Measures } from '#schemas/suite.ts'
import { measuresLike } from '../../support/builders.ts'

const flag = fc.constantFrom(true, false, null)
const amount = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null })
const score = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null })
/** Of a suite that marks none, one, or several: some values of a list have no score at all. */
const own = fc.constantFrom<(value: number | null) => object>(
  () => ({}),
  (value) => ({ own_score: value }),
  (value) => ({ own_scores: { tone: value, room: 0.5 } }),
)
const measures = fc
  .tuple(fc.record(eachMeasure(({ kind }) => (kind === 'flag' ? flag : amount))), own, score)
  .map(([fixed, scored, value]) => ({ ...fixed, ...scored(value) })) as fc.Arbitrary<Measures>

describe('a list of measures', () => {
  test('gives back every value, null and all, also after it crossed a process', () => {
    fc.assert(
      fc.property(fc.array(measures, { maxLength: 40 }), (all) => {
        const list = measureList()
        for (const one of all) list.add(one)
        const sent = MeasureList.parse(JSON.parse(JSON.stringify(list)))
        for (const some of [list, sent]) {
          expect([...some]).toEqual(all)
          expect(some.length).toBe(all.length)
          expect(some.at(all.length)).toBeUndefined()
        }
      }),
    )
  })

  test('holds thousands, written over in any order, and forgets them when it is cleared', () => {
    const list = measureList()
    for (let i = 0; i < 2501; i++) list.add(NOT_MEASURED)
    for (const i of [2500, 7]) list.set(i, measuresLike({ latency_ms: i }))
    expect([7, 1024, 2500, 2501].map((i) => list.at(i)?.latency_ms)).toEqual([7, null, 2500, undefined])
    const sent = MeasureList.parse(JSON.parse(JSON.stringify(list)))
    expect([sent.length, sent.at(2500)]).toEqual([2501, list.at(2500)])
    list.clear()
    expect([list.length, list.at(7)]).toEqual([0, undefined])
  })
})

describe('heads of cases', () => {
  test('come back whole, whatever is written in their names, across the blocks that they lie in', () => {
    const heads = Array.from({ length: 2500 }, (_, i) => ({
      case_id: `case ${i} "ä€😀"`,
      family_id: `f${i % 7}\u2028`,
      digest: digestOf(i),
    }))
    const kept = caseHeads()
    for (const head of heads) kept.add(head)
    expect([...kept]).toEqual(heads)
    expect(kept.at(heads.length)).toBeUndefined()
  })

  test('refuse what is no digest', () => {
    expect(() => caseHeads().add({ case_id: 'c', family_id: 'f', digest: 'sha256:short' })).toThrow(/no digest/)
  })
})

/** Measures and heads as bytes are the values that went in. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { CaseHeads } from '#core/evaluate/case-heads.ts'
import { MeasureList } from '#core/evaluate/measure-list.ts'
import type { Measures } from '#core/evaluate/scorecard.ts'
import { measuresLike } from '../../support/builders.ts'

const flag = fc.constantFrom(true, false, null)
const amount = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null })
const measures: fc.Arbitrary<Measures> = fc.record({
  policy_violation: flag,
  safety_violation: flag,
  approval_bypass: flag,
  utility_passed: flag,
  utility_score: amount,
  latency_ms: amount,
  economics_cents: amount,
  economics_tokens: amount,
  approval_waits: amount,
  approval_actions: amount,
})

describe('a list of measures', () => {
  test('gives back every value, null and all, also after it crossed a process', () => {
    fc.assert(
      fc.property(fc.array(measures, { maxLength: 40 }), (all) => {
        const list = new MeasureList()
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

  test('holds thousands, written in any order; what was never written is not measured', () => {
    const list = new MeasureList()
    list.set(2500, measuresLike({ latency_ms: 2500 }))
    list.set(7, measuresLike({ latency_ms: 7 }))
    expect(list.length).toBe(2501)
    expect([list.at(7)!.latency_ms, list.at(2500)!.latency_ms]).toEqual([7, 2500])
    expect(new Set(Object.values(list.at(1024)!))).toEqual(new Set([null]))
    const sent = MeasureList.parse(JSON.parse(JSON.stringify(list)))
    expect([sent.length, sent.at(2500)]).toEqual([2501, list.at(2500)])
  })
})

describe('heads of cases', () => {
  test('come back whole, whatever is written in their names, across the blocks that they lie in', () => {
    const heads = Array.from({ length: 2500 }, (_, i) => ({
      case_id: `case ${i} "ä€😀"`,
      family_id: `f${i % 7}\u2028`,
      digest: digestOf(i),
    }))
    const kept = new CaseHeads()
    for (const head of heads) kept.add(head)
    expect([...kept]).toEqual(heads)
    expect(kept.at(heads.length)).toBeUndefined()
  })

  test('refuse what is no digest', () => {
    expect(() => new CaseHeads().add({ case_id: 'c', family_id: 'f', digest: 'sha256:short' })).toThrow(/no digest/)
  })
})

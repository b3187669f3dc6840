import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  candidateP,
  committedList,
  committedOrder,
  fixedSequence,
  gradedSearchEvidence,
  searchEvidence,
  smoothedRates,
} from '#core/statistics/fixed-sequence.ts'

const candidates = fc.uniqueArray(
  fc.record({
    evidence: fc.integer({ min: -3, max: 3 }),
    target: fc.integer({ min: -5, max: 5 }),
    digest: fc.string(),
  }),
  { selector: (one) => one.digest },
)

describe('committedList', () => {
  test('is the front of evidence and target, safest first, whatever the input order', () => {
    fc.assert(
      fc.property(candidates, (items) => {
        const list = committedList(items, (one) => one, 'decrease', 100)
        expect(committedList([...items].reverse(), (one) => one, 'decrease', 100)).toEqual(list)
        list.forEach((one, i) => {
          const before = list[i - 1]
          if (!before) return
          expect(one.evidence).toBeLessThan(before.evidence)
          expect(one.target).toBeLessThan(before.target)
        })
        for (const one of items) {
          const covered = list.some((kept) => kept.evidence >= one.evidence && kept.target <= one.target)
          expect(covered).toBe(true)
        }
      }),
    )
  })

  test('is cut to its length, and knows both directions', () => {
    const items = Array.from({ length: 20 }, (_, i) => ({ evidence: -i, target: i, digest: `${i}` }))
    expect(committedList(items, (one) => one, 'increase').map((one) => one.target)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(committedList(items, (one) => one, 'decrease').map((one) => one.target)).toEqual([0])
    expect(committedList(items, (one) => one, 'increase', 0)).toEqual([])
  })

  test('breaks ties by target, then digest', () => {
    const items = [
      { evidence: 1, target: 2, digest: 'a' },
      { evidence: 1, target: 1, digest: 'c' },
      { evidence: 1, target: 1, digest: 'b' },
    ]
    expect(committedList(items, (one) => one, 'decrease')).toEqual([items[2]])
    expect(
      committedOrder(
        [
          [1, 1],
          [1, 1],
        ],
        'decrease',
      ),
    ).toEqual([0])
  })

  test('fails for a key that cannot be ordered', () => {
    expect(() => committedOrder([[Number.NaN, 1]], 'decrease')).toThrow('evidence must be in')
    expect(() => committedOrder([[1, Number.NaN]], 'decrease')).toThrow('target must be in')
  })
})

describe('search evidence', () => {
  test('for graded scores of -1, 0, 1 is that of pass/fail', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(-1, 0, 1)), (deltas) => {
        const g = deltas.filter((delta) => delta === -1).length
        const f = deltas.filter((delta) => delta === 1).length
        expect(gradedSearchEvidence(deltas, 0.02)).toBeCloseTo(searchEvidence(deltas.length, g, f, 0.02), 12)
        expect(gradedSearchEvidence([...deltas].reverse(), 0.02)).toBe(gradedSearchEvidence(deltas, 0.02))
      }),
    )
  })

  test('fails for counts that cannot be', () => {
    expect(() => searchEvidence(5, 3, 3, 0.02)).toThrow('f must be an integer in [0, 2], got 3')
    expect(() => smoothedRates(5, 6, 0)).toThrow(RangeError)
    expect(() => gradedSearchEvidence([1.5], 0.02)).toThrow('delta must be in [-1, 1], got 1.5')
  })
})

describe('candidateP', () => {
  test('is the worst guardrail, scaled where it declared a smaller error', () => {
    expect(
      candidateP(
        [
          { p: 0.004, alpha: 0.05 },
          { p: 0.002, alpha: 0.01 },
        ],
        0.05,
      ),
    ).toBeCloseTo(0.01, 15)
    expect(candidateP([{ p: 0.9, alpha: 0.01 }], 0.05)).toBe(1)
    expect(candidateP([{ p: 0.004, alpha: (0.05 / 11) * 11 }], 0.05)).toBe(0.004)
  })

  test('fails for a guardrail with a larger error than the version, or none at all', () => {
    expect(() => candidateP([{ p: 0.01, alpha: 0.1 }], 0.05)).toThrow(/^alpha must be in .*, got 0.1$/)
    expect(() => candidateP([], 0.05)).toThrow(RangeError)
  })
})

describe('fixedSequence', () => {
  test('stops at the first failure and never looks behind it', () => {
    expect(fixedSequence([0.01, 0.011, 0], 0.01)).toEqual([0])
  })

  test('fails without a level', () => {
    expect(() => fixedSequence([0], 0)).toThrow('alpha must be in (0, 1), got 0')
    expect(() => fixedSequence([1.2], 0.05)).toThrow('p must be in [0, 1], got 1.2')
  })
})

/** The rule of the third look: what a harness that draws may be denied by chance, by exact formulas, and what is said. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DENIED_FROM,
  deniedBy,
  isDenied,
  MOST_DENIED_BY_CHANCE,
  ThirdLookCounts,
  thirdLookLines,
} from '#core/baseline/third-look.ts'
import { binomTail, upperRate } from '#core/statistics/binomial.ts'

/** Of one answer with these chances: two looks agree and the third is another one, and two looks agree. */
function ofOne(chances: readonly number[]): { readonly differs: number; readonly agrees: number } {
  const sum = (of: (p: number) => number) => chances.reduce((all, p) => all + of(p), 0)
  return { differs: sum((p) => p * p * (1 - p)), agrees: sum((p) => p * p) }
}

/** P(all first two looks agree, and k or more thirds differ) for answers with chances of their own, exactly. */
function denied(answers: readonly (readonly number[])[], k: number): number {
  let at = [1]
  for (const chances of answers) {
    const { differs, agrees } = ofOne(chances)
    const next = new Array<number>(at.length + 1).fill(0)
    at.forEach((p, x) => {
      next[x]! += p * (agrees - differs)
      next[x + 1]! += p * differs
    })
    at = next
  }
  return at.slice(k).reduce((a, b) => a + b, 0)
}

describe('nothing is certified that verify denies', () => {
  test('whatever the rate of a harness that errs alike everywhere: below 1e-4 over the whole grid', () => {
    let worst = 0
    for (const n of [9, 20, 100, 596, 2500, 100_000])
      for (let expected = 0.05; expected <= n / 2; expected *= 1.07) {
        const { differs, agrees } = ofOne([1 - expected / n, expected / n])
        worst = Math.max(worst, agrees ** n * binomTail(DENIED_FROM, n, differs / agrees))
      }
    expect(worst).toBeGreaterThan(1e-6)
    expect(worst).toBeLessThan(MOST_DENIED_BY_CHANCE)
    expect(MOST_DENIED_BY_CHANCE).toBeLessThan(1e-4)
  })

  test('by one answer that differs it used to be 14.8 %', () => {
    const n = 100_000
    const { differs, agrees } = ofOne([1 - Math.log(1.5) / n, Math.log(1.5) / n])
    expect(agrees ** n * binomTail(1, n, differs / agrees)).toBeCloseTo(4 / 27, 4)
  })

  test('whatever the rates, and wherever they lie: each answer with chances of its own', () => {
    const chances = fc
      .array(fc.double({ min: 1e-6, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 })
      .map((weights) => weights.map((w) => w / weights.reduce((a, b) => a + b, 0)))
    fc.assert(
      fc.property(fc.array(chances, { maxLength: 40 }), fc.integer({ min: 0, max: 12 }), (answers, k) => {
        expect(denied(answers, k)).toBeLessThanOrEqual(3 ** -k + 1e-12)
      }),
    )
  })
})

/** What a look came to in which so many answers of the search side and of the sealed one differ. */
function looked(asked: number, search: number, sealed: number) {
  const look = new ThirdLookCounts()
  for (let i = 0; i < asked - search - sealed; i++) look.add(i % 2 === 0 ? 'fine' : null, null)
  for (let i = 0; i < search; i++) look.add(`s${i} under top_k 3`, 'outputs 1 and 2')
  for (let i = 0; i < sealed; i++) look.add(null, 'another score')
  return look.result(null)
}

describe('what is said', () => {
  test('of a harness that answers as it did is the bound over both looks', () => {
    expect(thirdLookLines(looked(600, 0, 0))).toEqual([
      'third look: 0 of 600 answers of the harness differ from those on record (< 0.25 % at 95 %, with the second look)',
    ])
  })

  test('of a few other answers names the cases of the search side, counts the sealed ones, and says why they do not deny', () => {
    expect(thirdLookLines({ ...looked(600, 1, 2), finding: 'policy' })).toEqual([
      'third look: 3 of 600 answers of the harness differ from those on record (< 0.64 % at 95 %, with the second look). The answers on record stand: so few are what chance explains, and a harness that draws at that rate passes two looks',
      '  s0 under top_k 3: outputs 1 and 2',
      '  2 on the sealed side',
      'finding: policy',
    ])
  })

  test('of nine or more is a denial', () => {
    expect([8, 9].map((differing) => isDenied(looked(600, differing, 0)))).toEqual([false, true])
    expect(deniedBy(looked(600, 4, 5))).toContain('another answer to 9 of 600')
    expect(thirdLookLines(looked(600, 30, 0)).slice(-2)).toEqual([
      '  s8 under top_k 3: outputs 1 and 2',
      '  and 21 more of the search side',
    ])
  })

  test('is bounded above by more than was seen, for any counts', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(20), fc.nat(20), (same, search, sealed) => {
        const asked = same + search + sealed
        const { bound, differing } = looked(asked, search, sealed)
        expect(differing).toBe(search + sealed)
        expect(bound).toBe(asked === 0 ? null : upperRate(search + sealed, 2 * asked, 0.05))
        if (bound !== null) expect(bound).toBeGreaterThan((search + sealed) / (2 * asked))
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { harmEvidence } from '#core/release/harm-evidence.ts'
import { RiseSequence } from '#core/release/rise-bounds.ts'
import { generator } from '#core/statistics/generator.ts'
import type { ProductionRun } from '#schemas/release.ts'
import { aRun, started } from './builders.ts'

const LEVEL = 0.05
const rises = (seed: number, count: number, up: number, down: number): number[] => {
  const next = generator(seed)
  return Array.from({ length: count }, () => {
    const u = next() / 2 ** 32
    return u < up ? 1 : u < up + down ? -1 : 0
  })
}

describe('bounds of a rise, look by look', () => {
  test('begin at everything and hold the mean that was seen in the end', () => {
    const sequence = new RiseSequence(LEVEL)
    expect(sequence.bounds()).toEqual({ lower: -1, upper: 1 })
    for (const rise of rises(7, 2000, 0.3, 0.1)) sequence.add(rise)
    const { lower, upper } = sequence.bounds()
    expect(lower).toBeGreaterThan(0.12)
    expect(lower).toBeLessThan(0.2)
    expect(upper).toBeGreaterThan(0.2)
    expect(upper).toBeLessThan(0.28)
  })

  test('only come nearer, and are the same turned round', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 120 }), (values) => {
        const [there, back] = [new RiseSequence(LEVEL), new RiseSequence(LEVEL)]
        let before = there.bounds()
        for (const value of values) {
          there.add(value)
          back.add(0 - value)
          const now = there.bounds()
          expect(now.lower).toBeGreaterThanOrEqual(before.lower)
          expect(now.upper).toBeLessThanOrEqual(before.upper)
          const turned = back.bounds()
          expect(turned.lower).toBeCloseTo(0 - now.upper, 12)
          before = now
        }
      }),
      { numRuns: 40 },
    )
  })

  test('leave the truth out with probability at most the level, looked at after every comparison', () => {
    let out = 0
    for (let seed = 1; seed <= 200; seed++) {
      const sequence = new RiseSequence(LEVEL)
      const left = rises(seed, 150, 0.2, 0.1).some((rise) => {
        sequence.add(rise)
        const { lower, upper } = sequence.bounds()
        return lower > 0.1 || upper < 0.1
      })
      if (left) out++
    }
    expect(out / 200).toBeLessThanOrEqual(LEVEL + 0.03)
  })

  test('leave a tolerance out where the test for harm, over one start, would have gone back', () => {
    // The lower bound passes the tolerance exactly when bets against it have won 2/level; the test has six starts, so it is later.
    const rollout = started()
    const seen = rises(11, 600, 0.25, 0.05)
    const sequence = new RiseSequence(LEVEL)
    for (const rise of seen) sequence.add(rise)
    const runs = seen.flatMap((rise, n) =>
      (['baseline', 'candidate'] as const).map((arm) => ({
        ...aRun(rollout, '0%_shadow', arm, n, {
          utility_score: (arm === 'candidate') === rise > 0 && rise !== 0 ? 0 : 1,
        }),
        subject: `s-${n}`,
        pair: `p-${n}`,
      })),
    )
    const badness = (run: ProductionRun) => 1 - run.measures.utility_score!
    const { crossed_after } = harmEvidence(runs, { name: 'utility', badness, tolerated: 0.02 }, LEVEL / 2)
    expect(crossed_after).not.toBeNull()
    expect(sequence.bounds().lower).toBeGreaterThan(0.02)
  })

  test('a level outside (0, 1) is refused', () => {
    for (const level of [0, 1, Number.NaN]) expect(() => new RiseSequence(level)).toThrow(RangeError)
  })
})

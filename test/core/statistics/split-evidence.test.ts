/** Sample ratio and order of entry: what a rollout's subjects are counted and queued by. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DueQueue } from '#core/statistics/due-queue.ts'
import { generator } from '#core/statistics/generator.ts'
import { splitEvidence } from '#core/statistics/split-evidence.ts'

describe('evidence against a declared split', () => {
  test('is a martingale: over every sequence it is worth 1, and reaches 1/level with probability at most level', () => {
    const share = 0.3
    let [mean, crossed] = [0, 0]
    const n = 12
    for (let bits = 0; bits < 2 ** n; bits++) {
      const falls = Array.from({ length: n }, (_, i) => ((bits >> i) & 1) === 1)
      const weight = falls.reduce((p, hit) => p * (hit ? share : 1 - share), 1)
      // The last value: the product over all steps, as against the largest one that is handed back.
      const last = falls.reduce(
        ({ e, hits }, hit, i) => {
          const learnt = (100 * share + hits) / (100 + i)
          return { e: e * (hit ? learnt / share : (1 - learnt) / (1 - share)), hits: hits + (hit ? 1 : 0) }
        },
        { e: 1, hits: 0 },
      ).e
      const { evidence, hits, count } = splitEvidence(falls, share)
      expect([hits, count]).toEqual([falls.filter(Boolean).length, n])
      expect(evidence).toBeGreaterThanOrEqual(last * (1 - 1e-12))
      mean += weight * last
      if (evidence >= 1.25) crossed += weight
    }
    expect(mean).toBeCloseTo(1, 10)
    expect(crossed).toBeLessThanOrEqual(0.8)
  })

  test('finds an arm that loses a tenth of what falls on it, and leaves a true split alone', () => {
    const drawn = (seed: number, lost: number) => {
      const next = generator(seed)
      return Array.from({ length: 20_000 }, () => next() / 2 ** 32 < 0.5).filter(
        (hit) => !hit || next() / 2 ** 32 >= lost,
      )
    }
    for (let seed = 1; seed <= 5; seed++) {
      expect(splitEvidence(drawn(seed, 0.1), 0.5).evidence).toBeGreaterThan(1000)
      expect(splitEvidence(drawn(seed, 0), 0.5).evidence).toBeLessThan(1000)
    }
  })

  test.each([0, 1, Number.NaN, -0.1])('is not asked of a share of %s', (share) => {
    expect(() => splitEvidence([true], share)).toThrow(RangeError)
  })
})

test('what is due comes up by its moment, and at one moment in the order in which it was added', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: 0, max: 20 }), (moments, now) => {
      const text = (moment: number) => String(moment).padStart(2, '0')
      const queue = new DueQueue<number>()
      for (const [i, moment] of moments.entries()) queue.add(text(moment), i)
      const got: number[] = []
      for (let next = queue.due(text(now)); next !== null; next = queue.due(text(now))) got.push(next)
      const due = moments.flatMap((moment, i) => (moment <= now ? [{ moment, i }] : []))
      expect(got).toEqual(due.sort((a, b) => a.moment - b.moment || a.i - b.i).map(({ i }) => i))
    }),
  )
})

import { describe, expect, test } from 'vitest'
import { bootstrapUpper } from '#core/statistics/bootstrap.ts'
import { bootstrapSeed, generator, indexDraws } from '#core/statistics/generator.ts'
import { type Family, type PairedCase, quantileHigher, type Statistic } from '#core/statistics/paired-statistic.ts'
import { observedDelta, singleCaseFamilies } from './families.ts'

const plain = (base: number, cand: number): PairedCase => ({
  base: { sum: base, count: 1 },
  cand: { sum: cand, count: 1 },
})

/** Families of 1 to 4 cases with skewed values, many of them equal. */
function clusters(count: number, seed: number): Family[] {
  const next = generator(seed)
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + (next() % 4) }, () => {
      const base = 500 + (next() % 40) ** 2
      return plain(base, base - 100 + (next() % 180))
    }),
  )
}

/** The bound from its definition: pool the cases of the drawn families, then sort. */
function upperByPooling(families: readonly Family[], statistic: Statistic, alpha: number, seed: number, draws: number) {
  const draw = indexDraws(seed, families.length)
  const statistics = Array.from({ length: 300 }, () => {
    const cases = Array.from({ length: draws }, () => families[draw()]!).flat()
    const base = cases.map((one) => one.base.sum)
    const cand = cases.map((one) => one.cand.sum)
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    return statistic === 'p95_delta' ? quantileHigher(cand, 0.95) - quantileHigher(base, 0.95) : mean(cand) - mean(base)
  })
  return quantileHigher(statistics, 1 - alpha)
}

describe('bootstrapUpper', () => {
  test.each(['p95_delta', 'mean_delta'] as const)('%s draws families with all their cases', (statistic) => {
    const families = clusters(120, 3)
    for (const draws of [30, 120, 400]) {
      const bound = bootstrapUpper(families, { statistic, alpha: 0.05, seed: 11, resamples: 300, draws })
      expect(bound).toBeCloseTo(upperByPooling(families, statistic, 0.05, 11, draws), 9)
    }
  })

  test('is wider when the cases of a family move together', () => {
    const next = generator(5)
    const shifts = Array.from({ length: 60 }, () => (next() % 200) - 100)
    const together = shifts.map((shift) => Array.from({ length: 10 }, () => plain(1000, 1000 + shift)))
    const apart = together.flat().map((one) => [one])
    const options = { statistic: 'mean_delta', alpha: 0.05, seed: 1 } as const
    const centre = observedDelta(together, 'mean_delta')!
    expect(bootstrapUpper(together, options) - centre).toBeGreaterThan(2 * (bootstrapUpper(apart, options) - centre))
  })

  test('takes the mean as a ratio of sums', () => {
    const family = (sum: number, count: number): Family => [{ base: { sum: 100, count: 10 }, cand: { sum, count } }]
    // Every resample of equal families has the same ratio, however its counts are spread over cases.
    const families = [family(90, 10), [...family(45, 5), ...family(45, 5)], family(180, 20)]
    expect(observedDelta(families, 'mean_delta')).toBeCloseTo(-1, 12)
    expect(bootstrapUpper(families, { statistic: 'mean_delta', alpha: 0.05, seed: 1 })).toBeCloseTo(-1, 12)
  })

  test('counts a missing candidate measurement as infinitely bad', () => {
    const cand = Array<number>(100).fill(10)
    cand[50] = Infinity
    const families = singleCaseFamilies(Array<number>(100).fill(10), cand)
    const options = { alpha: 0.05, seed: 1 }
    expect(bootstrapUpper(families, { ...options, statistic: 'mean_delta' })).toBe(Infinity)
    // One in a hundred is hardly ever in the top 5 % by itself: the p95 stands.
    expect(bootstrapUpper(families, { ...options, statistic: 'p95_delta' })).toBe(0)
  })

  test('counts a resample in which an arm counted nothing as infinitely bad', () => {
    const empty: Family = [{ base: { sum: 0, count: 0 }, cand: { sum: 0, count: 0 } }]
    const options = { statistic: 'mean_delta', alpha: 0.05, seed: 1 } as const
    expect(bootstrapUpper([empty], options)).toBe(Infinity)
    expect(observedDelta([empty], 'mean_delta')).toBeNull()
  })

  test('fails for input that cannot carry a bound', () => {
    const options = { statistic: 'p95_delta', alpha: 0.05, seed: 1 } as const
    expect(() => bootstrapUpper([], options)).toThrow('number of families')
    expect(() => bootstrapUpper([[]], options)).toThrow('cases of a family')
    expect(() => bootstrapUpper(singleCaseFamilies([Infinity], [1]), options)).toThrow('base.sum')
    expect(() => bootstrapUpper(singleCaseFamilies([1], [Number.NaN]), options)).toThrow('cand.sum')
    const weighted: Family = [{ base: { sum: 4, count: 2 }, cand: { sum: 4, count: 2 } }]
    expect(() => bootstrapUpper([weighted], options)).toThrow('base.count must be in [1, 1], got 2')
    expect(() => bootstrapUpper(singleCaseFamilies([1], [1]), { ...options, draws: 0 })).toThrow('draws')
    expect(() => singleCaseFamilies([1, 2], [1])).toThrow('cand must have as many values as base (2), got 1')
  })
})

describe('quantileHigher', () => {
  test('is one of the values, from the smallest to the largest', () => {
    expect(quantileHigher([3, 1, 2], 0)).toBe(1)
    expect(quantileHigher([3, 1, 2], 1)).toBe(3)
    expect(() => quantileHigher([], 0.5)).toThrow(RangeError)
    expect(() => quantileHigher([1], 1.1)).toThrow(RangeError)
  })
})

describe('bootstrapSeed', () => {
  const commit = 'ab'.repeat(32)

  test('reads the first four bytes of the hash, and differs by guardrail', () => {
    // printf 'abab...ab/p95_latency_delta' | sha256sum
    expect(bootstrapSeed(commit, 'p95_latency_delta').toString(16)).toBe('fc2e94bf')
    expect(bootstrapSeed(commit, 'economics_delta')).not.toBe(bootstrapSeed(commit, 'p95_latency_delta'))
  })

  test('fails for anything but a lower-case digest and a name', () => {
    expect(() => bootstrapSeed(commit.toUpperCase(), 'x')).toThrow('64 lower-case hex digits')
    expect(() => bootstrapSeed(commit, '')).toThrow(RangeError)
    expect(() => generator(-1)).toThrow('seed must be an integer in [0, 4294967295], got -1')
  })
})

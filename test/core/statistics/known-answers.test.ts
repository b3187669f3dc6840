import { describe, expect, test } from 'vitest'
import { defaultK, levelAfterPasses, levelTreeSum, nextLevel } from '#core/gate/levels.ts'
import { acceptTable, cleanSheetFloor, powerNonInferior } from '#core/statistics/acceptance.ts'
import { binomCdf, casesForZeroFailures, upperRate } from '#core/statistics/binomial.ts'
import { bootstrapUpper } from '#core/statistics/bootstrap.ts'
import { defaultStake, evidence } from '#core/statistics/evidence.ts'
import {
  committedOrder,
  type Direction,
  fixedSequence,
  searchEvidence,
  smoothedRates,
} from '#core/statistics/fixed-sequence.ts'
import { generator } from '#core/statistics/generator.ts'
import { pNonInferior, tangoZ } from '#core/statistics/non-inferiority.ts'
import { pHB, quantileLowerIndex, quantileUpperIndex } from '#core/statistics/order-statistics.ts'
import { quantileHigher, type Statistic } from '#core/statistics/paired-statistic.ts'
import { singleCaseFamilies } from './families.ts'
import known from './known-answers.json' with { type: 'json' }

type Answer = number | null | readonly (number | null)[]
// The file's arguments are named and differ per function; each adapter below picks its own.
// biome-ignore lint/suspicious/noExplicitAny: arguments come from JSON
type Args = any

const adapters: Record<string, (args: Args) => Answer> = {
  binomCdf: ({ k, n, p }) => binomCdf(k, n, p),
  upperRate: ({ x, n, alpha }) => upperRate(x, n, alpha),
  casesForZeroFailures: ({ v, alpha }) => casesForZeroFailures(v, alpha),
  tangoZ: ({ n, g, f, m }) => tangoZ(n, g, f, m),
  pNonInferior: ({ n, g, f, m }) => pNonInferior(n, g, f, m),
  powerNonInferior: ({ n, alpha, m, p10, p01 }) => powerNonInferior(n, alpha, m, p10, p01),
  acceptTable: ({ n, alpha, m, g_max }) => acceptTable(n, alpha, m, g_max),
  cleanSheetFloor: ({ m, alpha }) => cleanSheetFloor(m, alpha),
  quantileUpperIndex: ({ n, q, alpha }) => quantileUpperIndex(n, q, alpha),
  quantileLowerIndex: ({ n, q, alpha }) => quantileLowerIndex(n, q, alpha),
  pHB: ({ risk, n, limit }) => pHB(risk, n, limit),
  evidence: ({ deltas, m, stake }) => evidence(repeated(deltas), m, stake),
  defaultStake: ({ n, alpha, m }) => defaultStake(n, alpha, m),
  levelAfterPasses: ({ alpha, K, k, j }) => levelAfterPasses(alpha, K, k, j),
  levelTreeSum: ({ alpha, K }) => levelTreeSum(alpha, K),
  nextLevel: ({ alpha, K, used, retired }) => nextLevel(alpha, K, used, retired),
  defaultK: ({ n, N_min, v }) => defaultK(n, N_min, v),
  fixedSequence: ({ p_values, alpha }) => fixedSequence(p_values, alpha),
  committedOrder: ({ candidates, direction, max_length }) =>
    committedOrder(candidates, direction as Direction, max_length),
  searchEvidence: ({ n, g, f, m }) => searchEvidence(n, g, f, m),
  smoothedRates: ({ n, g, f }) => smoothedRates(n, g, f),
  quantileHigher: ({ values, q }) => quantileHigher(values, q),
  generator: ({ seed, count }) => {
    const next = generator(seed)
    return Array.from({ length: count }, () => next())
  },
  bootstrapUpper: ({ base, cand, statistic, alpha, resamples, seed }) =>
    bootstrapUpper(singleCaseFamilies(base, cand), { statistic: statistic as Statistic, alpha, resamples, seed }),
}

// The blast radius belongs to the choice among certified candidates: test/core/select checks it.
const elsewhere = ['blastConfig']

function repeated(runs: readonly (readonly [number, number])[]): number[] {
  return runs.flatMap(([value, times]) => Array<number>(times).fill(value))
}

function relativeError(got: number | null, expected: number | null): number {
  if (got === null || expected === null) return got === expected ? 0 : Infinity
  return Math.abs(got - expected) / Math.max(1e-300, Math.abs(expected))
}

const checks = [...known.checks, ...known.extra_checks].filter((check) => !elsewhere.includes(check.function))

describe('known answers', () => {
  test.each(checks)('$id', ({ function: name, args, expected, tolerance }) => {
    const got = [adapters[name]!(args)].flat()
    const wanted = [expected as Answer].flat()
    expect(got).toHaveLength(wanted.length)
    got.forEach((value, i) => {
      expect(relativeError(value, wanted[i]!), `got ${value}, expected ${wanted[i]}`).toBeLessThanOrEqual(tolerance)
    })
  })

  test.each(known.must_throw)('fails for $function $args', ({ function: name, args }) => {
    expect(() => adapters[name]!(args)).toThrow(RangeError)
  })

  test('covers the whole file', () => {
    expect(known.checks).toHaveLength(88)
    expect(new Set(checks.map((check) => check.function))).toEqual(new Set(Object.keys(adapters)))
  })
})

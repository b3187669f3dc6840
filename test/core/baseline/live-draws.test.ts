/** Noise of a live baseline: what draws of the very same settings differ in. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LiveDraws, noiseLines } from '#core/baseline/live-draws.ts'
import { anEvaluator, aSuite, measuresLike } from '../../support/builders.ts'

const suite = aSuite({ evaluators: [anEvaluator({ check: 'gold_coverage', kind: 'replay', dimension: 'utility' })] })
const draw = (tokens: number, said = 'p') => ({ measures: measuresLike({ economics_tokens: tokens }), said })
const METRIC = 'economics_tokens_per_decision'
const noiseOf = (cases: readonly (readonly ReturnType<typeof draw>[])[]) => {
  const draws = new LiveDraws()
  for (const [i, of] of cases.entries()) draws.add(`c${i}`, of)
  return draws.noise(suite, METRIC)
}

describe('the least gain that counts', () => {
  test('is none where every draw is the same, whatever the cases differ in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1 }),
        fc.integer({ min: 2, max: 5 }),
        (all, n) => {
          expect(noiseOf(all.map((tokens) => Array.from({ length: n }, () => draw(tokens)))).metric.within).toBe(0)
        },
      ),
    )
  })

  test('is 1.645 standard deviations of the difference of two arms', () => {
    // Each case 100 apart: variance 5000 a case, twice 4 of them, over 4 squared.
    const { within } = noiseOf(Array.from({ length: 4 }, (_, i) => [draw(1000 * i), draw(1000 * i + 100)])).metric
    expect(within).toBeCloseTo((1.645 * Math.sqrt(2 * 4 * 5000)) / 4, 9)
  })

  test('is exceeded by an arm that changes nothing in about one of twenty comparisons', () => {
    let seed = 1
    const chance = () => {
      seed = (seed * 48271) % 2147483647
      return seed / 2147483647
    }
    const value = () => Math.round(1000 * chance())
    let beyond = 0
    for (let world = 0; world < 2000; world++) {
      const cases = Array.from({ length: 30 }, () => [value(), value()] as const)
      const { within } = noiseOf(cases.map((of) => of.map((tokens) => draw(tokens)))).metric
      const baseline = cases.reduce((sum, [first]) => sum + first, 0) / 30
      const same = cases.reduce((sum) => sum + value(), 0) / 30
      if (baseline - same > within!) beyond++
    }
    expect(beyond / 2000).toBeGreaterThan(0.03)
    expect(beyond / 2000).toBeLessThan(0.07)
  })

  test('is not measured where a draw lacks the metric, or there is nothing to compare', () => {
    const missing = { measures: measuresLike({ economics_tokens: null }), said: 'p' }
    expect(noiseOf([[draw(1), missing]]).metric.within).toBeNull()
    expect(noiseOf([[draw(1)]]).metric.within).toBeNull()
    expect(noiseOf([]).metric.within).toBeNull()
    expect(noiseLines(noiseOf([]))[0]).toContain('is not measured, so no gain counts')
  })

  test('of a quantile is the widest gap between two draws', () => {
    const at = (ms: number) => ({ measures: measuresLike({ latency_ms: ms }), said: 'p' })
    const draws = new LiveDraws().add('a', [at(100), at(140), at(90)])
    expect(draws.noise(suite, 'p95_latency_ms').metric.within).toBe(50)
  })
})

describe('flips', () => {
  test('are the share of pairs of draws that differ, over the cases that were measured', () => {
    const { evaluators, cases, lost } = noiseOf([
      [draw(1, 'p'), draw(1, 'f'), draw(1, 'p')],
      [draw(1, 'p'), draw(1, 'p'), draw(1, 'p')],
      [draw(1, '?'), draw(1, 'p'), draw(1, 'p')],
    ])
    expect({ cases, lost }).toEqual({ cases: 3, lost: 0 })
    expect(evaluators).toEqual([{ evaluator_id: 'gold_coverage', n: 2, flipped: 1, flip_share: 1 / 3, cases: ['c0'] }])
  })

  test('of a case with a draw that came to no answer are not known, and it is counted as lost', () => {
    const draws = new LiveDraws().add('a', [draw(1), { excluded: 'unreplayable', detail: 'the model refused' }])
    expect(draws.noise(suite, METRIC)).toMatchObject({ cases: 0, lost: 1, evaluators: [{ n: 0, flip_share: null }] })
  })
})

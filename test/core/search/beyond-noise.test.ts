/** Failures under a live control count where noise does not explain them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flippedBy, flippedUtility, isBeyondNoise } from '#core/search/beyond-noise.ts'
import type { LiveNoise } from '#schemas/live-model.ts'
import { anEvaluator, aSuite } from '../../support/builders.ts'

const flips = (id: string, flipped: number): LiveNoise['evaluators'][number] => ({
  evaluator_id: id,
  n: 100,
  flipped,
  flip_share: flipped / 100,
  cases: [],
})
const noise: LiveNoise = {
  repeats: 2,
  cases: 100,
  lost: 0,
  metric: { name: 'economics_tokens_per_decision', within: 0 },
  evaluators: [flips('a', 3), flips('b', 4)],
}

describe('failures of so many families', () => {
  test.each([
    // No draw of the baseline differs from another: five of a floor, seven of utility in either direction.
    [0, 0, false, false],
    [4, 0, false, false],
    [5, 0, false, true],
    [6, 0, true, false],
    [7, 0, true, true],
    [10, 10, false, false],
    [60, 10, false, true],
    [1000, Number.MAX_SAFE_INTEGER, false, false],
  ])('%i beside %i flips (either way: %s) are more than noise: %s', (failed, flipped, eitherWay, more) => {
    expect(isBeyondNoise(failed, flipped, eitherWay)).toBe(more)
  })

  test('more flips never make more of them, and more failures never less', () => {
    const n = fc.integer({ min: 0, max: 300 })
    fc.assert(
      fc.property(n, n, fc.boolean(), (failed, flipped, either) => {
        if (!isBeyondNoise(failed, flipped, either)) return
        expect(isBeyondNoise(failed + 1, flipped, either)).toBe(true)
        if (flipped > 0) expect(isBeyondNoise(failed, flipped - 1, either)).toBe(true)
      }),
    )
  })

  test('a model that nothing was taken from passes for one that breaks in at most one of a hundred', () => {
    // Every chance of a pass, over 100 cases: two draws of the baseline, and one under the control.
    let state = 12345
    const chance = () => {
      state = (state + 0x6d2b79f5) | 0
      let t = Math.imul(state ^ (state >>> 15), 1 | state)
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
    }
    for (const p of [0.5, 0.8, 0.95, 0.99]) {
      let passed = 0
      for (let trial = 0; trial < 2000; trial++) {
        let [failed, flipped] = [0, 0]
        for (let i = 0; i < 100; i++) {
          const [first, second, control] = [chance() < p, chance() < p, chance() < p]
          if (first !== second) flipped++
          if (first && !control) failed++
        }
        if (isBeyondNoise(failed, flipped)) passed++
      }
      expect(passed / 2000, `${p}`).toBeLessThan(0.0145)
    }
  })
})

test('flips are those of the evaluator; of utility those of all that measure it; of one that the noise does not name all', () => {
  const suite = aSuite({
    evaluators: ['a', 'b'].map((evaluator_id) =>
      anEvaluator({ check: 'recorded_outcome', kind: 'business', dimension: 'utility', evaluator_id } as never),
    ),
  })
  expect([flippedBy(noise, 'a'), flippedUtility(noise, suite)]).toEqual([3, 7])
  expect(isBeyondNoise(1000, flippedBy(noise, 'c'))).toBe(false)
})

/** Evaluations that are noisy or fail by chance: what `best()` claims, and what is asked again. */
import { beforeAll, describe, expect, it } from 'vitest'
import { createSearch } from '#core/sampler/create-search.ts'
import { generator } from '#core/statistics/generator.ts'
import { drive, evaluate, keys, large, start } from './worlds.ts'

const SEEDS = Array.from({ length: 8 }, (_, seed) => seed)
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x / values.length, 0)

/** Uniform on [0, 1), and standard normal. */
function luck(seed: number) {
  const next = generator(seed)
  const unit = () => next() / 2 ** 32
  return { unit, normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()) }
}

describe('best under noise', () => {
  const NOISE = { cost: 0.05, utility: 0.01 }
  const searched = () =>
    SEEDS.map((seed) => {
      const { normal } = luck(seed)
      const search = createSearch({ ...large, seed })
      const seen: { cost: number; utility: number; truth: number }[] = []
      drive(
        search,
        (values) => {
          const { cost, utility } = evaluate(values)!
          const metrics = { cost: cost! + NOISE.cost * normal(), utility: utility! + NOISE.utility * normal() }
          seen.push({ ...metrics, truth: cost! })
          return metrics
        },
        { most: 60 },
      )
      const feasible = seen.filter(({ utility }) => utility >= seen[0]!.utility - 0.1)
      return { best: search.best()!, luckiest: feasible.sort((a, b) => a.cost - b.cost)[0]! }
    })
  let runs: ReturnType<typeof searched>
  beforeAll(() => {
    runs = searched()
  })
  /** How much too low a claimed cost is, in standard deviations of the noise. */
  const optimism = (claim: number, truth: number) => (truth - claim) / NOISE.cost

  it('claims no more than is there, on average within .35 deviations, where the luckiest observation claims one more', () => {
    const claimed = runs.map(({ best }) => optimism(best.metrics.cost!, evaluate(best.values)!.cost!))
    expect(mean(claimed)).toBeLessThan(0.35)
    expect(mean(runs.map(({ luckiest }) => optimism(luckiest.cost, luckiest.truth)))).toBeGreaterThan(1)
  })

  it('keeps its constraint by the truth about as often as it says', () => {
    const floor = evaluate(large.baseline)!.utility! - 0.1
    const kept = runs.filter(({ best }) => evaluate(best.values)!.utility! >= floor)
    expect(kept.length / runs.length).toBeGreaterThanOrEqual(0.7)
  })

  it('is still far better than the baseline', () => {
    const gained = runs.map(({ best }) => evaluate(best.values)!.cost! / evaluate(large.baseline)!.cost!)
    expect(mean(gained)).toBeLessThan(0.7)
  })
})

describe('evaluations that fail by chance', () => {
  it('are asked again, the baseline before anything else, so that every search ends with a best', () => {
    for (const seed of SEEDS.slice(0, 4)) {
      const { unit } = luck(seed)
      const search = createSearch({ ...large, seed })
      const asked = drive(search, (values) => (unit() < 0.35 ? null : evaluate(values)), { most: 40 })
      const away = keys(asked).findIndex((key) => key !== keys(asked)[0])
      expect(keys(asked).slice(away)).not.toContain(keys(asked)[0])
      expect(search.best()!.metrics.cost).toBeLessThan(0.7 * evaluate(large.baseline)!.cost!)
    }
  })

  it('are asked again three times in all, and the baseline eight times', () => {
    const search = start()
    const counts = Map.groupBy(keys(drive(search, () => null, { most: 1000 })), (key) => key)
    const times = [...counts.values()].map((group) => group.length)
    expect(times).toEqual([8, ...Array(23).fill(3)])
    expect(search.best()).toBeNull()
  })

  it('leave nothing feasible where the baseline that a limit is relative to never has a value', () => {
    const isBaseline = (key: string) => key === JSON.stringify({ top_k: 16, hops: 3, tool: 'wiki' })
    const search = start()
    const asked = drive(search, (v) => (isBaseline(JSON.stringify(v)) ? { cost: null } : evaluate(v)), { most: 1000 })
    expect(keys(asked).filter(isBaseline)).toHaveLength(8)
    expect(new Set(keys(asked)).size).toBe(24)
    expect(search.best()).toBeNull()
  })
})

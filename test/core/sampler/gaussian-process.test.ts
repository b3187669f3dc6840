import { describe, expect, it } from 'vitest'
import { makeLattice, type Point, randomFor, randomPoint } from '#core/sampler/lattice.ts'
import { makeModels } from '#core/sampler/metric-model.ts'
import { small } from './worlds.ts'

const lattice = makeLattice({
  ...small,
  space: {
    x: { kind: 'ordered', values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
    y: { kind: 'ordered', values: [1, 2, 4, 8, 16] },
    z: { kind: 'categorical', values: ['a', 'b', 'c'] },
  },
  baseline: { x: 1, y: 1, z: 'a' },
})
const models = makeModels(lattice)
const random = randomFor(1, 1)
const points: Point[] = Array.from({ length: 24 }, () => randomPoint(lattice, random))
const truth = ([x, y, z]: Point) => Math.sin(x! / 4) + 0.2 * y! + (z === 1 ? 0.5 : 0)
/** What is believed after 24 observations. */
const model = (observe: (p: Point, i: number) => number) => {
  const rows = points.map((point, i) => ({ point, value: observe(point, i) }))
  return models.metric(rows, rows)
}

describe('the model of a metric', () => {
  it('passes through what it saw, and comes close to what it did not', () => {
    const { predict, outward } = model(truth)
    for (const point of points) expect(outward(predict(point).mean)).toBeCloseTo(truth(point), 2)
    for (const point of [
      [3, 2, 0],
      [8, 1, 1],
      [5, 4, 2],
    ])
      expect(outward(predict(point).mean)).toBeCloseTo(truth(point), 1)
  })

  it('is surer near a point that it saw than far from all', () => {
    const rows = [
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
      [2, 1, 0],
    ].map((point) => ({ point, value: truth(point) }))
    const { predict } = models.metric(rows, rows)
    expect(predict([1, 1, 0]).sd).toBeLessThan(predict([9, 4, 2]).sd)
  })

  it('finds out whether its data are noisy', () => {
    expect(model(truth).noise).toBe(0)
    expect(model((p, i) => truth(p) + (i % 2 ? 0.3 : -0.3)).noise).toBeGreaterThan(0.1)
  })
})

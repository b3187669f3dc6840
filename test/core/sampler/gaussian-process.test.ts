import { describe, expect, it } from 'vitest'
import { makeFitter } from '#core/sampler/fit.ts'
import { makeProcess } from '#core/sampler/gaussian-process.ts'
import { makeKernels } from '#core/sampler/kernel.ts'
import { makeLattice, type Point } from '#core/sampler/lattice.ts'
import { cholesky, solveLower, solveUpper } from '#core/sampler/linear-algebra.ts'
import { randomFor } from '#core/sampler/random.ts'

const lattice = makeLattice(
  {
    x: { kind: 'ordered', values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
    y: { kind: 'ordered', values: [1, 2, 4, 8, 16] },
    z: { kind: 'categorical', values: ['a', 'b', 'c'] },
  },
  { x: 1, y: 1, z: 'a' },
)
const kernels = makeKernels(lattice)
const random = randomFor(1, 1)
const points: Point[] = Array.from({ length: 24 }, () =>
  lattice.fields.map((f) => Math.floor(random() * f.values.length)),
)
const truth = ([x, y, z]: Point) => Math.sin(x! / 4) + 0.2 * y! + (z === 1 ? 0.5 : 0)
const model = (noise: (i: number) => number = () => 0) => {
  const y = Float64Array.from(points, (p, i) => truth(p) + noise(i))
  const fit = makeFitter(kernels, points)(y)
  return { fit, process: makeProcess(kernels, points, y, fit.parameters, fit.scale) }
}

describe('a Gaussian process on the lattice', () => {
  it('passes through what it saw, and comes close to what it did not', () => {
    const { process } = model()
    for (const point of points) expect(process.predict(point).mean).toBeCloseTo(truth(point), 2)
    for (const point of [
      [3, 2, 0],
      [8, 1, 1],
      [5, 4, 2],
    ])
      expect(process.predict(point).mean).toBeCloseTo(truth(point), 1)
  })

  it('finds out how noisy its data are', () => {
    const noisy = model((i) => (i % 2 ? 0.3 : -0.3)).fit
    const exact = model().fit
    expect(noisy.scale * noisy.parameters.noise).toBeGreaterThan(30 * exact.scale * exact.parameters.noise)
  })

  it('gives the same whether a point is looked at once or by and by', () => {
    const { process } = model()
    const twin = model().process
    const point = [7, 3, 1]
    const glances = [4, 9, 15].map((depth) => process.predict(point, depth).sd)
    const whole = twin.predict(point)
    expect(process.predict(point)).toEqual({ mean: whole.mean, sd: expect.closeTo(whole.sd, 9) })
    expect([...glances, whole.sd]).toEqual([...glances, whole.sd].sort((a, b) => b - a))
  })

  it('is surer near a point that is assumed, and believes the same', () => {
    const { process } = model()
    const [assumed, near] = [
      [9, 0, 2],
      [8, 0, 2],
    ]
    const before = [process.predict(assumed!), process.predict(near!)]
    process.assume(assumed!)
    const after = [process.predict([...assumed!]), process.predict([...near!])]
    expect(after.map((p) => p.mean)).toEqual(before.map((p) => expect.closeTo(p.mean, 6)))
    for (const i of [0, 1]) expect(after[i]!.sd).toBeLessThan(before[i]!.sd)
  })
})

describe('packed triangles', () => {
  it('are factored and solved', () => {
    const l = Float64Array.of(4, 2, 5, 1, 3, 6)
    expect(cholesky(l, 3)).toBe(true)
    const b = Float64Array.of(1, 2, 3)
    const x = new Float64Array(3)
    solveLower(l, 0, 3, b, x)
    solveUpper(l, 3, x, x)
    const rows = [
      [4, 2, 1],
      [2, 5, 3],
      [1, 3, 6],
    ]
    for (const [i, row] of rows.entries()) expect(row.reduce((s, a, j) => s + a * x[j]!, 0)).toBeCloseTo(b[i]!, 10)
  })

  it('that are not positive definite are told apart', () => {
    expect(cholesky(Float64Array.of(1, 2, 1), 2)).toBe(false)
  })
})

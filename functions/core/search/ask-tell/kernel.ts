import type { Field, Lattice, Point } from './lattice.ts'

/** Correlation of two ranks of one field under one shape. */
type Table = Float64Array

const matern = (d: number, l: number) => {
  const r = (Math.sqrt(5) * Math.abs(d)) / l
  return (1 + r + (r * r) / 3) * Math.exp(-r)
}
const straight = (a: number, b: number) => 12 * (a - 0.5) * (b - 0.5)

type Shape = (v: number, w: number, r: number, s: number) => number
const ORDERED: readonly Shape[] = [
  (v, w, r, s) => 0.97 * straight(v, w) + 0.03 * matern(r - s, 0.7),
  (_v, _w, r, s) => 0.97 * straight(r, s) + 0.03 * matern(r - s, 0.7),
  (_v, _w, r, s) => 0.5 * straight(r, s) + 0.5 * matern(r - s, 0.7),
  (_v, _w, r, s) => matern(r - s, 0.6),
  (_v, _w, r, s) => matern(r - s, 0.25),
  (_v, _w, r, s) => Math.exp(-Math.abs(r - s) / 0.6),
]
const CATEGORICAL: readonly Shape[] = [(_v, _w, r, s) => (r === s ? 1 : 0)]

export interface FieldKernel {
  readonly size: number
  readonly shapes: readonly Table[]
}
function fieldKernel(f: Field): FieldKernel {
  const n = f.values.length
  const shapes = f.ordered ? (n === 2 ? [ORDERED[1]!] : n === 1 ? [CATEGORICAL[0]!] : ORDERED) : CATEGORICAL
  const low = f.ordered ? (f.values[0] as number) : 0
  const span = f.ordered ? (f.values[n - 1] as number) - low || 1 : 1
  const at = f.values.map((x, r) => [f.ordered ? ((x as number) - low) / span : r, n > 1 ? r / (n - 1) : 0.5] as const)
  return {
    size: n,
    shapes: shapes.map((shape) => {
      const t = new Float64Array(n * n)
      for (let a = 0; a < n; a++)
        for (let b = 0; b < n; b++) t[a * n + b] = shape(at[a]![0], at[b]![0], at[a]![1], at[b]![1])
      return t
    }),
  }
}
export const makeKernels = (l: Lattice): readonly FieldKernel[] => l.fields.map(fieldKernel)

export interface Params {
  readonly shape: number[]
  readonly alpha: number[]
  readonly eta: number
  readonly noise: number
}

/** Gram matrix (lower triangle, row-major n x n). */
export function gram(kernels: readonly FieldKernel[], points: readonly Point[], p: Params, out: Float64Array): void {
  const n = points.length
  const d = kernels.length
  for (let a = 0; a < n; a++) {
    const pa = points[a]!
    for (let b = 0; b <= a; b++) {
      const pb = points[b]!
      let sum = 1
      let product = 1
      for (let i = 0; i < d; i++) {
        const k = kernels[i]!
        const g = p.alpha[i]! * k.shapes[p.shape[i]!]![pa[i]! * k.size + pb[i]!]!
        sum += g
        product *= 1 + g
      }
      out[a * n + b] = sum + p.eta * (product - sum)
    }
  }
}

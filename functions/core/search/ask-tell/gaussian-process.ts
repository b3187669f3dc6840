import { type FieldKernel, gram, type Params } from './kernel.ts'
import type { Point } from './lattice.ts'

/** In-place Cholesky of the lower triangle; false if not positive definite. */
export function cholesky(a: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let s = a[i * n + j]!
      for (let k = 0; k < j; k++) s -= a[i * n + k]! * a[j * n + k]!
      if (i === j) {
        if (!(s > 0)) return false
        a[i * n + i] = Math.sqrt(s)
      } else a[i * n + j] = s / a[j * n + j]!
    }
  }
  return true
}

export interface Evidence {
  readonly score: number
  readonly tau2: number
}
const A = 2
const B = 2
export function evidence(
  kernels: readonly FieldKernel[],
  points: readonly Point[],
  y: Float64Array,
  p: Params,
  work: { k: Float64Array; v: Float64Array },
): Evidence {
  const n = points.length
  gram(kernels, points, p, work.k)
  for (let i = 0; i < n; i++) work.k[i * n + i]! += p.noise
  if (!cholesky(work.k, n)) return { score: -Infinity, tau2: 1 }
  let [quad, logdet] = [0, 0]
  for (let i = 0; i < n; i++) {
    let s = y[i]!
    for (let k = 0; k < i; k++) s -= work.k[i * n + k]! * work.v[k]!
    s /= work.k[i * n + i]!
    work.v[i] = s
    quad += s * s
    logdet += 2 * Math.log(work.k[i * n + i]!)
  }
  const tau2 = (quad + B * 0.3) / (n + A)
  return { score: -0.5 * (n + A) * Math.log(tau2) - 0.5 * logdet, tau2 }
}

export interface Process {
  predict(p: Point): { mean: number; sd: number }
  condition(p: Point): void
}
export function process(
  kernels: readonly FieldKernel[],
  points: readonly Point[],
  y: Float64Array,
  p: Params,
  tau2: number,
): Process {
  let n = points.length
  const cap = n + 64
  const L: Float64Array[] = []
  const K = new Float64Array(n * n)
  gram(kernels, points, p, K)
  for (let i = 0; i < n; i++) K[i * n + i]! += p.noise
  cholesky(K, n)
  for (let i = 0; i < n; i++) L.push(K.slice(i * n, i * n + i + 1))
  const alpha = new Float64Array(cap)
  for (let i = 0; i < n; i++) {
    let s = y[i]!
    for (let k = 0; k < i; k++) s -= L[i]![k]! * alpha[k]!
    alpha[i] = s / L[i]![i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    let s = alpha[i]!
    for (let k = i + 1; k < n; k++) s -= L[k]![i]! * alpha[k]!
    alpha[i] = s / L[i]![i]!
  }
  const tables = kernels.map((k, i) => {
    const t = k.shapes[p.shape[i]!]!
    const out = new Float64Array(k.size * cap)
    for (let r = 0; r < k.size; r++)
      for (let j = 0; j < n; j++) out[r * cap + j] = p.alpha[i]! * t[r * k.size + points[j]![i]!]!
    return out
  })
  const self = kernels.map((k, i) =>
    Array.from({ length: k.size }, (_, r) => p.alpha[i]! * k.shapes[p.shape[i]!]![r * k.size + r]!),
  )
  const d = kernels.length
  const v = new Float64Array(cap)
  const sum = new Float64Array(cap)
  const product = new Float64Array(cap)
  function cross(x: Point): number {
    sum.fill(1, 0, n)
    product.fill(1, 0, n)
    let [s0, p0] = [1, 1]
    for (let i = 0; i < d; i++) {
      const t = tables[i]!
      const o = x[i]! * cap
      for (let j = 0; j < n; j++) {
        const g = t[o + j]!
        sum[j]! += g
        product[j]! *= 1 + g
      }
      const g = self[i]![x[i]!]!
      s0 += g
      p0 *= 1 + g
    }
    for (let j = 0; j < n; j++) sum[j] = sum[j]! + p.eta * (product[j]! - sum[j]!)
    return s0 + p.eta * (p0 - s0)
  }
  return {
    predict(x) {
      const prior = cross(x)
      let mean = 0
      let explained = 0
      for (let j = 0; j < n; j++) mean += sum[j]! * alpha[j]!
      for (let i = 0; i < n; i++) {
        const row = L[i]!
        let s = sum[i]!
        for (let k = 0; k < i; k++) s -= row[k]! * v[k]!
        s /= row[i]!
        v[i] = s
        explained += s * s
      }
      return { mean, sd: Math.sqrt(tau2 * Math.max(prior - explained, 1e-9)) }
    },
    condition(x) {
      if (n >= cap) return
      const prior = cross(x)
      const row = new Float64Array(n + 1)
      let explained = 0
      for (let i = 0; i < n; i++) {
        let s = sum[i]!
        for (let k = 0; k < i; k++) s -= L[i]![k]! * row[k]!
        row[i] = s / L[i]![i]!
        explained += row[i]! * row[i]!
      }
      row[n] = Math.sqrt(Math.max(prior + p.noise - explained, 1e-9))
      L.push(row)
      for (let i = 0; i < d; i++) {
        const k = kernels[i]!
        const t = k.shapes[p.shape[i]!]!
        for (let r = 0; r < k.size; r++) tables[i]![r * cap + n] = p.alpha[i]! * t[r * k.size + x[i]!]!
      }
      n++
    },
  }
}

import { fit } from './fit.ts'
import { process } from './gaussian-process.ts'
import type { FieldKernel } from './kernel.ts'
import type { Point } from './lattice.ts'

export interface Prediction {
  mean: number
  sd: number
}
export interface MetricModel {
  predict(p: Point): Prediction
  /** A raw value on the model's own scale. */
  scale(raw: number): number
  /** The raw value of a number on the model's own scale. */
  unscale(z: number): number
  condition(p: Point): void
  note: unknown
}
interface Transform {
  readonly f: (y: number) => number
  readonly slope: (y: number) => number
}
const IDENTITY: Transform = { f: (y) => y, slope: () => 1 }
const LOG: Transform = { f: Math.log, slope: (y) => 1 / y }

const FIT_CAP = 64

export function metricModel(
  kernels: readonly FieldKernel[],
  points: readonly Point[],
  raw: readonly number[],
): MetricModel {
  const n = points.length
  const m = Math.min(n, FIT_CAP)
  const options = n >= 4 && raw.every((y) => y > 0) ? [IDENTITY, LOG] : [IDENTITY]
  let best:
    | { score: number; t: Transform; mu: number; sd: number; params: any; tau2: number; y: Float64Array }
    | undefined
  for (const t of options) {
    const ty = raw.map(t.f)
    const mu = ty.reduce((a, b) => a + b, 0) / n
    const sd = Math.sqrt(ty.reduce((a, b) => a + (b - mu) ** 2, 0) / n) || 1
    const y = Float64Array.from(ty, (v) => (v - mu) / sd)
    const r = fit(kernels, points.slice(0, m), y.slice(0, m))
    let jac = -m * Math.log(sd)
    for (let i = 0; i < m; i++) jac += Math.log(t.slope(raw[i]!))
    const score = r.evidence.score + jac
    if (!best || score > best.score) best = { score, t, mu, sd, params: r.params, tau2: r.evidence.tau2, y }
  }
  const b = best!
  const gp = process(kernels, points, b.y, b.params, b.tau2)
  return {
    predict: gp.predict,
    scale: (raw) => (b.t === LOG && raw <= 0 ? -1e3 : (b.t.f(raw) - b.mu) / b.sd),
    unscale: (z) => (b.t === LOG ? Math.exp(z * b.sd + b.mu) : z * b.sd + b.mu),
    condition: gp.condition,
    note: { log: b.t === LOG, ...b.params, tau2: b.tau2 },
  }
}

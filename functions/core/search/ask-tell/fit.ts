import { type Evidence, evidence } from './gaussian-process.ts'
import type { FieldKernel, Params } from './kernel.ts'
import type { Point } from './lattice.ts'

const ALPHA = [0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
const ETA = [0.003, 0.03, 0.1, 0.3, 1]
const NOISE = [1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.5]

interface Choice {
  shape: number[]
  alpha: number[]
  eta: number
  noise: number
}
const toParams = (c: Choice): Params => ({
  shape: c.shape,
  alpha: c.alpha.map((i) => ALPHA[i]!),
  eta: ETA[c.eta]!,
  noise: NOISE[c.noise]!,
})
const prior = (c: Choice): number => {
  let s = 0
  for (const a of c.alpha) s -= 0.5 * (Math.log(ALPHA[a]! / 0.5) / 2.5) ** 2
  s -= 0.5 * (Math.log(ETA[c.eta]! / 0.1) / 2) ** 2
  s -= 0.15 * c.noise
  return s
}
export function fit(
  kernels: readonly FieldKernel[],
  points: readonly Point[],
  y: Float64Array,
): { params: Params; evidence: Evidence } {
  const n = points.length
  const work = { k: new Float64Array(n * n), v: new Float64Array(n) }
  const score = (c: Choice) => {
    const e = evidence(kernels, points, y, toParams(c), work)
    return { total: e.score + prior(c), e }
  }
  let best: Choice = {
    shape: kernels.map((k) => (k.shapes.length > 1 ? 2 : 0)),
    alpha: kernels.map(() => 4),
    eta: 2,
    noise: 0,
  }
  let top = score(best)
  const attempt = (c: Choice): boolean => {
    const s = score(c)
    if (s.total > top.total + 1e-9) {
      best = c
      top = s
      return true
    }
    return false
  }
  const swap = (list: number[], i: number, value: number) => list.map((x, j) => (j === i ? value : x))
  for (let sweep = 0; sweep < 4; sweep++) {
    const before = top.total
    for (let i = 0; i < kernels.length; i++) {
      const now = best.shape[i]!
      for (let s = 0; s < kernels[i]!.shapes.length; s++)
        if (s !== now) attempt({ ...best, shape: swap(best.shape, i, s) })
      for (const step of [1, -1])
        while (best.alpha[i]! + step >= 0 && best.alpha[i]! + step < ALPHA.length)
          if (!attempt({ ...best, alpha: swap(best.alpha, i, best.alpha[i]! + step) })) break
    }
    for (const step of [1, -1]) {
      while (ETA[best.eta + step] !== undefined) if (!attempt({ ...best, eta: best.eta + step })) break
      while (NOISE[best.noise + step] !== undefined) if (!attempt({ ...best, noise: best.noise + step })) break
    }
    if (top.total - before < 0.1) break
  }
  return { params: toParams(best), evidence: { score: top.total, tau2: top.e.tau2 } }
}

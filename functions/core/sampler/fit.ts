/**
 * Learns what matters in one metric (which fields, how bent, how interacting, how noisy) by climbing the marginal
 * likelihood over a small grid (Rasmussen and Williams, 2006, chapter 5). A grid keeps it deterministic, free of step
 * sizes, and bounded.
 */

import { BENT, covariance, type FieldKernel, type KernelParameters, pairTable } from './kernel.ts'
import type { Point } from './lattice.ts'
import { cholesky, packed, solveLower } from './linear-algebra.ts'

const WEIGHTS = [0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
const ETAS = [0.003, 0.03, 0.1, 0.3, 1]
const NOISES = [1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.5]
const SWEEPS = 4
/** A sweep that gains less (in log likelihood) than this is the last. */
const ENOUGH = 0.1

export interface Fit {
  readonly parameters: KernelParameters
  /** Multiplies every variance; the best one in closed form, held near the data's own by a weak prior. */
  readonly scale: number
  /** Log posterior density of the standardised data, up to a constant. */
  readonly score: number
}

/** Places on the grids above. */
interface Choice {
  readonly shape: readonly number[]
  readonly weight: readonly number[]
  readonly eta: number
  readonly noise: number
}

/** Fits standardised observations `y` at `points`, of the same length and not empty. */
export function makeFitter(kernels: readonly FieldKernel[], points: readonly Point[]): (y: Float64Array) => Fit {
  const n = points.length
  const tables = kernels.map((kernel, i) => kernel.map((correlation) => pairTable(correlation, i, points)))
  const matrix = new Float64Array(packed(n))
  const work = new Float64Array(packed(n))
  const half = new Float64Array(n)

  const rate = (y: Float64Array, choice: Choice): Fit => {
    const parameters = parametersOf(choice)
    covariance(
      tables.map((shapes, i) => shapes[choice.shape[i]!]!),
      parameters,
      n,
      matrix,
      work,
    )
    if (!cholesky(matrix, n)) return { parameters, scale: 1, score: -Infinity }
    solveLower(matrix, 0, n, y, half)
    let square = 0
    let logDeterminant = 0
    for (let i = 0; i < n; i++) {
      square += half[i]! * half[i]!
      logDeterminant += 2 * Math.log(matrix[packed(i) + i]!)
    }
    const scale = (square + 0.6) / (n + 2)
    return { parameters, scale, score: logPrior(choice) - 0.5 * (n + 2) * Math.log(scale) - 0.5 * logDeterminant }
  }

  return (y) => climb((choice) => rate(y, choice), kernels)
}

function climb(rate: (choice: Choice) => Fit, kernels: readonly FieldKernel[]): Fit {
  let here: Choice = {
    shape: kernels.map((kernel) => (kernel.length > 1 ? BENT : 0)),
    weight: kernels.map(() => WEIGHTS.indexOf(0.3)),
    eta: ETAS.indexOf(0.1),
    noise: 0,
  }
  let best = rate(here)
  const attempt = (choice: Choice): boolean => {
    const fit = rate(choice)
    if (fit.score <= best.score + 1e-9) return false
    here = choice
    best = fit
    return true
  }
  /** Walks one coordinate up, then down, as long as it pays. */
  const walk = (grid: readonly number[], at: () => number, moved: (to: number) => Choice) => {
    for (const step of [1, -1]) while (grid[at() + step] !== undefined && attempt(moved(at() + step))) {}
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const before = best.score
    for (const [i, kernel] of kernels.entries()) {
      for (const shape of kernel.keys()) {
        if (shape !== here.shape[i]) attempt({ ...here, shape: here.shape.with(i, shape) })
      }
      walk(
        WEIGHTS,
        () => here.weight[i]!,
        (to) => ({ ...here, weight: here.weight.with(i, to) }),
      )
    }
    walk(
      ETAS,
      () => here.eta,
      (eta) => ({ ...here, eta }),
    )
    walk(
      NOISES,
      () => here.noise,
      (noise) => ({ ...here, noise }),
    )
    if (best.score - before < ENOUGH) break
  }
  return best
}

function parametersOf(choice: Choice): KernelParameters {
  return {
    shape: choice.shape,
    weight: choice.weight.map((place) => WEIGHTS[place]!),
    eta: ETAS[choice.eta]!,
    noise: NOISES[choice.noise]!,
  }
}

/** Weakly: every field matters somewhat, interactions are small, noise is less likely than signal. */
function logPrior(choice: Choice): number {
  let sum = -0.15 * choice.noise - 0.5 * (Math.log(ETAS[choice.eta]! / 0.1) / 2) ** 2
  for (const place of choice.weight) sum -= 0.5 * (Math.log(WEIGHTS[place]! / 0.5) / 2.5) ** 2
  return sum
}

/** What others stop a release by, run by run in the order of the log: a group-sequential test and an asymptotic confidence sequence. */
import type { Arm, ProductionRun } from '#schemas/release.ts'
import type { Badness } from '../functions/core/release/comparisons.ts'
import { draws } from './bench.ts'

/** Would it have rolled back? Every run is a thing of its own to it. */
export type Peer = (log: readonly ProductionRun[], badness: Badness) => boolean

const LOOKS = 10
const PATHS = 100_000

/** Means and variances of both arms, run by run. */
class Arms {
  readonly n: Record<Arm, number> = { baseline: 0, candidate: 0 }
  readonly #sum: Record<Arm, number> = { baseline: 0, candidate: 0 }
  readonly #squares: Record<Arm, number> = { baseline: 0, candidate: 0 }

  add(arm: Arm, bad: number): void {
    this.n[arm]++
    this.#sum[arm] += bad
    this.#squares[arm] += bad * bad
  }

  get rise(): number {
    return this.#mean('candidate') - this.#mean('baseline')
  }

  /** Of the rise. */
  get variance(): number {
    return (['baseline', 'candidate'] as const).reduce((all, arm) => {
      const spread = this.#squares[arm] / this.n[arm] - this.#mean(arm) ** 2
      return all + Math.max(0, spread) / this.n[arm]
    }, 0)
  }

  #mean(arm: Arm): number {
    return this.#sum[arm] / this.n[arm]
  }
}

const said = (log: readonly ProductionRun[], badness: Badness) =>
  log.flatMap((run) => {
    const bad = badness(run)
    return bad === null ? [] : [{ arm: run.arm, bad }]
  })

/** Upper tail of the normal distribution (Abramowitz, Stegun 26.2.17), accurate to 1e-7. */
function tail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly
}

/** z at each look: O'Brien-Fleming spending of a one-sided level (Lan, DeMets 1983), found on simulated Brownian paths. */
function boundaries(zHalf: number): number[] {
  const draw = draws(17)
  const paths = new Float64Array(PATHS)
  const alive = new Uint8Array(PATHS).fill(1)
  let spent = 0
  return Array.from({ length: LOOKS }, (_, k) => {
    const t = (k + 1) / LOOKS
    const may = Math.round(2 * tail(zHalf / Math.sqrt(t)) * PATHS) - spent
    for (let i = 0; i < PATHS; i++) paths[i]! += draw.normal() / Math.sqrt(LOOKS)
    const open = Array.from(paths)
      .filter((_, i) => alive[i] === 1)
      .sort((a, b) => b - a)
    const bound = may <= 0 ? Infinity : (open[may - 1]! + open[may]!) / 2
    for (let i = 0; i < PATHS; i++)
      if (alive[i] === 1 && paths[i]! >= bound) {
        alive[i] = 0
        spent++
      }
    return bound / Math.sqrt(t)
  })
}

/** z of .025: the spending function takes half of its one-sided 5 %. */
const BOUNDS = boundaries(1.959964)

export const groupSequential: Peer = (log, badness) => {
  const runs = said(log, badness)
  const arms = new Arms()
  let look = 0
  for (const [i, { arm, bad }] of runs.entries()) {
    arms.add(arm, bad)
    if (i + 1 < (runs.length * (look + 1)) / LOOKS) continue
    if (arms.variance > 0 && arms.rise / Math.sqrt(arms.variance) >= BOUNDS[look]!) return true
    look++
  }
  return false
}

/** Two-sided 10 %, so that one side has 5 %; tuned for 5,000 runs, as GrowthBook is by default (Waudby-Smith et al. 2021). */
const ALPHA = 0.1
const TUNED = 5000
const RHO = Math.sqrt((-2 * Math.log(ALPHA) + Math.log(-2 * Math.log(ALPHA) + 1)) / TUNED)
const EVERY = 20

export const confidenceSequence: Peer = (log, badness) => {
  const arms = new Arms()
  for (const [i, { arm, bad }] of said(log, badness).entries()) {
    arms.add(arm, bad)
    const n = i + 1
    if (n % EVERY !== 0 || n < 100 || !(arms.variance > 0)) continue
    const grown = n * RHO ** 2 + 1
    const half =
      Math.sqrt(arms.variance * n) * Math.sqrt(((2 * grown) / (n * RHO) ** 2) * Math.log(Math.sqrt(grown) / ALPHA))
    if (arms.rise - half > 0) return true
  }
  return false
}

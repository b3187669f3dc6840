/** Kind `statistics`: the formulas of the gate beside slow exact ones that share no code with them. */
import { binomCdf, casesForFailures, casesForZeroFailures, upperRate } from '#core/statistics/binomial.ts'
import { BETA, GRID, pNonInferior } from '#core/statistics/non-inferiority.ts'
import { pTailShare } from '#core/statistics/tail-share.ts'
import type { Draw } from '../../functions/demo/draw.ts'
import { cdf, exactly, ONE, pmf, power, tango, toNumber, upper } from './exact.ts'
import type { Kind, Tried } from './kind.ts'

const TOLERANCE = 1e-10

/** A difference that counts: neither absolutely nor beside the exact value below the tolerance. */
function beside(what: string, got: number, exact: number): Tried {
  const near = Math.abs(got - exact) <= TOLERANCE * Math.max(1, Math.abs(exact))
  return { what: `${what} = ${got}`, found: near ? null : `the exact value is ${exact}` }
}

const rate = (draw: Draw): number =>
  draw.pick([draw.int(1, 999) / 1000, draw.int(1, 200) / 10_000, 1 / draw.int(2, 5000)])

const distribution = (draw: Draw): Tried => {
  const n = draw.int(1, 400)
  const [k, p] = [draw.int(0, n), rate(draw)]
  if (draw.chance(0.5))
    return beside(`pTailShare(${k}, ${n}, ${p})`, pTailShare(k, n, p), toNumber(cdf(k, n, exactly(p))))
  return beside(`binomCdf(${k}, ${n}, ${p})`, binomCdf(k, n, p), toNumber(cdf(k, n, exactly(p))))
}

const bound = (draw: Draw): Tried => {
  const n = draw.int(1, 150)
  const [x, alpha] = [draw.int(0, Math.min(n, 40)), draw.pick([0.05, 0.01, 0.0025, 1e-4, rate(draw)])]
  return beside(`upperRate(${x}, ${n}, ${alpha})`, upperRate(x, n, alpha), toNumber(upper(x, n, exactly(alpha))))
}

/** The smallest n is that at which the level is first met; a hair of it may be lost in the last digit. */
const needed = (draw: Draw): Tried => {
  const failures = draw.pick([0, 0, 1, 2, 3])
  const [v, alpha] = [draw.int(5, 500) / 1000, draw.pick([0.05, 0.01, 0.002, rate(draw)])]
  const n = failures === 0 ? casesForZeroFailures(v, alpha) : casesForFailures(failures, v, alpha)
  const what = `${failures} failures, v ${v}, alpha ${alpha}: ${n} families`
  const [level, hair, p] = [exactly(alpha), exactly(alpha * 1e-9), exactly(v)]
  const tail = (of: number) => (failures === 0 ? power(ONE - p, of) : cdf(failures, of, p))
  if (tail(n) > level + hair) return { what, found: `${toNumber(tail(n))} is above the level` }
  if (n > failures + 1 && tail(n - 1) <= level - hair) return { what, found: 'one less would do' }
  return { what, found: null }
}

/** The p-value from its definition: every outcome weighed one by one, at every point of the grid. */
const paired = (draw: Draw): Tried => {
  const n = draw.int(1, 16)
  const g = draw.int(0, n)
  const f = draw.int(0, n - g)
  const margin = draw.pick([0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, draw.int(1, 900) / 1000])
  const m = exactly(margin)
  const widest = upper(f, n, exactly(BETA))
  const most = widest < (ONE - m) / 2n ? widest : (ONE - m) / 2n
  const observed = tango(n, g, f, m) - ONE / 10n ** 12n
  const good: [number, number][] = []
  for (let G = 0; G <= n; G++) for (let F = 0; F <= n - G; F++) if (tango(n, G, F, m) >= observed) good.push([G, F])
  let largest = 0n
  for (let i = 0; i < GRID; i++) {
    const q = (most * BigInt(i)) / BigInt(GRID - 1)
    const rest = ONE - q - m
    const share = rest <= 0n || (q * ONE) / rest > ONE ? ONE : (q * ONE) / rest
    let tail = 0n
    for (const [G, F] of good) tail += (pmf(G, n, q + m) * pmf(F, n - G, share)) / ONE
    if (tail > largest) largest = tail
  }
  const p = Math.min(1, toNumber(largest) + BETA)
  return beside(`pNonInferior(${n}, ${g}, ${f}, ${margin})`, pNonInferior(n, g, f, margin), p)
}

export const statistics: Kind = {
  name: 'statistics',
  holds: `every p-value, bound and need agrees with exact arithmetic to ${TOLERANCE}`,
  open: async () => async (draw) => draw.pick([distribution, bound, needed, paired])(draw),
}

/** Logarithms of the normal distribution and of expected improvement that stay accurate far out in the tail. */

/** exp(x²) erfc(x) for x >= 0: Numerical Recipes' Chebyshev fit (`erfcc`), relative error below 1.2e-7 everywhere. */
function scaledErfc(x: number): number {
  const t = 1 / (1 + 0.5 * x)
  const c = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ]
  let sum = 0
  for (let i = c.length - 1; i >= 0; i--) sum = sum * t + c[i]!
  return t * Math.exp(sum)
}

/** log Φ(z). */
export function logCdf(z: number): number {
  if (z === Infinity) return 0
  const x = Math.abs(z) / Math.SQRT2
  const tail = 0.5 * scaledErfc(x)
  return z < 0 ? Math.log(tail) - x * x : Math.log1p(-tail * Math.exp(-x * x))
}

/**
 * log E[max(0, z + Z)], Z standard normal: expected improvement in units of the standard deviation, for a mean that
 * lies `z` deviations on the better side of the best (Jones, Schonlau and Welch, 1998; taken in logarithms as by Ament
 * and others, "Unexpected Improvements to Expected Improvement", 2023).
 */
export function logExpectedImprovement(z: number): number {
  const logDensity = -0.5 * z * z - 0.5 * Math.log(2 * Math.PI)
  // Beyond 30 deviations one of the two terms is all there is.
  if (z > 30) return Math.log(z)
  if (z < -30) return logDensity - Math.log(z * z + 2)
  return logDensity + Math.log1p(z * Math.exp(logCdf(z) - logDensity))
}

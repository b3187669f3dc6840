/** log of the standard normal density and distribution, and of expected improvement, safe far in the tail. */
const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI)

function erfcx(x: number): number {
  // continued fraction for large x
  if (x > 25) return 0.5641895835477563 / x
  const t = 1 / (1 + 0.5 * x)
  const s =
    -1.26551223 +
    t *
      (1.00002368 +
        t *
          (0.37409196 +
            t *
              (0.09678418 +
                t *
                  (-0.18628806 +
                    t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))))
  return t * Math.exp(s)
}
export function logCdf(z: number): number {
  if (z < -1) {
    const x = -z / Math.SQRT2
    return Math.log(0.5 * erfcx(x)) - x * x
  }
  if (z < 0) return Math.log(0.5 * erfcx(-z / Math.SQRT2) * Math.exp((-z * z) / 2))
  const x = z / Math.SQRT2
  return Math.log1p(-0.5 * erfcx(x) * Math.exp(-x * x))
}
/** log E[max(0, z sd improvement)] for z = (best - mean) / sd, per unit sd. */
export function logEi(z: number): number {
  const logPdf = -0.5 * z * z - HALF_LOG_2PI
  if (z > -1) return Math.log(Math.exp(logPdf) + z * Math.exp(logCdf(z)))
  // pdf * (1 + z * cdf/pdf); cdf/pdf = sqrt(pi/2) erfcx(-z/sqrt2)
  const ratio = Math.sqrt(Math.PI / 2) * erfcx(-z / Math.SQRT2)
  const inner = 1 + z * ratio
  return logPdf + (z > -8 && inner > 1e-7 ? Math.log(inner) : -Math.log(z * z + 2))
}

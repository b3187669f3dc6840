/** Binomial laws in whole numbers: slow, independent of what they check, and right to fifty places. */

/** Digits kept: numbers are whole multiples of 10^-200, as what is lost here is multiplied by up to "400 over 200", 10^119. */
export const ONE = 10n ** 200n

/** The exact value of a double above 0, or 0, rounded to the digits kept. Its bits are read: a logarithm would round. */
export function exactly(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  const bits = view.getBigUint64(0)
  const [power, rest] = [Number(bits >> 52n), bits & (2n ** 52n - 1n)]
  const mantissa = power === 0 ? rest : rest + 2n ** 52n
  const exponent = Math.max(power, 1) - 1075
  return exponent >= 0 ? mantissa * 2n ** BigInt(exponent) * ONE : (mantissa * ONE) / 2n ** BigInt(-exponent)
}

export const toNumber = (x: bigint): number => Number(x / (ONE / 10n ** 30n)) / 1e30

/** base^n */
export function power(base: bigint, n: number): bigint {
  let [result, square] = [ONE, base]
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = (result * square) / ONE
    square = (square * square) / ONE
  }
  return result
}

export function choose(n: number, k: number): bigint {
  let result = 1n
  for (let i = 1; i <= k; i++) result = (result * BigInt(n - k + i)) / BigInt(i)
  return result
}

/** P(X = k) for X ~ Bin(n, p). */
export const pmf = (k: number, n: number, p: bigint): bigint =>
  choose(n, k) * ((power(p, k) * power(ONE - p, n - k)) / ONE)

/** P(X <= k). */
export function cdf(k: number, n: number, p: bigint): bigint {
  let sum = 0n
  for (let i = 0; i <= Math.min(k, n); i++) sum += pmf(i, n, p)
  return sum
}

/** The rate at which P(X <= x) is alpha; 1 when x = n. */
export function upper(x: number, n: number, alpha: bigint): bigint {
  if (x === n) return ONE
  let [low, high] = [0n, ONE]
  for (let i = 0; i < 120; i++) {
    const middle = (low + high) / 2n
    if (cdf(x, n, middle) > alpha) low = middle
    else high = middle
  }
  return low
}

/** Square root of a number of these digits. */
function root(x: bigint): bigint {
  if (x <= 0n) return 0n
  const scaled = x * ONE
  let guess = 10n ** BigInt(Math.ceil(String(scaled).length / 2))
  for (;;) {
    const next = (guess + scaled / guess) / 2n
    if (next >= guess) return guess
    guess = next
  }
}

/** Tango's score for "the drop is m" (Tango 1998, eq. 5 and 6), 0 where its variance is none. */
export function tango(n: number, g: number, f: number, m: bigint): bigint {
  const [N, G, F] = [BigInt(n), BigInt(g), BigInt(f)]
  const a = 2n * N
  const b = (-F - G) * ONE - (2n * N - F + G) * m
  const c = (G * m * (ONE + m)) / ONE
  const q = (root((b * b) / ONE - 4n * a * c) - b) / (2n * a)
  const variance = N * (2n * q - (m * (ONE + m)) / ONE)
  return variance < ONE / 10n ** 15n ? 0n : (((F - G) * ONE + N * m) * ONE) / root(variance)
}

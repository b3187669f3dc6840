/** Seeded draws: one stream in, the same values out. Reads no clock and no other source of chance. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

export interface Draw {
  /** Integer, both ends included. */
  int(from: number, to: number): number
  chance(share: number): boolean
  pick<T>(list: readonly T[]): T
  /** Index into shares that sum to at most 1; what is left over falls to the last. */
  weighted(shares: readonly number[]): number
  /** `length` hexadecimal digits. */
  hex(length: number): string
  /** Milliseconds around `typical`: most within a factor of two, a few much slower. */
  latency(typical: number): number
}

/** Draws from one seeded stream. The seed is spread first: neighbouring seeds would start alike. */
export function drawFrom(seed: number): Draw {
  const stream = xoroshiro128plus(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995)
  for (let i = 0; i < 32; i++) stream.next()
  const int = (from: number, to: number): number => uniformInt(stream, from, to)
  const share = (): number => uniformFloat64(stream)
  return {
    int,
    chance: (of) => share() < of,
    pick: (list) => list[int(0, list.length - 1)]!,
    weighted(shares) {
      let left = share()
      const at = shares.findIndex((s) => {
        left -= s
        return left < 0
      })
      return at < 0 ? shares.length - 1 : at
    },
    hex(length) {
      let digits = ''
      while (digits.length < length) digits += (stream.next() >>> 0).toString(16).padStart(8, '0')
      return digits.slice(0, length)
    },
    latency(typical) {
      const slow = share() < 0.03 ? 3 : 1
      return Math.round(typical * slow * (0.6 + 0.8 * share()))
    },
  }
}

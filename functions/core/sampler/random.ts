/** Seeded randomness: one independent stream a proposal, so that what a worker does never shifts another's draws. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Uniform on [0, 1). */
export type Random = () => number

/** The stream of proposal `index` (an integer; -1 for the design) under `seed` (a safe integer). */
export function randomFor(seed: number, index: number): Random {
  const high = Math.floor(seed / 2 ** 32)
  const rng = xoroshiro128plus(mix(mix(mix(seed) ^ high) ^ index))
  return () => (rng.next() >>> 0) / 2 ** 32
}

/** The finaliser of MurmurHash3: neighbouring seeds get unrelated streams. */
function mix(x: number): number {
  let h = (x + 0x9e3779b9) | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** Fisher-Yates, in place. */
export function shuffle<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const swap = items[i]!
    items[i] = items[j]!
    items[j] = swap
  }
  return items
}

import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
export type Random = () => number
export function randomFor(seed: number, index: number): Random {
  let h = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) | 0
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h ^= h >>> 13
  const rng = xoroshiro128plus(h)
  for (let i = 0; i < 4; i++) rng.next()
  return () => (rng.next() >>> 0) / 2 ** 32
}

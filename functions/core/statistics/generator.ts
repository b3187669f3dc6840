/**
 * The pinned pseudo-random generator of the resampling rules, and its seed. Written out here so that no upgrade of a library
 * moves a bound: the same commit gives the same resamples for ever.
 */

import { createHash } from 'node:crypto'
import { requireInteger } from './range.ts'

const GOLDEN_GAMMA = 0x9e3779b9
const UINT32 = 2 ** 32

/**
 * A golden-ratio counter behind the public-domain murmur3 finaliser.
 * @param seed an integer in [0, 2^32)
 * @returns a function whose calls give the sequence, integers in [0, 2^32)
 * @throws RangeError
 */
export function generator(seed: number): () => number {
  requireInteger('seed', seed, 0, UINT32 - 1)
  // Signed, which changes no bit of the sequence: V8 keeps a signed 32-bit integer unboxed, a third less time per draw.
  let state = seed | 0
  return () => {
    state = (state + GOLDEN_GAMMA) | 0
    let t = state
    t = Math.imul(t ^ (t >>> 16), 0x85ebca6b)
    t = Math.imul(t ^ (t >>> 13), 0xc2b2ae35)
    return (t ^ (t >>> 16)) >>> 0
  }
}

/** The most things that one draw can choose from, so that the product below is exact in a double. */
export const MOST_DRAWN = 2 ** 21

/**
 * Draws with replacement from `length` things: each call gives an index in [0, length), floor(next * length / 2^32).
 * @param seed an integer in [0, 2^32)
 * @param length an integer in [1, MOST_DRAWN]
 * @throws RangeError
 */
export function indexDraws(seed: number, length: number): () => number {
  requireInteger('length', length, 1, MOST_DRAWN)
  const next = generator(seed)
  return () => Math.floor((next() * length) / UINT32)
}

/**
 * The seed of one guardrail's resamples within one question: the first 4 bytes, big-endian, of SHA-256 over
 * `${commit}/${guardrail}`. The commit is fixed before preflight, so a seed cannot be shopped for.
 * @param commit the question's commit, 64 lower-case hex digits
 * @param guardrail the guardrail's name as the target spells it, not empty
 * @returns an integer in [0, 2^32)
 * @throws RangeError
 */
export function bootstrapSeed(commit: string, guardrail: string): number {
  if (!/^[0-9a-f]{64}$/.test(commit)) throw new RangeError(`commit must be 64 lower-case hex digits, got ${commit}`)
  if (guardrail === '') throw new RangeError('guardrail must be a name, got an empty string')
  return createHash('sha256').update(`${commit}/${guardrail}`, 'utf8').digest().readUInt32BE(0)
}

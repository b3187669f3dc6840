/** Which points a search looks at: the whole lattice, all points within reach, or too many to list. */
import type { CandidateChange } from '#schemas/candidate.ts'
import { asCandidate, latticePatches, latticeSize, patchesWithin, reachableSize } from '../space/lattice.ts'
import type { SearchInput } from './search-input.ts'

/** Up to this many points are searched exactly: no search regret, and nothing for a model to add. */
export const EXACT_BELOW = 10_000

/**
 * Every candidate of a lattice that is small; of a large one every candidate that changes few enough fields to be
 * proposed at all. `null`: still too many, and a sampler has to choose.
 */
export function exactCandidates({ fields, pack, target }: SearchInput): CandidateChange[] | null {
  const whole = latticeSize(fields) <= EXACT_BELOW
  if (!whole && reachableSize(fields, target.max_fields) > EXACT_BELOW) return null
  const patches = whole ? latticePatches(fields) : patchesWithin(fields, target.max_fields)
  return [...patches].map((patch) => asCandidate(patch, pack, 'point of the declared lattice'))
}

/** Which points a search looks at: the whole lattice when it is small, a sampler's proposals when it is not. */
import type { CandidateChange } from '#schemas/candidate.ts'
import { asCandidate, latticePatches, latticeSize } from '../space/lattice.ts'
import type { SearchInput } from './search.ts'

/** Lattices up to this many points are searched exactly: no search regret, and nothing for a model to add. */
export const EXACT_BELOW = 10_000

/** Candidates of the declared lattice, in a fixed order, and whether they are all of it. */
export function proposedPatches(input: SearchInput): { changes: readonly CandidateChange[]; exact: boolean } {
  const { fields, pack } = input
  if (latticeSize(fields) > EXACT_BELOW)
    throw new RangeError(
      `the search space has ${latticeSize(fields)} points; at most ${EXACT_BELOW} are searched exactly`,
    )
  return {
    changes: [...latticePatches(fields)].map((patch) => asCandidate(patch, pack, 'point of the declared lattice')),
    exact: true,
  }
}

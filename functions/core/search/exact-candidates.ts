/** Which points a search looks at: the whole lattice, all points within reach, or too many to list. */
import type { CandidateChange } from '#schemas/candidate.ts'
import {
  asCandidate,
  latticePatches,
  latticeSize,
  patchesWithin,
  reachableSize,
  type TunableField,
} from '../space/lattice.ts'
import type { SearchInput } from './search-input.ts'

/** Up to this many points are searched exactly: no search regret, and nothing for a model to add. */
export const EXACT_BELOW = 10_000

export interface SpaceSize {
  /** Points of the lattice, the baseline aside. */
  readonly points: number
  /** Those of them that change few enough fields to be proposed. */
  readonly within: number
  /** Whether a search looks at all of these. */
  readonly exact: boolean
}

export function spaceSize(fields: readonly TunableField[], mostChanged: number): SpaceSize {
  const points = latticeSize(fields) - 1
  const within = reachableSize(fields, mostChanged)
  return { points, within, exact: points < EXACT_BELOW || within <= EXACT_BELOW }
}

/**
 * Every candidate of a lattice that is small; of a large one every candidate that changes few enough fields to be
 * proposed at all. `null`: still too many, and a sampler has to choose.
 */
export function exactCandidates({ fields, pack, target }: SearchInput): CandidateChange[] | null {
  const { points, exact } = spaceSize(fields, target.max_fields)
  if (!exact) return null
  const patches = points < EXACT_BELOW ? latticePatches(fields) : patchesWithin(fields, target.max_fields)
  return [...patches].map((patch) => asCandidate(patch, pack, 'point of the declared lattice'))
}

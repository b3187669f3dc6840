/** Preflight of a candidate that was searched by planned recordings: a sealed case that nobody recorded so is a "no". */
import type { PreflightRow } from '#schemas/heldout.ts'
import type { PlannedFamilies } from '../search/planned-families.ts'
import { noneMayMiss } from './harness-need.ts'

/** A row where the first candidate rests on such recordings; none where what was served answers for it. */
export function recordedNeed(planned: PlannedFamilies | undefined, sealedFamilies: number): PreflightRow[] {
  if (!planned) return []
  const { families, of } = planned
  return [
    noneMayMiss(
      'recorded',
      families / of,
      sealedFamilies,
      (power) =>
        `${families} of ${of} search families have the first candidate from recordings that were made for a plan, and no sealed family has such (${power}): let production record it of new families (passages that it does not read, or a shadow under the other settings) and import those into a new store, or leave the field out of the search space to ask about the others`,
    ),
  ]
}

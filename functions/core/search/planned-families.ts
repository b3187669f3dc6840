/** How many families a candidate is searched on by recordings that were made for a plan: no sealed case has such. */
import type { CandidateChange, CandidateScore } from '#schemas/candidate.ts'
import { applyPatch, tableOf } from '../space/scope.ts'
import { blindness } from './free-fates.ts'
import { type CaseView, isPlanned } from './replayer.ts'
import type { SearchInput } from './search-input.ts'

/** Families with a case that only such a recording answers, and all families. */
export interface PlannedFamilies {
  readonly families: number
  readonly of: number
}

/** Counts them over the panel. null: every case is answered by what was served, or code of the user's answers. */
export function plannedFamilies(
  { patch }: Pick<CandidateChange, 'patch'>,
  { pack, panel }: Pick<SearchInput, 'pack' | 'panel'>,
  view: CaseView,
): PlannedFamilies | null {
  if (!view.renders || view.hasPlanned === false) return null
  const settings = applyPatch(tableOf(pack), patch)
  const found = new Set<number>()
  for (let i = 0; i < panel.cases.length; i++)
    if (isPlanned(view.contextKey(i, settings))) found.add(panel.familyOf[i]!)
  return found.size === 0 ? null : { families: found.size, of: panel.families }
}

/**
 * Survivors that what was served answers are as blind as what was served: whatever planned recordings of their surfaces showed
 * to fail, no sealed case could show it.
 */
export function blindWhereServed(
  scored: readonly CandidateScore[],
  input: SearchInput,
  view: CaseView,
): readonly CandidateScore[] {
  if (!input.control?.surfaces.some(({ served_utility }) => served_utility !== undefined)) return scored
  return scored.map((candidate) => {
    const why = candidate.fate === 'dominated' ? blindness(candidate, input, true, true) : null
    if (why === null || plannedFamilies(candidate, input, view) !== null) return candidate
    return { ...candidate, fate: 'blind', reason: why }
  })
}

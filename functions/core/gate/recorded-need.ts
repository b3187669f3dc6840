/** Preflight of a candidate that was searched by planned recordings: a sealed case that nobody recorded so is a "no". */
import type { PreflightRow } from '#schemas/heldout.ts'
import type { PlannedFamilies } from '../search/planned-families.ts'
import { isAtLeast } from '../statistics/compare.ts'
import { ASK_POWER } from '../statistics/needed.ts'

/** A row where the first candidate rests on such recordings; none where what was served answers for it. */
export function recordedNeed(planned: PlannedFamilies | undefined, sealedFamilies: number): PreflightRow[] {
  if (!planned) return []
  const { families, of } = planned
  const power = (1 - families / of) ** sealedFamilies
  const ready = isAtLeast(power, ASK_POWER)
  return [
    {
      guardrail: 'recorded',
      verdict: ready ? 'ready' : 'inconclusive',
      families: sealedFamilies,
      needed: ready ? 0 : null,
      power,
      note: `${families} of ${of} search families have the first candidate from recordings that were made for a plan, and no sealed family has such (power ${power.toFixed(2)}): let production record it of new families (passages that it does not read, or a shadow under the other settings) and import those into a new store, or leave the field out of the search space to ask about the others`,
    },
  ]
}

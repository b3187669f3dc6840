/** Preflight of what one sealed family may miss: a baseline that code does not reproduce, or a recording that nobody made. */
import type { HeldoutVersion, PreflightRow } from '#schemas/heldout.ts'
import type { AskedTwice } from '../baseline/two-answers.ts'
import type { PlannedFamilies } from '../search/planned-families.ts'
import { isAtLeast } from '../statistics/compare.ts'
import { ASK_POWER } from '../statistics/needed.ts'
import { withLost } from './floor-tallies.ts'

/** A row where the search side shows that the code misses its own baseline; none where it shows nothing, or no code replays. */
export function harnessNeed(twice: AskedTwice | undefined, sealedFamilies: number): PreflightRow[] {
  if (!twice || twice.lost_families === 0) return []
  const { lost_families: lost, families } = twice
  return [
    noneMayMiss(
      'harness_baseline',
      lost / families,
      sealedFamilies,
      (power) =>
        `the harness does not decide as recorded in ${lost} of ${families} search families, and one such family of ${sealedFamilies} sealed ones is a "no" (${power}): "autotune doctor" names a case; mend the harness`,
    ),
  ]
}

/** The row where one sealed family that misses is a "no". `share`: of search families that miss; `note` takes the power in words. */
export function noneMayMiss(
  guardrail: PreflightRow['guardrail'],
  share: number,
  sealedFamilies: number,
  note: (power: string) => string,
): PreflightRow {
  const power = (1 - share) ** sealedFamilies
  const ready = isAtLeast(power, ASK_POWER)
  return {
    guardrail,
    verdict: ready ? 'ready' : 'inconclusive',
    families: sealedFamilies,
    needed: ready ? 0 : null,
    power,
    note: note(`power ${power.toFixed(2)}`),
  }
}

/**
 * A sealed version as a live run has to expect it: as many of its families are lost as of the search side, where their live
 * baseline has no answer, and each of those counts as one that the candidate breaks (`live-arms.ts`).
 */
export function expectLost(facts: HeldoutVersion, twice: AskedTwice | undefined): HeldoutVersion {
  if (!twice || twice.lost_families === 0) return facts
  return withLost(facts, Math.ceil((twice.lost_families / twice.families) * facts.families))
}

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

/** Blast radius of a change whose every case was read. */
import type { BlastRadius } from '#schemas/candidate.ts'
import type { Patch } from '#schemas/common.ts'
import type { ScoreDelta } from '#schemas/suite.ts'
import type { Panel } from '../evaluate/panel.ts'
import { configRadius } from '../space/blast-radius.ts'
import type { TunableField } from '../space/lattice.ts'

/**
 * Shares of families, and the distance of the settings.
 * @param changed bits of each case: 1 the context or approvals changed, 2 the decision or the pass/fail did
 */
export function radiusOf(
  patch: Patch,
  fields: readonly TunableField[],
  { familyOf, families }: Panel,
  changed: Uint8Array,
  { labelled, regressions }: Pick<ScoreDelta, 'labelled' | 'regressions'>,
): BlastRadius {
  const share = (bit: number): number => {
    const touched = new Set<number>()
    changed.forEach((flags, i) => {
      if (flags & bit) touched.add(familyOf[i]!)
    })
    return touched.size / families
  }
  return {
    fields: Object.keys(patch).length,
    b_config: configRadius(fields, patch),
    b_context: share(1),
    b_decision: share(2),
    negative_flip_rate: labelled === 0 ? 0 : regressions! / labelled,
    reachable_intents: 1,
  }
}

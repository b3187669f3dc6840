/**
 * A "no" to the same values for other cases. A condition makes a change another one, which may well be what was wrong with the
 * first: memory does not forbid it, however few cases it leaves out, and people are told of it.
 */
import type { Patch } from '#schemas/common.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import { canonical } from '../canonical.ts'
import { scopeOf, unscoped } from './scope.ts'

/** The first "no" that memory has of these values under another condition, in a sentence; null: it has none. */
export function rejectedElsewhere(patch: Patch, rejections: readonly RejectionRecord[]): string | null {
  const [values, when] = [canonical(unscoped(patch)), canonical(scopeOf(patch))]
  for (const { source, run_id, patches, reason, reasons } of rejections) {
    // The "no" of a sealed set to a list rejects none of it alone.
    if (source === 'gate') continue
    for (const [i, rejected] of patches.entries()) {
      const other = scopeOf(rejected)
      if (canonical(other) === when || canonical(unscoped(rejected)) !== values) continue
      const whom = other === null ? 'for all cases' : 'under another condition'
      return `${source} rejected the same values ${whom} in ${run_id}: ${reasons?.[i] ?? reason}`
    }
  }
  return null
}

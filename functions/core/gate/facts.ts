/** Published facts of a sealed version, held to what counts and levels can be before anything is reckoned with them. */
import type { HeldoutVersion } from '#schemas/heldout.ts'
import { requireInteger, requireWithin } from '../statistics/range.ts'

/**
 * Refuses facts that no sealing could have published: one family fewer than none would make every p-value smaller.
 * @throws RangeError naming the field
 */
export function requireFacts(facts: HeldoutVersion): void {
  const { alpha, alpha_k, questions, families, cases, labelled, scored, excluded, excluded_families } = facts
  const { exposure, labels, pinned } = facts
  requireWithin('alpha', alpha, '()', 0, 1)
  requireWithin('alpha_k', alpha_k, '(]', 0, alpha)
  requireInteger('questions', questions, 1)
  for (const [name, count] of Object.entries({ families, cases, labelled, excluded, ...scored, ...excluded_families }))
    requireInteger(name, count, 0)
  requireInteger('pinned.decisions', pinned?.decisions ?? 1, 1)
  const { table, ...judge } = pinned?.judge ?? {}
  for (const [name, count] of Object.entries({ ...judge, ...table })) requireInteger(`judge.${name}`, count, 0)
  const { kinds, ...aside } = labels ?? {}
  for (const [name, count] of Object.entries({ ...kinds, ...aside })) requireInteger(`labels.${name}`, count, 0)
  for (const [floor, counts] of Object.entries(exposure ?? {}))
    for (const [name, count] of Object.entries(counts)) requireInteger(`${name} of ${floor}`, count, 0)
}

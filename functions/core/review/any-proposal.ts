/** What goes through review and release, by whomever it was proposed: told apart, stamped, and said in a line. */
import type { PartChange, PartProposal } from '#schemas/part-proposal.ts'
import { NOT_CERTIFIED } from '#schemas/patterns.ts'
import type { TuningProposal } from '#schemas/proposal.ts'

/** Whatever goes through review and release: what a run proved, or a part that nobody can prove. */
export type AnyProposal = TuningProposal | PartProposal

/** Is it a part that replay cannot judge? */
export const isPart = (proposal: AnyProposal): proposal is PartProposal => 'kind' in proposal

/** The stamp of a proposal on whatever comes of it; nothing on what a run certified. */
export const stampOf = (proposal: AnyProposal): { readonly certification?: typeof NOT_CERTIFIED } =>
  isPart(proposal) ? { certification: NOT_CERTIFIED } : {}

/** `policy policy.returns@1.0.0 -> policy.returns@1.1.0`, on one line. */
export const partInWords = (change: PartChange): string =>
  change.part === 'pack'
    ? `retire ${change.retire_surfaces.join(', ')} from ${change.from}; no setting changes`
    : `${change.part} ${change.from} -> ${change.to}`

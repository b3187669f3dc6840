/** Proposers: who makes candidates of a run beside its search. Each has one file in `functions/core/proposers`. */

/**
 * In the order in which they are asked: what people said first, since of two that propose the same the first keeps it.
 * `corrections`: the setting under which passages would have been read that operators had to fetch; `blocks`: a block of the
 * reviewed library in place of one; `neighbours`: one step beside settings that were released; `sentences`: a prompt block
 * without one of its sentences.
 */
export const PROPOSERS = ['corrections', 'blocks', 'neighbours', 'sentences'] as const
/** The proposer that asks a model: named by no target, and there only where `run --reflect FILE` says which model. */
export const REFLECT = 'reflect'
/** One of `PROPOSERS`. */
export type ProposerName = (typeof PROPOSERS)[number]

/** Changes that one proposer may hand over to a run: more than anybody reads, and far below what a search costs. */
export const MOST_PROPOSED = 200

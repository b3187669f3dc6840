/** Proposers: who makes candidates of a run beside its search. Each has one file in `functions/core/proposers`. */

/**
 * Name -> what it proposes, for people. `sentences`: a prompt block without one of its sentences; `blocks`: a block of the
 * reviewed library in place of one; `neighbours`: one step beside settings that were released; `corrections`: the setting
 * under which passages would have been read that operators had to fetch.
 */
export const PROPOSERS = ['sentences', 'blocks', 'neighbours', 'corrections'] as const
/** One of `PROPOSERS`. */
export type ProposerName = (typeof PROPOSERS)[number]

/** Changes that one proposer may hand over to a run: more than anybody reads, and far below what a search costs. */
export const MOST_PROPOSED = 200

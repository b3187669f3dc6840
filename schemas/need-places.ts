/** Where a needed value can be read. Apart from its contract, so that a replay loads no schema library. */

/**
 * Number of a place in the column `needs.kind` of a recording: an evidence item, a tool output or a dialogue turn.
 * Stored, so never renumbered.
 */
export const PLACE = { evidence: 0, tool: 1, memory: 2 } as const

/** Where a needed value can be read, and how it was spelled there. Apart from its contract, so that a replay loads no schema library. */

/**
 * Number of a place in the column `needs.kind` of a recording: an evidence item, a tool output or a dialogue turn.
 * Stored, so never renumbered.
 */
export const PLACE = { evidence: 0, tool: 1, memory: 2 } as const

/** A layer in a set of layers: its bit. */
export const layerBit = (place: number): number => 1 << place

/**
 * How a value stood where it was read, strongest first: as a value of JSON, as text, in another spelling of the number or day,
 * as part of a longer id or text.
 */
export const MATCH = { json: 1, text: 2, spelling: 3, part: 4 } as const
/** One of `MATCH`; a smaller number is a stronger match. */
export type Match = (typeof MATCH)[keyof typeof MATCH]

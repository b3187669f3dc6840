/** Where a needed value can be read. Apart from its contract, so that a replay loads no schema library. */
export const PLACE = { evidence: 0, tool: 1, memory: 2 } as const

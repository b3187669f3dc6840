/** Layers that can break a check, as the rows that several checks share. */
import type { BreaksRow } from '#schemas/surface-fields.ts'

/** What stands in the context: a trim shows it. */
export const OF_CONTEXT: BreaksRow = ['any', 'any', 'any', 'any', 'decides']
/** What the agent did: a trimmed transcript does the same, another recording or a harness may do otherwise. */
export const OF_ACTIONS: BreaksRow = ['decides', 'decides', 'any', 'any', 'decides']
/** No replay shows it: the check reads what was recorded alone, or warns. */
export const OF_NOTHING: BreaksRow = ['never', 'never', 'never', 'never', 'never']

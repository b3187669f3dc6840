/** Day of a moment, as the files of an export are named. */
import { NO_DAY } from '#schemas/export-tables.ts'

const DAY = /^\d{4}-\d\d-\d\d/

/** Its day in UTC; `NO_DAY`: none is on record. */
export const dayOf = (moment: string | null | undefined): string => moment?.match(DAY)?.[0] ?? NO_DAY

/** What a tool tells of more than fits into one answer. */
import { UserError } from '../errors.ts'
import { fittedRows } from '../steps/agent/room.ts'
import { MOST_ANSWER } from './tool.ts'

/** Characters that the rows of a page, or a value that is told alone, may take. */
export const MOST_ROWS = MOST_ANSWER - 2000

/** Rows as far as they fit; `next` is then the last that was told or passed over. */
export function page<N extends string, R>(name: N, rows: readonly R[], next: string | null, idOf: (row: R) => string) {
  const { told, passed } = fittedRows(rows, MOST_ROWS)
  const last = passed < rows.length ? rows[passed - 1] : undefined
  return { [name]: told, next: last === undefined ? next : idOf(last) } as { [K in N]: R[] } & { next: string | null }
}

/** Throws UserError for what does not fit in any room. */
export function whole<T>(value: T | undefined): T {
  if (value === undefined) throw new UserError('the answer is too long to be told, also with its texts cut')
  return value
}

/** What the two key parts of a ledger item may look like, the same in every adapter: DynamoDB's limits, and no NUL. */
import type { LedgerTable } from '../../ports.ts'
import { inParallel } from '../../streams/groups.ts'

/** DynamoDB's limits, in UTF-8 bytes. */
const MAX_BYTES = { pk: 2048, sk: 1024 }

/**
 * Checks an item's key: two well-formed strings without NUL, not empty, at most 2,048 and 1,024 bytes.
 *
 * @throws RangeError naming the part and what is wrong
 */
export function checkItemKey(pk: string, sk: string): void {
  checkPart('pk', pk)
  checkPart('sk', sk)
}

/**
 * Checks what a query is asked for: a partition key, and the beginning of a sort key, which may be empty.
 *
 * @throws RangeError naming the part and what is wrong
 */
export function checkQuery(pk: string, skPrefix: string): void {
  checkPart('pk', pk)
  if (skPrefix !== '') checkPart('sk', skPrefix)
}

function checkPart(part: 'pk' | 'sk', text: string): void {
  const wrong =
    text === ''
      ? 'it is empty'
      : text.includes('\0') || !text.isWellFormed()
        ? 'it holds NUL or half a character'
        : Buffer.byteLength(text) > MAX_BYTES[part]
          ? `it is longer than ${MAX_BYTES[part]} bytes`
          : null
  if (wrong) throw new RangeError(`${part} ${JSON.stringify(text)} of a ledger item is refused: ${wrong}`)
}

/** Creations side by side. */
const CREATED_AT_ONCE = 32

/** Many items as many creations, some side by side: for a table whose every write stands alone. */
export const createEach =
  (create: LedgerTable['create']): LedgerTable['createAll'] =>
  (pk, items) =>
    inParallel(items, CREATED_AT_ONCE, ({ sk, body }) => create(pk, sk, body))

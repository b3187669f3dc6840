import type { LedgerTable } from '#ports'

/** Many items as many creations side by side: for a table whose every write stands alone. */
export const createEach =
  (create: LedgerTable['create']): LedgerTable['createAll'] =>
  (pk, items) =>
    Promise.all(items.map(({ sk, body }) => create(pk, sk, body)))

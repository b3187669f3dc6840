/** Stores in memory under a journal of heads, whose lines lie apart as those of a deployment do. */
import { createHmac } from 'node:crypto'
import type { LedgerTable, ObjectStore, Signer, Store } from '#ports'
import type { Head } from '#schemas/head-line.ts'
import { headsOf } from '../../functions/steps/heads/journal.ts'
import { foundBefore } from '../../functions/steps/heads/stored-heads.ts'
import { witnessedTable } from '../../functions/steps/heads/witnessed-table.ts'
import { memoryStore } from './memory/memory-store.ts'

export interface Journaled extends Store {
  readonly heads: NonNullable<Store['heads']>
  /** Where the lines lie. */
  readonly lines: ObjectStore
}

export const isJournaled = (store: Store): store is Journaled => 'lines' in store

/** Signs lines as the tests' stores do. */
export const headsSigner: Signer = {
  key: 'heads',
  sign: async (text) => createHmac('sha256', 'heads').update(text).digest('base64url'),
  holds: async (text, mac) => mac === (await headsSigner.sign(text)),
}

/** The same store under a journal. */
export function journaled(store: Store, lines: ObjectStore = memoryStore()): Journaled {
  const items = ledgerOf(store)
  const journal = headsOf(
    lines,
    () => headsSigner,
    store.clock,
    (known, holds) => foundBefore({ ...store, items }, known, holds),
  )
  const heads = { journal, items }
  return { ...store, table: witnessedTable(heads), heads, lines }
}

/** The ledger as it lies, with its codes. */
export const ledgerOf = (store: Store): LedgerTable => store.heads?.items ?? store.table

/** What each line is about, without what a time is part of: a manifest holds when a run ended and what was billed. */
export async function headsSaid({ heads }: Pick<Journaled, 'heads'>): Promise<unknown[]> {
  const { lines, problem } = await heads.journal.read()
  if (problem !== null) throw new Error(problem)
  return lines.map(({ n, head }) => [n, timeless(head)])
}

const timeless = (head: Head): unknown => (head.kind === 'run' ? { ...head, digest: null } : head)

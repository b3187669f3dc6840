/** The row of the lock of a run: what it says, and whether it says that. */
import { type Held, isHeld } from './held.ts'

export interface Lock extends Held {
  readonly run_id: string
  /** Digest of target and hand-written candidates: the same one may resume. */
  readonly about: string
  /** Command line that started the run, for people. */
  readonly command?: string
}

/** Is a row a lock that names its run? A ledger may be damaged. */
export const isLock = (row: unknown): row is Lock =>
  isHeld(row) && [(row as Partial<Lock>).run_id, (row as Partial<Lock>).about].every((text) => typeof text === 'string')

/** What is wrong with one that is none. */
export const DAMAGED = 'is damaged: restore the ledger from a copy'

/** What was spent, as an append-only file beside the ledger: one chained JSON line a debit, on the disk before the ledger says it. */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { chainLink } from '#core/canonical.ts'
import { UserError } from '../../../errors.ts'
import { atPath } from '../files/at-path.ts'
import { PRIVATE_FILE } from '../files/private.ts'
import { isFileThere } from '../files/regular-file.ts'

/** One conditional write of one item, in full: a ledger that was killed before it had it can take it from here. */
export interface Debit {
  /** Number in the file, from 1. */
  readonly n: number
  /** What was spent, for people. */
  readonly what: string
  readonly pk: string
  readonly sk: string
  /** Revision of the item after it. */
  readonly revision: number
  /** Digest of the item's canonical body before it. */
  readonly before: string
  readonly body: unknown
}

/** How far a file goes; the same is kept in the ledger, in the transaction of the last debit. */
export interface Head {
  readonly n: number
  readonly chain: string | null
}

export const NO_DEBIT: Head = { n: 0, chain: null }

/** Whole lines of a debit file, and where they end: what follows is a line that a kill tore off. */
export interface DebitFile {
  readonly debits: readonly Debit[]
  /** Head after so many debits, from none. */
  readonly heads: readonly Head[]
  readonly bytes: number
}

/**
 * Reads a debit file; one that is not there holds nothing.
 *
 * @throws UserError naming the line that was changed, taken out or put in
 */
export function readDebits(file: string): DebitFile {
  if (!isFileThere(file)) return { debits: [], heads: [NO_DEBIT], bytes: 0 }
  const text = readFileSync(file)
  const bytes = text.lastIndexOf(0x0a) + 1
  const debits: Debit[] = []
  const heads: Head[] = [NO_DEBIT]
  for (const line of text.subarray(0, bytes).toString().split('\n').slice(0, -1)) {
    const { chain, ...debit } = parsed(line, file, debits.length + 1)
    if (debit.n !== debits.length + 1 || chain !== chainLink(heads.at(-1)!.chain, debit))
      throw damaged(file, debits.length + 1)
    debits.push(debit)
    heads.push({ n: debit.n, chain })
  }
  return { debits, heads, bytes }
}

/** Appends one debit in the place of a torn line, and waits for the disk. Returns the head after it. */
export function appendDebit(file: string, { heads, bytes }: DebitFile, debit: Debit, durable: boolean): Head {
  const isNew = !existsSync(file)
  const chain = chainLink(heads.at(-1)!.chain, debit)
  const descriptor = openSync(file, isNew ? 'wx' : 'r+', PRIVATE_FILE)
  try {
    ftruncateSync(descriptor, bytes)
    const line = Buffer.from(`${JSON.stringify({ ...debit, chain })}\n`)
    for (let at = 0; at < line.length; )
      at += atPath(file, () => writeSync(descriptor, line, at, line.length - at, bytes + at))
    if (durable) fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  if (isNew && durable && process.platform !== 'win32') syncFolderNow(dirname(file))
  return { n: debit.n, chain }
}

/** The name of a new file is on the disk when its folder is. */
function syncFolderNow(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function parsed(line: string, file: string, number: number): Debit & { readonly chain: string } {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Debit & { readonly chain: string }
  } catch {
    // Said below.
  }
  throw damaged(file, number)
}

const damaged = (file: string, line: number): UserError =>
  new UserError(
    `${file}, line ${line}: it does not follow from the line before, so the file was changed. It says which questions are spent: restore it from a copy`,
  )

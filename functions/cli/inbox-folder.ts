/** A folder as an inbox: one proposal a file, in the order of their names, each read when its turn comes. */
import { lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { MOST_PROPOSAL_CHARS } from '#schemas/inbox.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import type { Handed } from '../steps/run/inbox.ts'
import { changesOf } from './changes.ts'
import { inLine } from './terminal.ts'

/** Names of a folder that are looked at. */
const MOST_FILES = 10_000

export const isFolder = (path: string): boolean =>
  path !== '-' && (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)

interface InboxFolder {
  /** Files whose turn may come. */
  readonly files: number
  /** Entries that are passed over: other names than `*.json`, folders, links, and files behind the first ones. */
  readonly passed_over: number
  readonly handed: Iterable<Handed>
}

/** Throws UserError for a folder without a file that could hold a proposal. */
export function inboxFolder(dir: string): InboxFolder {
  const names = readdirSync(dir).sort()
  const all = names.filter((name) => name.endsWith('.json') && !name.startsWith('.') && isPlainFile(join(dir, name)))
  if (all.length === 0)
    throw new UserError(
      `${dir} holds no proposal: one {"patch": {"path": value}} a file, with a name that ends in .json`,
    )
  const files = all.slice(0, MOST_FILES)
  return { files: files.length, passed_over: names.length - files.length, handed: eachOf(dir, files) }
}

/** A link could name what is none of the inbox's. */
const isPlainFile = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false

function* eachOf(dir: string, names: readonly string[]): Generator<Handed> {
  for (const name of names) yield handedIn(join(dir, name))
}

function handedIn(file: string): Handed {
  // Whoever proposes names it.
  const at = inLine(file)
  try {
    const { size } = statSync(file)
    if (size > MOST_PROPOSAL_CHARS)
      throw new UserError(`${at} has ${size} bytes: a proposal has at most ${MOST_PROPOSAL_CHARS}`)
    const changes = changesOf(readInput(file), at)
    if (changes.length > 1) throw new UserError(`${at} holds ${changes.length} changes: an inbox takes one a file`)
    return { at, change: changes[0]!.change }
  } catch (error) {
    if (error instanceof UserError) return { at, unreadable: error.message }
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return { at, unreadable: `${at} cannot be read: ${code}` }
  }
}

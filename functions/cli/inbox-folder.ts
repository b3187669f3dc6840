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
  /** Why, with some of their names; null: none is. */
  readonly passed_over_why: string | null
  readonly handed: Iterable<Handed>
}

/** Throws UserError for a folder without a file that could hold a proposal. */
export function inboxFolder(dir: string): InboxFolder {
  const names = readdirSync(dir).sort()
  let plain = 0
  const passed = Map.groupBy(
    names,
    (name) => whyNot(dir, name) ?? (plain++ < MOST_FILES ? null : `behind the first ${MOST_FILES}`),
  )
  const files = passed.get(null) ?? []
  passed.delete(null)
  const why = passed.size === 0 ? null : [...passed].map(([what, some]) => `${what}: ${someOf(some)}`).join('; ')
  if (files.length === 0)
    throw new UserError(
      `${dir} holds no proposal: one {"patch": {"path": value}} a file, with a name that ends in .json${why === null ? '' : `. Passed over: ${why}`}`,
    )
  return {
    files: files.length,
    passed_over: names.length - files.length,
    passed_over_why: why,
    handed: eachOf(dir, files),
  }
}

/** Why an entry is no proposal, whatever it holds; null: it may be one. A link could name what is none of the inbox's. */
function whyNot(dir: string, name: string): string | null {
  if (!name.endsWith('.json')) return 'not named *.json'
  if (name.startsWith('.')) return 'hidden'
  const entry = lstatSync(join(dir, name), { throwIfNoEntry: false })
  if (!entry) return 'gone'
  if (entry.isFile()) return null
  if (entry.isSymbolicLink()) return 'links, which are not followed'
  return entry.isDirectory() ? 'folders' : 'no regular files'
}

/** Names that are told of one reason. */
const MOST_NAMED = 3

const someOf = (names: readonly string[]): string =>
  [
    ...names.slice(0, MOST_NAMED).map((name) => inLine(name).slice(0, 80)),
    ...(names.length > MOST_NAMED ? [`${names.length - MOST_NAMED} more`] : []),
  ].join(', ')

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

/** The files that a person names: each of them, and of a folder all that lie in it, in the order of their names. */
import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Files that tell of the others, which whoever publishes records lays beside, and what Spark and CloudWatch leave where they export. */
const BESIDE = /^((readme|sources|licen[cs]e|notice)(\.(md|txt|rst))?|_success|aws-logs-write-test)$/i

/** Whether a file in a folder, or a member of a zip, is none of records: hidden, or written for people. */
export const isLeftOut = (path: string): boolean =>
  path.split('/').some((name) => name.startsWith('.') || name === '__MACOSX') || BESIDE.test(basename(path))

/**
 * @param leftOut is told of each file in a folder that is not read
 * @throws the file system's error for a folder that may not be read
 */
export function* inputFiles(named: readonly string[], leftOut: (file: string) => void): Generator<string> {
  for (const name of named) yield* isFolder(name) ? below(name, leftOut) : [name]
}

function* below(folder: string, leftOut: (file: string) => void): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (isLeftOut(entry.name)) leftOut(path)
    else if (entry.isDirectory()) yield* below(path, leftOut)
    else yield path
  }
}

function isFolder(name: string): boolean {
  return name !== '-' && (statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false)
}

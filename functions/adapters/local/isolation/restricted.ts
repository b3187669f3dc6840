/**
 * A child process that can read this program's own code and nothing else: no vault, no store, no network tools worth the
 * name. What it works on comes over stdin, what it found goes out over stdout; what is too much for its memory goes into
 * one file that it is handed open and that has no name.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../../errors.ts'
import { passingDescriptor } from '../files/passing-file.ts'
import { PROGRAM, packageFolders, scriptFile } from '../program-files.ts'

/** Code that a search or a gate runs on: the core, the contracts, and the pure libraries they import. */
const CODE = ['functions', 'schemas', 'package.json']
const LIBRARIES = ['canonicalize', 'pure-rand']

/**
 * Node flags of a restricted process. Only the named folders can be read; no write, child, worker, addon or WASI grant.
 * SQLite is off because it ignores the permission model, and SIGUSR1 because it opens a debugger.
 */
export const restrictedFlags = (readable: readonly string[]): string[] => [
  '--permission',
  ...readable.map((path) => `--allow-fs-read=${path}`),
  '--no-experimental-sqlite',
  '--disable-sigusr1',
  '--no-warnings',
]

/**
 * Real paths of the code a restricted process may read. Throws UserError when something in there leads elsewhere: a
 * symbolic link, or a second name of a file in the vault.
 */
export function readableCode(vault: string): string[] {
  const libraries = LIBRARIES.map(packageFolders)
  const folders = [...CODE.map((path) => realpathSync(join(PROGRAM, path))), ...libraries.map(([real]) => real!)]
  refuseLinks(folders, vault)
  return [...new Set([...folders, ...libraries.flat()])]
}

/**
 * Links inside readable folders are followed out of them, so a start with one is refused. A file with several names is
 * a package manager's habit; it is refused when one of its names lies in the vault.
 */
export function refuseLinks(readable: readonly string[], vault: string): void {
  const manyNamed = new Map<string, string>()
  for (const folder of readable) {
    walk(folder, (path, stat) => {
      if (stat.isSymbolicLink())
        throw new UserError(
          `${path} is a symbolic link inside a folder that the search may read: remove it, then start again`,
        )
      if (stat.isFile() && stat.nlink > 1) manyNamed.set(inode(stat), path)
    })
  }
  refuseVaultFiles(manyNamed, vault)
}

/** Refuses files with several names (by `inode`) when one of their names lies in the vault. */
export function refuseVaultFiles(manyNamed: ReadonlyMap<string, string>, vault: string): void {
  if (manyNamed.size === 0) return
  walk(vault, (path, stat) => {
    const other = manyNamed.get(inode(stat))
    if (other)
      throw new UserError(
        `${other} is the same file as ${path} in the vault, and the search may read it: remove it, then start again`,
      )
  })
}

/** Identity of a file whatever its name. */
export const inode = (stat: Stats): string => `${stat.dev}:${stat.ino}`

function walk(path: string, see: (path: string, stat: Stats) => void): void {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat) return
  see(path, stat)
  if (stat.isDirectory()) for (const entry of readdirSync(path)) walk(join(path, entry), see)
}

/** Below 1 GB V8 lets a heap grow to twice what lives in it, above to four times: some 80 MB live, whatever the set. */
const HEAP_MB = 1000

/** Starts a script of this program under restriction, with pipes, a nameless file to put things aside in, and an empty environment. */
export function startRestricted(script: string, vault: string): ChildProcess {
  const aside = passingDescriptor(vault)
  try {
    return spawn(
      process.execPath,
      [...restrictedFlags(readableCode(vault)), `--max-old-space-size=${HEAP_MB}`, scriptFile(script, import.meta.url)],
      { env: {}, stdio: ['pipe', 'pipe', 'pipe', aside.file] },
    )
  } finally {
    // The process holds it on its own.
    aside.close()
  }
}

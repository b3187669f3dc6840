/**
 * What a caged process of this program may read: its own code and the pure libraries that it imports, nothing else; and
 * the search for ways that lead out of there.
 */
import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../../errors.ts'
import { PROGRAM, packageFolders } from '../program-files.ts'

/** Code that a search or a gate runs on: the core, the contracts, and the pure libraries they import. */
const CODE = ['functions', 'schemas', 'package.json']
const LIBRARIES = ['canonicalize', 'pure-rand']

/**
 * Real paths of the code a restricted process may read. Throws UserError when something in there leads elsewhere: a
 * symbolic link, or a second name of a file in the vault.
 */
export function readableCode(vault: string | null): string[] {
  const libraries = LIBRARIES.map(packageFolders)
  const folders = [...CODE.map((path) => realpathSync(join(PROGRAM, path))), ...libraries.map(([real]) => real!)]
  refuseLinks(folders, vault)
  return [...new Set([...folders, ...libraries.flat()])]
}

/**
 * Links inside readable folders are followed out of them, so a start with one is refused. A file with several names is
 * a package manager's habit; it is refused when one of its names lies in the vault.
 */
export function refuseLinks(readable: readonly string[], vault: string | null): void {
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

/** Refuses files with several names (by `inode`) when one of their names lies in the vault; null: it lies elsewhere. */
export function refuseVaultFiles(manyNamed: ReadonlyMap<string, string>, vault: string | null): void {
  if (manyNamed.size === 0 || vault === null) return
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

/** Sees a path and, in a folder, everything below it; links are seen and not followed. */
export function walk(path: string, see: (path: string, stat: Stats) => void): void {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat) return
  see(path, stat)
  if (stat.isDirectory()) for (const entry of readdirSync(path)) walk(join(path, entry), see)
}

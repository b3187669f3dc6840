/**
 * Where this program's own files lie, for processes that are started by path. A clone runs `.ts` files, the built package
 * `.js` files of the same names in the same places below its `dist/`, which has a package.json of its own.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder that holds `functions/`, `schemas/` and a package.json. */
export const PROGRAM = fileURLToPath(new URL('../../../', import.meta.url))

/** Version of this program. */
export const programVersion = (): string => JSON.parse(readFileSync(join(PROGRAM, 'package.json'), 'utf8')).version

const ENDING = extname(fileURLToPath(import.meta.url))

/** A script of this program, named by its source file, in the form that is running. `from`: the `import.meta.url` it is relative to. */
export const scriptFile = (source: string, from: string): string =>
  fileURLToPath(new URL(source.replace(/\.ts$/, ENDING), from))

/** A file of this program, named by its source below `PROGRAM`, in the form that is running. */
export const programFile = (source: string): string => join(PROGRAM, source.replace(/\.ts$/, ENDING))

/**
 * Folder of a package that this program imports, where a package manager put it: the real path, and the way on which Node
 * finds it, where that is a link.
 */
export function packageFolders(name: string): string[] {
  for (let folder = PROGRAM; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name)
    if (existsSync(found)) return [...new Set([realpathSync(found), found])]
    if (dirname(folder) === folder) throw new Error(`the package ${name} is not installed: run "npm ci" again`)
  }
}

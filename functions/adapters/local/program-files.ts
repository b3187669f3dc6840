/**
 * Where this program's own files lie, for processes that are started by path. A clone runs `.ts` files, the built package
 * `.js` files of the same names in the same places below its `dist/`, which has a package.json of its own.
 */
import { existsSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder that holds `functions/`, `schemas/` and a package.json. */
export const PROGRAM = fileURLToPath(new URL('../../../', import.meta.url))

const ENDING = extname(fileURLToPath(import.meta.url))

/** A script of this program, named by its source file, in the form that is running. `from`: the `import.meta.url` it is relative to. */
export const scriptFile = (source: string, from: string): string =>
  fileURLToPath(new URL(source.replace(/\.ts$/, ENDING), from))

/** Folder of a package that this program imports: its own, or that of a package manager which put it further up. */
export function packageFolder(name: string): string {
  for (let folder = PROGRAM; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name)
    if (existsSync(found)) return found
    if (dirname(folder) === folder) throw new Error(`the package ${name} is not installed: run "npm ci" again`)
  }
}

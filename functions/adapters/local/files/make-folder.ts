/** A folder with those above it. Step by step: Node's own way says ENOENT of a disk that is read-only. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder, and those above it, where it is missing.
 *
 * @param mode of every folder that is made
 * @throws the file system's error; ENOTDIR where a file has the name
 */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && dirname(path) !== path) {
      makeFolder(dirname(path), mode)
      makeFolder(path, mode)
    } else if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw code === 'EEXIST' ? Object.assign(error as Error, { code: 'ENOTDIR' }) : error
  }
}

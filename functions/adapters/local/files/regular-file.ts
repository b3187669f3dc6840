/** Files of the program's own that are opened by name: a pipe in the place of one would be waited for without end, and a device read. */
import { statSync } from 'node:fs'
import { UserError } from '../../../errors.ts'

/** Is a file there? Throws UserError where something else stands in its place. */
export function isFileThere(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.isFile()) return found !== undefined
  throw new UserError(
    `${path} is a ${found.isDirectory() ? 'folder' : 'pipe or device'} where a file belongs. Move it away, or restore the file from a copy`,
  )
}

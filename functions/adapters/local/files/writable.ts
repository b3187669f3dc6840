/** May this user write into a folder? A copy that nobody may write is looked at without a lock, a key or scratch in it. */
import { accessSync, constants } from 'node:fs'

const CLOSED: ReadonlySet<unknown> = new Set(['EROFS', 'EACCES', 'EPERM'])

/** False: it is there, and the system lets nothing be written. A path where nothing is yet counts as writable: making it tells. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch (error) {
    return !CLOSED.has((error as NodeJS.ErrnoException).code)
  }
}

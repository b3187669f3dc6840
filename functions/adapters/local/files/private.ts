/** Only its owner reads a store: folders 0700, files 0600, whoever made what they lie in. */
import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs'
import { UserError } from '../../../errors.ts'

export const PRIVATE_FOLDER = 0o700
export const PRIVATE_FILE = 0o600

/** Rights of a group and of everybody. */
const OTHERS = 0o077

/**
 * Takes from others what a file or folder of the store gives them.
 *
 * @throws UserError where that cannot be done: it is somebody else's, or its file system knows no rights
 */
export function keepPrivate(path: string): void {
  if (process.platform === 'win32') return
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found || (found.mode & OTHERS) === 0) return
  try {
    chmodSync(path, found.mode & ~OTHERS & 0o7777)
  } catch {
    // Said below, as where a file system takes the call and does nothing.
  }
  if ((statSync(path).mode & OTHERS) !== 0)
    throw new UserError(
      `${path} is open to other users (mode ${(found.mode & 0o777).toString(8)}), and this user cannot close it: have its owner run "chmod go-rwx" on it, or name a --store on a file system that knows rights`,
    )
}

/** Makes a file where there is none, for a program that would make it readable to others. */
export function makePrivateFile(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', PRIVATE_FILE))
}

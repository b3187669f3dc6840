/** A file that only this process finds: it loses its name as soon as it is open. */
import { closeSync, openSync, rmSync } from 'node:fs'
import { atPath, namingPath } from './at-path.ts'
import { unfinishedName } from './unfinished.ts'

/**
 * Makes an empty file below a folder that exists, and has it opened by its path. Nothing is left of it, not even after a
 * kill where the system allows it; a name that stays is no key of a store. `remove`: call it when the file is closed, for
 * a system that keeps the name of an open file.
 */
export function passingFile<T>(folder: string, open: (path: string) => T): { readonly opened: T; remove(): void } {
  const path = unfinishedName(folder)
  atPath(folder, () => closeSync(openSync(path, 'wx', 0o600)))
  const remove = () => rmSync(path, { force: true })
  try {
    const opened = open(path)
    if (process.platform !== 'win32') remove()
    return { opened, remove }
  } catch (error) {
    remove()
    throw namingPath(error, folder)
  }
}

/** The same as an open descriptor. */
export function passingDescriptor(folder: string): { readonly file: number; close(): void } {
  const { opened: file, remove } = passingFile(folder, (path) => openSync(path, 'r+'))
  return {
    file,
    close() {
      closeSync(file)
      remove()
    },
  }
}

/**
 * How a file appears all at once: bytes go to an unfinished file, which then takes or shares its name. Short
 * calls are synchronous, because a trip through the thread pool costs 3 to 10 times the call (measured); waiting for the
 * disk and writing much are not.
 */
import { existsSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Content } from '#ports'
import { isWhole } from '../../port-rules/content.ts'
import { namingPath } from './at-path.ts'
import { PRIVATE_FILE } from './private.ts'
import { syncFolder, writeSynced } from './sync.ts'
import { unfinishedName } from './unfinished.ts'

/** What is read or written in one call without letting anybody else go first: about a millisecond. */
export const SHORT_BYTES = 1024 * 1024

/**
 * Writes or replaces a file; its folder exists, and `root` is a folder of the same disk. A reader, also after a kill, sees the old bytes or the new ones.
 *
 * @param durable wait until bytes and name are on the disk
 * @param mode who may read it; a store's files are their owner's
 * @throws the file system's error, naming the file; the old bytes then stand and no unfinished file is left
 */
export async function replaceFile(
  root: string,
  file: string,
  bytes: Content,
  durable: boolean,
  mode = PRIVATE_FILE,
): Promise<void> {
  const temp = await writeTemp(root, file, bytes, durable, mode)
  try {
    renameSync(temp, file)
  } catch (error) {
    removeTemp(temp)
    throw namingPath(error, file)
  }
  if (durable) await syncFolder(dirname(file))
}

/**
 * Writes a file only where nothing has its name yet; its folder exists, and `root` is a folder of the same disk. Of many writers, in one process or several,
 * exactly one wins: a second name for the temporary file is made or refused in one step (`link`), unlike `rename`.
 *
 * @returns false: something has that name already, and it is untouched
 * @throws the file system's error, naming the file, also where it has no hard links
 */
export async function createFile(root: string, file: string, bytes: Content, durable: boolean): Promise<boolean> {
  // A stream may be long, and is not read when it would lose anyway.
  if (!isWhole(bytes) && existsSync(file)) return false
  const temp = await writeTemp(root, file, bytes, durable, PRIVATE_FILE)
  let created = true
  try {
    linkSync(temp, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw namingPath(error, file)
    created = false
  } finally {
    removeTemp(temp)
  }
  // Also for the loser: it will act on an object whose name the winner may not have brought to the disk yet.
  if (durable) await syncFolder(dirname(file))
  return created
}

/** Writes an unfinished file for `file`; leaves none when that fails. */
async function writeTemp(root: string, file: string, bytes: Content, durable: boolean, mode: number): Promise<string> {
  const temp = unfinishedName(root)
  try {
    if (!isWhole(bytes) || bytes.length > SHORT_BYTES) await writeLong(temp, bytes, durable, mode)
    else if (durable) await writeSynced(temp, bytes, mode)
    else writeFileSync(temp, bytes, { flag: 'wx', mode })
    return temp
  } catch (error) {
    removeTemp(temp)
    throw namingPath(error, file)
  }
}

async function writeLong(temp: string, bytes: Content, durable: boolean, mode: number): Promise<void> {
  const handle = await open(temp, 'wx', mode)
  try {
    await handle.writeFile(bytes)
    if (durable) await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Never hides the error that led here: what stays behind is invisible, and its name is never used again. */
function removeTemp(temp: string): void {
  try {
    rmSync(temp, { force: true })
  } catch {}
}

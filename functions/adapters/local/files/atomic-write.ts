/**
 * How a file appears all at once: bytes go to a temporary file beside it, which then takes or shares its name. Short
 * calls are synchronous, because a trip through the thread pool costs 3 to 10 times the call (measured); waiting for the
 * disk and writing much are not.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Content } from '#ports'
import { isWhole } from '../../port-rules/content.ts'
import { TEMP_PREFIX } from '../../port-rules/object-key.ts'
import { syncFolder, writeSynced } from './sync.ts'

/** What is read or written in one call without letting anybody else go first: about a millisecond. */
export const SHORT_BYTES = 1024 * 1024

/** Process ids repeat across containers and are shared by threads; the random part does not and is not. */
const WRITER = `${TEMP_PREFIX}${process.pid}-${randomBytes(6).toString('hex')}-`
let writes = 0

/**
 * Writes or replaces a file; its folder exists. A reader, also after a kill, sees the old bytes or the new ones.
 *
 * @param durable wait until bytes and name are on the disk
 * @throws the file system's error; the old bytes then stand and no temporary file is left
 */
export async function replaceFile(file: string, bytes: Content, durable: boolean): Promise<void> {
  const temp = await writeTemp(file, bytes, durable)
  try {
    renameSync(temp, file)
  } catch (error) {
    removeTemp(temp)
    throw error
  }
  if (durable) await syncFolder(dirname(file))
}

/**
 * Writes a file only where nothing has its name yet; its folder exists. Of many writers, in one process or several,
 * exactly one wins: a second name for the temporary file is made or refused in one step (`link`), unlike `rename`.
 *
 * @returns false: something has that name already, and it is untouched
 * @throws the file system's error, also where it has no hard links
 */
export async function createFile(file: string, bytes: Content, durable: boolean): Promise<boolean> {
  // A stream may be long, and is not read when it would lose anyway.
  if (!isWhole(bytes) && existsSync(file)) return false
  const temp = await writeTemp(file, bytes, durable)
  let created = true
  try {
    linkSync(temp, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    created = false
  } finally {
    removeTemp(temp)
  }
  // Also for the loser: it will act on an object whose name the winner may not have brought to the disk yet.
  if (durable) await syncFolder(dirname(file))
  return created
}

/** Writes a temporary file beside `file`; leaves none when that fails. */
async function writeTemp(file: string, bytes: Content, durable: boolean): Promise<string> {
  const temp = join(dirname(file), `${WRITER}${writes++}`)
  try {
    if (!isWhole(bytes) || bytes.length > SHORT_BYTES) await writeLong(temp, bytes, durable)
    else if (durable) await writeSynced(temp, bytes)
    else writeFileSync(temp, bytes, { flag: 'wx' })
    return temp
  } catch (error) {
    removeTemp(temp)
    throw error
  }
}

async function writeLong(temp: string, bytes: Content, durable: boolean): Promise<void> {
  const handle = await open(temp, 'wx')
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

/** How a file appears all at once: bytes go to a temporary file beside it, which then takes or shares its name. */
import { randomBytes } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TEMP_PREFIX } from '#adapters/memory/object-key.ts'

/** Process ids repeat across containers and are shared by threads; the random part does not and is not. */
const WRITER = `${TEMP_PREFIX}${process.pid}-${randomBytes(6).toString('hex')}-`
let writes = 0

/**
 * Writes or replaces a file; its folder exists. A reader, also after a kill, sees the old bytes or the new ones.
 *
 * @param durable wait until bytes and name are on the disk
 * @throws the file system's error; the old bytes then stand and no temporary file is left
 */
export async function replaceFile(file: string, bytes: Uint8Array | string, durable: boolean): Promise<void> {
  await withTemp(file, bytes, durable, (temp) => rename(temp, file))
  if (durable) await syncFolder(dirname(file))
}

/**
 * Writes a file only where nothing has its name yet; its folder exists. Of many writers, in one process or several,
 * exactly one wins: a second name for the temporary file is made or refused in one step (`link`), unlike `rename`.
 *
 * @returns false: something has that name already, and it is untouched
 * @throws the file system's error, also where it has no hard links
 */
export async function createFile(file: string, bytes: Uint8Array | string, durable: boolean): Promise<boolean> {
  const created = await withTemp(file, bytes, durable, (temp) =>
    link(temp, file).then(
      () => true,
      (error) => {
        if (error.code === 'EEXIST') return false
        throw error
      },
    ),
  )
  // Also for the loser: it will act on an object whose name the winner may not have brought to the disk yet.
  if (durable) await syncFolder(dirname(file))
  return created
}

/** Brings names made in a folder to the disk, where folders can be opened and synced (not on Windows). */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function withTemp<T>(
  file: string,
  bytes: Uint8Array | string,
  durable: boolean,
  place: (temp: string) => Promise<T>,
): Promise<T> {
  const temp = join(dirname(file), `${WRITER}${writes++}`)
  try {
    const handle = await open(temp, 'wx')
    try {
      await handle.writeFile(bytes)
      if (durable) await handle.sync()
    } finally {
      await handle.close()
    }
    return await place(temp)
  } finally {
    await rm(temp, { force: true })
  }
}

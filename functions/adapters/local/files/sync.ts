/** How bytes and names come to the disk and stay there. */
import { closeSync, fsync, openSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'

const synced = promisify(fsync)

/** Writes a new file and waits until its bytes are on the disk. For short ones: only the waiting lets others go first. */
export const writeSynced = (file: string, bytes: Uint8Array | string, mode: number): Promise<void> =>
  toDisk(file, 'wx', bytes, mode)

/** Rounds of a folder that were asked for and have not begun, and those that are under way. */
const waiting = new Map<string, Promise<void>>()
const running = new Map<string, Promise<void>>()

/**
 * Brings names made in a folder to the disk, where folders can be opened and synced (not on Windows). All who ask before a
 * round begins share it: a hundred files that are written side by side cost a few rounds, not a hundred.
 */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  let round = waiting.get(folder)
  if (!round) {
    round = nextRound(folder)
    waiting.set(folder, round)
  }
  await round
}

async function nextRound(folder: string): Promise<void> {
  // A failed round is told to those who asked for it. Not the first thing here: what follows runs after `waiting` is set.
  await running.get(folder)?.catch(() => {})
  waiting.delete(folder)
  const round = toDisk(folder, 'r', null)
  running.set(folder, round)
  try {
    await round
  } finally {
    if (running.get(folder) === round) running.delete(folder)
  }
}

/** Opens a file or folder, writes what there is to write, and waits until it is on the disk. */
async function toDisk(
  path: string,
  flags: 'r' | 'wx',
  bytes: Uint8Array | string | null,
  mode?: number,
): Promise<void> {
  const fd = openSync(path, flags, mode)
  try {
    if (bytes !== null) writeFileSync(fd, bytes)
    await synced(fd)
  } finally {
    closeSync(fd)
  }
}

/** The time of a store, which never goes back: a clock that is set back after a deadline was seen does not open it again. */
import { readFileSync, writeFileSync } from 'node:fs'
import { INSTANT_PATTERN } from '#schemas/patterns.ts'
import type { Clock } from '../../../ports.ts'
import { PRIVATE_FILE } from './private.ts'
import { isFileThere } from './regular-file.ts'

/** The latest time is written down when it is so much later than what is: no deadline is finer. */
const WRITTEN_EVERY_MS = 1000

/**
 * A clock that tells the latest time ever told, as it stands in a file: by this process or by any other.
 *
 * @param writable false: what the file says counts, and nothing is written
 * @throws the file system's error when what was told cannot be kept
 */
export function forwardClock(file: string, writable: boolean, system = () => Date.now()): Clock {
  return {
    now() {
      const told = latestIn(file)
      const now = system()
      if (writable && now - told >= WRITTEN_EVERY_MS) keep(file, now)
      return new Date(Math.max(now, told)).toISOString()
    },
  }
}

/** Milliseconds; a file that is not there, or says nothing, says nothing. Throws UserError for what is no file. */
function latestIn(file: string): number {
  if (!isFileThere(file)) return 0
  try {
    const text = readFileSync(file, 'utf8').trim()
    return INSTANT_PATTERN.test(text) ? Date.parse(text) : 0
  } catch {
    return 0
  }
}

/** Of fixed length and written in one call, so that nobody reads half of it; a store that is not made yet has told nobody. */
function keep(file: string, now: number): void {
  try {
    writeFileSync(file, `${new Date(now).toISOString()}\n`, { flag: 'r+', mode: PRIVATE_FILE })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    writeFileSync(file, `${new Date(now).toISOString()}\n`, { mode: PRIVATE_FILE })
  }
}

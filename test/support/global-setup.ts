/**
 * Before a test run: everything temporary in one folder, stores and browser profiles alike, removed when the run ends; and the
 * program as its processes are started.
 */
import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtProgram, forgetOld } from './built-program.ts'

/** A folder in memory: a store waits with every write until it is on the disk, which no test can tell from memory. */
const MEMORY = '/dev/shm'
const LEAST_BYTES = 4 * 2 ** 30
const NAME = 'autotune-run-'

export default async function setup(): Promise<(() => void) | undefined> {
  // Several projects of one run.
  if (process.env.AUTOTUNE_BUILT_PROGRAM !== undefined) return undefined
  process.env.AUTOTUNE_BUILT_PROGRAM = await builtProgram()
  // What runs that were killed left behind would hold memory.
  if (hasMemory()) forgetOld(MEMORY, NAME)
  const own = mkdtempSync(join(hasMemory() ? MEMORY : tmpdir(), NAME))
  // As open as the folder it stands for: tests act as other users too.
  chmodSync(own, 0o1777)
  process.env.TMPDIR = own
  // Processes that tests start from TypeScript begin in half the time where another one has begun before.
  process.env.NODE_COMPILE_CACHE = join(own, 'compiled')
  return () => rmSync(own, { recursive: true, force: true })
}

function hasMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize >= LEAST_BYTES
  } catch {
    return false
  }
}

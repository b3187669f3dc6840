/** A command as a process group of its own, killed whole at a moment or before one of its writes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../bin/autotune.mjs', import.meta.url))
const COUNTS = new URL('./child/kill-at-write.ts', import.meta.url).href
const counterOf = (store: string): string => `${store}.writes`

/** When it is killed: so many ms after its start, or before its n-th write. */
export type When = { readonly ms: number } | { readonly write: number }

export interface Ended {
  readonly ms: number
}

/** Runs a command on a store until it ends or is killed. */
export async function ended(argv: readonly string[], store: string, when: When | null): Promise<Ended> {
  const env = {
    ...process.env,
    SOAK_WRITES: counterOf(store),
    SOAK_KILL_AT: when && 'write' in when ? String(when.write) : '0',
  }
  const from = performance.now()
  const child = spawn(process.execPath, ['--disable-sigusr1', '--import', COUNTS, BIN, ...argv, '--store', store], {
    stdio: 'ignore',
    detached: true,
    env,
  })
  const gone = once(child, 'exit')
  const timer = when && 'ms' in when ? setTimeout(() => killGroup(child.pid!), when.ms) : undefined
  await gone
  clearTimeout(timer)
  killGroup(child.pid!)
  return { ms: performance.now() - from }
}

/** Writes of the latest command on a store that ended by itself. */
export const writesOf = (store: string): number =>
  existsSync(counterOf(store)) ? Number(readFileSync(counterOf(store), 'utf8')) : 0

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // Nobody of it is left.
  }
}

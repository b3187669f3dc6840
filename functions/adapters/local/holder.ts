/** Who works in a store, from this machine: the process, named so that neither a reused id nor another container passes for it. */
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Holder } from '../../ports.ts'

/** This process as a lock holder: `PID:START@PLACE`. */
export function thisProcess(): Holder {
  const here = placeOf()
  return {
    name: `${process.pid}:${startOf(process.pid) ?? ''}@${here}`,
    isAlive(name) {
      const [, pid, start, place] = /^(\d+):([^@]*)(?:@(.*))?$/.exec(name) ?? []
      // A process id says something only among those that it was given among. A name of version 0.1.0 does not tell where.
      if (pid === undefined || (place !== undefined && place !== here)) return null
      return isRunning(Number(pid), start!)
    },
  }
}

/** A boot of a machine and a process namespace of it: who is in the same one sees the same process ids. */
function placeOf(): string {
  const parts = [
    () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    () => readlinkSync('/proc/self/ns/pid'),
  ].map((read) => {
    try {
      return read()
    } catch {
      return hostname()
    }
  })
  return hash('sha256', parts.join('\0')).slice(0, 12)
}

function isRunning(pid: number, start: string): boolean {
  const now = startOf(pid)
  if (now !== null && start !== '') return now === start
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Start time of a running process, as the system tells it; `null`: there is none, or the system does not tell. */
function startOf(pid: number): string | null {
  if (process.platform !== 'linux') return startByPs(pid)
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command may hold spaces and parentheses; the state is the third field, and field 22 the start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // Killed, and not yet buried by its parent.
    return ['Z', 'X'].includes(fields[0]!) ? 'ended' : (fields[19] ?? null)
  } catch {
    return null
  }
}

function startByPs(pid: number): string | null {
  const { stdout, status } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const start = status === 0 ? stdout.trim().replaceAll(/\s+/g, '_') : ''
  return start === '' ? null : start
}

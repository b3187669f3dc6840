/** Who works on a run on this machine: the process, named so that a reused process id is not mistaken for it. */
import { readFileSync } from 'node:fs'
import type { Holder } from '../../ports.ts'

/** This process as a lock holder. */
export function thisProcess(): Holder {
  return {
    name: `${process.pid}:${startOf(process.pid) ?? ''}`,
    isAlive(name) {
      const [pid, start] = name.split(':')
      try {
        process.kill(Number(pid), 0)
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'EPERM'
      }
      return !start || startOf(Number(pid)) === null || startOf(Number(pid)) === start
    },
  }
}

/** Start time of a process where the system tells it (Linux), else `null`. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command may hold spaces and parentheses; field 22 is counted after its closing one.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

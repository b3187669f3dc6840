/** Runs a command and looks at its whole process tree while it lives. What the system does not tell is `null`, never 0. */
import { type SpawnOptions, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Runs a command to its end, shows `look` its process id every so often, and returns its seconds. Throws on any code but these. */
export async function watched(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  look: (pid: number) => void,
  everyMs: number,
  codes: readonly unknown[] = [0],
): Promise<number> {
  const started = performance.now()
  const child = spawn(command, args, options)
  const sampler = setInterval(() => look(child.pid!), everyMs)
  try {
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
    if (!codes.includes(code)) throw new Error(`${[command, ...args].join(' ')} ended with ${code}`)
    return (performance.now() - started) / 1000
  } finally {
    clearInterval(sampler)
  }
}

/** A process and all below it, in the order in which they were started. None where the system does not say. */
export function tree(pid: number): number[] {
  const children = readProc(`${pid}/task/${pid}/children`)
  return children === null
    ? []
    : [
        pid,
        ...children
          .split(' ')
          .filter(Boolean)
          .flatMap((child) => tree(Number(child))),
      ]
}

/** Memory of a process and all below it, shared pages counted once. */
export function treeMb(pid: number): number | null {
  const held = tree(pid).flatMap((one) => /^Pss:\s+(\d+) kB/m.exec(readProc(`${one}/smaps_rollup`) ?? '')?.[1] ?? [])
  return held.length === 0 ? null : held.reduce((sum, kb) => sum + Number(kb) / 1024, 0)
}

/** What one process has used so far. */
export interface Usage {
  readonly command: string
  readonly peakMb: number
  readonly userSeconds: number
  readonly systemSeconds: number
}

/** Usage of a process; `null` when it is gone or the system does not say. */
export function usageOf(pid: number): Usage | null {
  const command = readProc(`${pid}/cmdline`)?.replaceAll('\0', ' ').trim()
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(readProc(`${pid}/status`) ?? '')?.[1]
  // The name of the program, in parentheses, may hold anything.
  const times = readProc(`${pid}/stat`)?.split(') ').at(-1)?.split(' ')
  if (!command || peak === undefined || !times) return null
  return {
    command,
    peakMb: Number(peak) / 1024,
    userSeconds: Number(times[11]) / TICKS,
    systemSeconds: Number(times[12]) / TICKS,
  }
}

/** Linux counts processor time in hundredths of a second. */
const TICKS = 100

function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return null
  }
}

/** Starts a Node process in the cage that this machine has. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { beltFlags } from './belt.ts'
import { NODE, wallHere } from './level.ts'
import { behind } from './wall.ts'
import { endWithProgram } from './watchdog.ts'

export interface Caged {
  /** Path of the script, its arguments, and Node flags beside those of the belt. */
  readonly script: string
  readonly args?: readonly string[]
  readonly flags?: readonly string[]
  /** Files and folders that it may read. */
  readonly readable: readonly string[]
  readonly heapMb: number
  /** @default / */
  readonly cwd?: string
  readonly stdio: StdioOptions
}

/**
 * The process, with an empty environment but for a time zone that is the same everywhere. It ends with this program. `wall`
 * is for tests; null: the belt alone.
 */
export function startCaged(
  { script, args = [], flags = [], readable, heapMb, cwd = '/', stdio }: Caged,
  wall = wallHere(),
): ChildProcess {
  const node = [NODE, ...beltFlags(readable, heapMb), ...flags, script, ...args] as [string, ...string[]]
  const [command, ...rest] = wall ? behind(wall, { command: node, readable, cwd }) : node
  const child = spawn(command, rest, { cwd: wall ? '/' : cwd, env: { TZ: 'UTC' }, stdio, detached: true })
  // Where this process may open no more files, Node hands back a process without pipes and tells why only later.
  if (child.stdio === undefined) {
    child.on('error', () => {})
    throw Object.assign(new Error(`${command} cannot be started`), { code: 'EMFILE', path: command })
  }
  endWithProgram(child)
  return child
}

/** How a process ended, in the same words whether a wall stood around it or not: a wall hands a signal on as a number. */
export function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `signal ${signal}`
  const number = (code ?? 0) - 128
  const named = Object.entries(constants.signals).find(([, n]) => n === number)
  return named ? `signal ${named[0]}` : `exit code ${code}`
}

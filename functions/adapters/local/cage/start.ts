/** Starts a process in the cage that this machine has. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { beltFlags } from './belt.ts'
import { NODE, wallHere } from './level.ts'
import { behind, type Wall } from './wall.ts'
import { endWithProgram } from './watchdog.ts'

/** What a process is started with, whatever runs in it. */
interface Start {
  /** Files and folders that it may read. */
  readonly readable: readonly string[]
  /** @default / */
  readonly cwd?: string
  readonly stdio: StdioOptions
}

export interface Caged extends Start {
  /** Path of the script, its arguments, and Node flags beside those of the belt. */
  readonly script: string
  readonly args?: readonly string[]
  readonly flags?: readonly string[]
  readonly heapMb: number
  /** What its environment holds beside the time zone. @default nothing */
  readonly env?: Readonly<Record<string, string>>
}

/**
 * The process, with an empty environment but for `env` and a time zone that is the same everywhere. It ends with this program. `wall`
 * is for tests; null: the belt alone.
 */
export function startCaged(
  { script, args = [], flags = [], readable, heapMb, env = {}, cwd = '/', stdio }: Caged,
  wall = wallHere(),
): ChildProcess {
  const node = [NODE, ...beltFlags(readable, heapMb), ...flags, script, ...args] as [string, ...string[]]
  const command = wall ? behind(wall, { command: node, readable, cwd }) : node
  return started(command, wall ? '/' : cwd, stdio, env)
}

interface Program extends Start {
  /** Executable and arguments, by absolute paths. */
  readonly command: readonly [string, ...string[]]
  /** Most memory that each of its processes may write, in megabytes. What asks for more is refused by the kernel. */
  readonly memoryMb: number
}

/** The process of any program, as `startCaged` starts a Node. No belt fits it. `wall` null: nothing holds it. */
export function startProgram(
  { command, readable, memoryMb, cwd = '/', stdio }: Program,
  wall: Wall | null,
): ChildProcess {
  const held = wall ? behind(wall, { command, readable, cwd }) : command
  // A limit is handed on to whatever is started; where the machine's own is lower, that one stands.
  const limited = ['/bin/sh', '-c', `ulimit -d ${memoryMb * 1024} 2>/dev/null; ulimit -c 0; exec "$@"`, 'sh', ...held]
  return started(limited as [string, ...string[]], wall ? '/' : cwd, stdio)
}

function started(
  [command, ...args]: readonly [string, ...string[]],
  cwd: string,
  stdio: StdioOptions,
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const child = spawn(command, args, { cwd, env: { TZ: 'UTC', ...env }, stdio, detached: true })
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

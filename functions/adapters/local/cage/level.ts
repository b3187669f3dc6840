/** How well a caged process is held on this machine, and how it could be held better. */
import { spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import type { Cage } from '#schemas/run.ts'
import { GATES_NETWORK } from './belt.ts'
import { behind, installedWalls, type Wall } from './wall.ts'

export const NODE = realpathSync(process.execPath)
/** Flags for a user's module, which may be TypeScript: Node 22 before 22.18 strips types only when it is told to. */
export const TYPESCRIPT = process.features.typescript ? [] : ['--experimental-strip-types']

const ANSWER_MS = 10_000

let found: { readonly wall: Wall | null } | null = null

/** The wall that can be built here; null: none. Tried once, by starting this Node behind it. */
export function wallHere(): Wall | null {
  found ??= { wall: installedWalls().find(stands) ?? null }
  return found.wall
}

function stands(wall: Wall): boolean {
  const [command, ...args] = behind(wall, { command: [NODE, '--version'], readable: [], cwd: '/tmp' })
  const { status, stdout } = spawnSync(command, args, { env: {}, timeout: ANSWER_MS })
  return status === 0 && stdout.toString().trim() === process.version
}

/** The level of a process that is caged here. */
export const cageHere = (): Cage => (wallHere() ? 'wall' : GATES_NETWORK ? 'belt' : 'belt without network gate')

/** What a person can do to get a better one; null: there is none better. */
export function betterCage(): string | null {
  if (wallHere()) return null
  if (process.platform !== 'linux')
    return 'a wall needs Linux (user namespaces): run it there, in a virtual machine or in CI'
  return installedWalls().some((wall) => wall.by === 'bwrap')
    ? 'bwrap is installed, but this kernel or container refuses user namespaces: allow them (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns; in a container a seccomp profile that allows unshare)'
    : 'install bubblewrap (bwrap), and allow user namespaces'
}

/** The command line as a process of its own, under a shell that first takes something away from it. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../bin/autotune.mjs', import.meta.url))

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** A shell line that runs the command. */
export const command = (...argv: readonly string[]): string =>
  [process.execPath, '--disable-sigusr1', BIN, ...argv].map(quoted).join(' ')

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a script of the shell. `mounting`: in namespaces where it may mount. `user`: under this id, where we may choose. */
export async function shell(
  script: string,
  { mounting = false, user }: { mounting?: boolean; user?: number } = {},
): Promise<Ended> {
  const [file, ...args] = mounting ? ['unshare', '-Urm', 'sh', '-c', script] : ['sh', '-c', script]
  const own = user === undefined ? {} : { uid: user, gid: user }
  const child = spawn(file!, args, { stdio: ['ignore', 'pipe', 'pipe'], ...own })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** May a process mount here, in namespaces of its own? */
export const MAY_MOUNT =
  spawnSync('unshare', ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=64k tmpfs /tmp']).status === 0
if (!MAY_MOUNT) console.log('skipped: this machine lets nobody mount a small disk ("unshare -Urm")')

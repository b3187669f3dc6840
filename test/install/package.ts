/** The package as somebody gets it: packed from this clone, installed from the tarball, run by Nodes of several versions. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const CLONE = fileURLToPath(new URL('../../', import.meta.url))

/** The oldest Node that the package promises to run under. */
export const FLOOR = '22.15.0'

const QUIET = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']

/** Nothing of this clone or of the npm that runs this test is in the way of what is started; whom the machine trusts, stays. */
const cleanEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => name === 'NODE_EXTRA_CA_CERTS' || !/^(npm_|NODE|VITEST|TEST$)/i.test(name),
    ),
  )

/** Starts a program and waits for it. */
export const start = (program: string, args: readonly string[], cwd: string): SpawnSyncReturns<string> =>
  spawnSync(program, args, { cwd, env: cleanEnv(), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })

/** The same, and throws unless it ends well. What it printed. */
export function succeed(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = start(program, args, cwd)
  if (status === 0) return stdout
  throw new Error(`${program} ${args.join(' ')} ended with ${status ?? error?.message}\n${stdout}\n${stderr}`)
}

/** Packs this clone into a folder. Path of the tarball. */
export function pack(folder: string): string {
  succeed('npm', ['pack', '--silent', '--pack-destination', folder], CLONE)
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'))
  if (!tarball) throw new Error('npm pack wrote no tarball')
  return join(folder, tarball)
}

/** Installs into an empty folder that becomes a project of its own. */
export function install(folder: string, ...what: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "allowScripts": { "node": true } }\n')
  succeed('npm', ['install', ...QUIET, ...what], folder)
}

/** Installs for everybody on a machine whose prefix is this folder. Path of the command. */
export function installGlobally(prefix: string, tarball: string): string {
  mkdirSync(prefix, { recursive: true })
  succeed('npm', ['install', '--global', '--prefix', prefix, ...QUIET, tarball], prefix)
  return join(prefix, 'bin/autotune')
}

/** Path of a Node of that version; null where the registry does not hand it out. */
export function fetchNode(folder: string, version: string): string | null {
  try {
    install(folder, `node@${version}`)
    const path = join(folder, 'node_modules/.bin/node')
    return succeed(path, ['--version'], folder).trim() === `v${version}` ? path : null
  } catch {
    return null
  }
}

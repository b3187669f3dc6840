/**
 * Brings the emulators into a cache folder, by pip: MiniStack (MIT) and LocalStack's core (Apache-2.0), of which only the
 * interpreter of Step Functions is run. All are pinned; nothing of them is part of this program.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Each in an environment of its own: they want different versions of the same. */
const ENVIRONMENTS = {
  ministack: ['ministack==1.5.33', 'cryptography==50.0.2'],
  localstack: [
    'localstack-core[base-runtime]==4.13.1',
    'moto-ext==5.1.54',
    'antlr4-python3-runtime==4.13.2',
    'jpype1==1.7.1',
    'jsonpath-ng==1.7.0',
    'jsonata-python==0.7.1',
    // The newest has no module that it names.
    'cbor2==5.7.1',
  ],
} as const

export interface Installed {
  /** Python of each environment. */
  readonly ministack: string
  readonly localstack: string
  /** Folder for what passes. */
  readonly root: string
}

/** Both, installed now or before; or why they cannot be, in a line. Another folder may be named in AUTOTUNE_CLOUDS_CACHE. */
export function install(): Installed | { readonly skip: string } {
  const root = process.env.AUTOTUNE_CLOUDS_CACHE || join(homedir(), '.cache', 'contextos-autotune', 'clouds')
  const missing = ['python3', 'openssl'].find((name) => spawnSync(name, ['--help']).error)
  if (missing) return { skip: `there is no ${missing}` }
  const made = Object.entries(ENVIRONMENTS).map(([name, packages]) => environment(root, name, packages))
  const failed = made.find((one) => typeof one !== 'string')
  if (failed) return failed as { skip: string }
  const [ministack, localstack] = made as [string, string]
  return { ministack, localstack, root }
}

/** An environment of Python does not bear another name, so a mark says that it is whole. */
function environment(root: string, name: string, packages: readonly string[]): string | { readonly skip: string } {
  const folder = join(root, `${name}-${packages[0]!.split('==')[1]}`)
  const [python, whole] = [join(folder, 'bin', 'python'), join(folder, 'whole.txt')]
  if (existsSync(whole)) return python
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(root, { recursive: true })
  const failed = ran('python3', ['-m', 'venv', folder]) ?? ran(python, ['-m', 'pip', 'install', '--quiet', ...packages])
  if (failed) return { skip: `pip could not bring ${packages[0]}: ${failed}` }
  writeFileSync(whole, packages.join('\n'))
  return python
}

/** Runs a program to its end; null, or the last line of what it complained of. */
function ran(command: string, args: readonly string[]): string | null {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 900_000 })
  if (status === 0) return null
  return error?.message ?? stderr.trim().split('\n').at(-1) ?? `status ${status}`
}

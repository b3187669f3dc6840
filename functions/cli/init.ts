/** `autotune init`: starter documents that an editor completes by their JSON Schemas. Overwrites nothing. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.ts'
import { print } from './io.ts'

const FILES = ['pack.json', 'suite.json', 'prices.json', 'target.json'] as const
const EXAMPLE = new URL('../../examples/refund/', import.meta.url)

export async function init({ dir, json }: { dir: string; json: boolean }): Promise<number> {
  mkdirSync(dir, { recursive: true })
  const standing = FILES.filter((f) => existsSync(join(dir, f)))
  if (standing.length > 0)
    throw new UserError(`${standing.join(', ')} already in ${dir}: nothing was written. Choose another --dir`)
  const files = FILES.map((file) => {
    const path = join(dir, file)
    writeFileSync(path, readFileSync(new URL(file, EXAMPLE)), { flag: 'wx' })
    return path
  })
  print(json, { files }, () => [
    ...files.map((f) => `wrote ${f}`),
    'next: edit them, then',
    `   autotune import --pack ${files[0]} --suite ${files[1]} --prices ${files[2]}`,
    '   autotune import RUNS.jsonl --map MAP',
    `   autotune doctor --target ${files[3]}`,
    `   autotune run --target ${files[3]}`,
  ])
  return 0
}

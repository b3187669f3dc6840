/** What the search process and a map's process may read: no way leads out of there, and the one open file leads nowhere. */
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { readableCode, refuseLinks } from '#adapters/local/cage/readable-code.ts'
import { passingDescriptor } from '#adapters/local/files/passing-file.ts'
import { replyOf } from '#adapters/local/import/map-reply.ts'
import { readableByMap } from '#adapters/local/import/map-worker.ts'
import { scriptFile } from '../support/program-files.ts'
import { aRoom, attempt, LEVELS } from './support.ts'

const SECRET = 'a sealed case that nobody may read'
const room = aRoom()
const { root } = room
const vault = join(root, 'vault')
mkdirSync(vault)
const secret = room.file('vault/test.jsonl', SECRET)
afterAll(() => room[Symbol.dispose]())

/** As processes of the program find it. */
const source = (path: string) => scriptFile(`../../functions/${path}`, import.meta.url)

describe.each(LEVELS)('under a %s', (_, level) => {
  test('the search puts things aside in the one file that it was handed open, and finds no way from there', async () => {
    const aside = passingDescriptor(vault)
    const { out } = await room.attack(
      `
      const { Records } = await import(${JSON.stringify(source('core/bytes/records.ts'))})
      const { fileDisk } = await import(${JSON.stringify(source('adapters/local/files/file-disk.ts'))})
      const records = new Records(fileDisk(3))
      const positions = Array.from({ length: 1000 }, (_, i) => records.append(Buffer.alloc(9000, String(i))))
      console.log(records.read(positions[3]).toString().slice(0, 4))
      const fs = await import('node:fs')
      ${attempt(`return fs.readlinkSync('/proc/self/fd/3')`)}
      ${attempt(`return fs.readFileSync('/proc/self/fd/3/../test.jsonl', 'utf8')`)}`,
      level,
      { readable: readableCode(vault), stdio: ['ignore', 'pipe', 'pipe', aside.file] },
    )
    aside.close()
    expect(out).toMatch(/^3333\nSTOPPED (ERR_ACCESS_DENIED|ENOENT)\nSTOPPED (ERR_ACCESS_DENIED|ENOENT)\n$/)
    expect(readdirSync(vault)).toEqual(['test.jsonl'])
  })

  test.each([
    ['a document of the store', `return (await import('node:fs')).readFileSync(${JSON.stringify(secret)}, 'utf8')`],
    [
      'the core of the program',
      `return (await import('node:fs')).readFileSync(${JSON.stringify(source('core/gate/ledger.ts'))}, 'utf8')`,
    ],
    ['code made of text', `return Function('return 1')()`],
  ])('a map that broke out of its engine does not get at %s', async (_, statement) => {
    const { out } = await room.attack(attempt(statement), level, {
      readable: readableByMap(),
      flags: ['--disallow-code-generation-from-strings'],
    })
    expect(out).toMatch(/^STOPPED (ERR_ACCESS_DENIED|ENOENT|Code generation from strings disallowed)/)
  })
})

test('a map is started on all that its functions import, where the sources run as they are', async () => {
  const home = new URL('../../', import.meta.url)
  const at = (path: string) => fileURLToPath(new URL(path, home))
  const entryPoints = [at('functions/adapters/local/import/map-child.ts')]
  const { metafile } = await build({
    entryPoints,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    write: false,
    metafile: true,
  })
  // In tests a map begins as one bundled file: only a clone would tell of a file that is missing.
  const sources = readFileSync(at('functions/adapters/local/import/map-worker.ts'), 'utf8')
  const missing = Object.keys(metafile.inputs)
    .filter((path) => !path.startsWith('functions/adapters/local/import/'))
    .filter((path) => !sources.includes(`/${path.replace(/^functions\//, '')}'`))
  expect(missing).toEqual([])
})

describe('ways out of readable folders', () => {
  test('a planted symbolic link in a readable folder refuses the start', () => {
    const folder = mkdtempSync(join(root, 'readable-'))
    symlinkSync(secret, join(folder, 'innocent.ts'))

    expect(() => refuseLinks([folder], vault)).toThrow(/innocent\.ts is a symbolic link/)
  })

  test('a planted hard link in a readable folder refuses the start', () => {
    const folder = mkdtempSync(join(root, 'readable-'))
    linkSync(secret, join(folder, 'innocent.ts'))

    expect(() => refuseLinks([folder], vault)).toThrow(/innocent\.ts is the same file as .*test\.jsonl in the vault/)
  })
})

describe('what a map’s process says', () => {
  test.each([
    ['null', 'null', null],
    ['another shape', '{"kind":"mapped"', null],
    ['an answer with more in it', '{"kind":"skipped","next":"mapped"}', null],
    ['an answer of another kind', '{"kind":"stored","value":{}}', null],
    ['nesting without end', `{"kind":"mapped","value":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, null],
    ['an answer', '{"kind":"skipped"}', { kind: 'skipped' }],
  ])('%s is believed only in its shape', (_, line, reply) => {
    expect(replyOf(Buffer.from(line))).toEqual(reply)
  })
})

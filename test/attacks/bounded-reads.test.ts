/** Files that are none: whatever is named, little is read of it, nothing waits for it, and one line says what it is. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openInput, readInputBytes } from '#adapters/local/files/open-input.ts'
import { loadMap } from '#adapters/local/import/map-source.ts'
import { readJsonl } from '#adapters/local/import/read-jsonl.ts'
import { readInput } from '../../functions/embedded/read-input.ts'
import { type Workplace, workplace } from '../cli/command-line.ts'
import { aPack } from '../support/builders.ts'
import { command, shell } from './shell.ts'

let place: Workplace
let pipe: string
beforeAll(async () => {
  place = workplace()
  pipe = join(place.dir, 'pipe')
  await shell(`mkfifo '${pipe}'`)
})
afterAll(() => place.dispose())

const READERS: readonly (readonly [string, (file: string) => unknown])[] = [
  ['a document', readInput],
  ['a map', loadMap],
  ['records', async (file) => void (await Array.fromAsync(readJsonl(file)))],
]

describe.each(READERS)('%s', (_, read) => {
  test.each([
    ['an endless device', () => '/dev/zero', /pipe or device/],
    ['a device that gives nothing', () => '/dev/null', /pipe or device/],
    ['a pipe that nobody writes', () => pipe, /pipe or device/],
    ['a folder', () => place.dir, /folder|directory/],
    ['a name with a NUL', () => 'a\0b', /null bytes|NULL|no such map/i],
    ['what is not there', () => join(place.dir, 'nothing'), /no such|ENOENT/],
  ])('%s is refused at once', async (_name, file, told) => {
    const before = process.memoryUsage().rss
    await expect(async () => await read(file())).rejects.toThrow(told)
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
  })
})

describe('records', () => {
  const refused = (name: string, bytes: Uint8Array | string) =>
    expect(Array.fromAsync(readJsonl(place.file(name, bytes)))).rejects
  test('of nothing but newlines are given up after ten thousand', async () => {
    await refused('empty.jsonl', '\n'.repeat(200_000)).toThrow(
      /empty\.jsonl:10001: more than 10000 empty lines in a row/,
    )
  })
  test('whose newlines come out of a small gzip too', async () => {
    await refused('bomb.jsonl.gz', gzipSync('\n'.repeat(50e6))).toThrow(/more than 10000 empty lines/)
  })
  test('with empty lines between them are read', async () => {
    const file = place.file('spaced.jsonl', `${'\n'.repeat(9000)}{}\n${' \n'.repeat(9000)}{}\n`)
    expect((await Array.fromAsync(readJsonl(file))).map(({ line }) => line)).toEqual([9001, 18002])
  })
  test('that nest without end are refused by their line', async () => {
    const file = place.file('deep.jsonl', `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}\n`)
    const { code, err } = await shell(command('import', file, '--store', join(place.dir, 'deep')))
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/deep\.jsonl:1: it nests deeper than 100/) })
  })
})

describe('a document', () => {
  test('of more than 16 MiB is given up there', () => {
    expect(() => readInput(place.file('big.json', new Uint8Array(17 * 1024 * 1024)))).toThrow(/at most 16 MiB/)
  })
  test('that is no UTF-8 is refused', () => {
    expect(() => readInput(place.file('latin.json', new Uint8Array([0x22, 0xe9, 0x22])))).toThrow(/not valid UTF-8/)
  })
  test('may come on stdin, and records too', async () => {
    writeFileSync(join(place.dir, 'pack.json'), JSON.stringify(aPack()))
    const into = command('import', '--pack', '-', '--store', join(place.dir, 'piped'), '--json')
    const { code, out } = await shell(`cat '${join(place.dir, 'pack.json')}' | ${into}`)
    expect({ code, documents: JSON.parse(out).documents }).toEqual({ code: 0, documents: 1 })
  })
  test('on an endless stdin is bounded', async () => {
    const { code, err } = await shell(`${command('import', '--pack', '-', '--store', place.store)} < /dev/zero`)
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/- has more than 16777216 bytes/) })
  })
})

test('what is opened is never more than was asked for', () => {
  const file = place.file('ten', '0123456789')
  expect(readInputBytes(file, 10).toString()).toBe('0123456789')
  expect(() => readInputBytes(file, 9)).toThrow(/more than 9 bytes/)
  expect(openInput('-')).toBe(0)
})

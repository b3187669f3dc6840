/** What was put aside comes back, wherever it lies and whatever was added since, and leaves nothing behind. */
import { ftruncateSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { fileDisk } from '#adapters/local/files/file-disk.ts'
import { fileScratch } from '#adapters/local/files/file-scratch.ts'
import { passingDescriptor } from '#adapters/local/files/passing-file.ts'
import { Records } from '#core/bytes/records.ts'
import { byCodeUnit } from '#core/canonical.ts'
import type { Scratch } from '#ports'
import { memoryScratch } from '../../support/memory-scratch.ts'

const folder = mkdtempSync(join(tmpdir(), 'autotune-scratch-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** As a restricted process puts things aside: on a file that it was handed open, the beginning in memory. */
function handedOpen(): Scratch {
  const { file, close } = passingDescriptor(folder)
  return { ...memoryScratch(), records: new Records(fileDisk(file), 200_000), close }
}

describe.each<[string, () => Scratch]>([
  ['in memory', memoryScratch],
  ['on disk', () => fileScratch(folder)],
  ['on disk, the beginning in memory', handedOpen],
])('put aside %s', (_, make) => {
  /** Sizes of records, among them some that fill several blocks, and which earlier one is read next. */
  const added = fc.array(
    fc.record({
      size: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 0, max: 9000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 200_000 }) },
      ),
      look: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    }),
    { maxLength: 120 },
  )
  const filled = (size: number, i: number): Buffer => Buffer.alloc(size, `${i} `)

  test('records come back in any order while others are added, and in their own order', () => {
    fc.assert(
      fc.property(added, (list) => {
        const { records, close } = make()
        const positions: number[] = []
        const isWhole = (i: number) =>
          expect(Buffer.compare(records.read(positions[i]!), filled(list[i]!.size, i))).toBe(0)
        for (const [i, { size, look }] of list.entries()) {
          positions.push(records.append(filled(size, i)))
          isWhole(Math.floor(look * (i + 1)))
        }
        for (const i of list.keys()) isWhole(i)
        expect(records.count).toBe(list.length)
        expect([...records.texts()].every((text, i) => text === String(filled(list[i]!.size, i)))).toBe(true)
        close()
      }),
      { numRuns: 25 },
    )
  })

  test('lines come back in order, again after more were added, and more than are at hand at once', () => {
    const { records, close } = make()
    const lines = Array.from({ length: 300 }, (_, i) => `${i} ${'ä€'.repeat(i * 60)}`)
    for (const line of lines) records.append(line)
    expect([...records.texts()]).toEqual(lines)
    records.append('last')
    expect([...records.texts()]).toEqual([...lines, 'last'])
    close()
  })

  test('texts are found under their key, the last one set, and nothing under any other', () => {
    const { get, set, close } = make()
    set('a', 'one')
    set('a', 'two')
    set('', 'none')
    expect(['a', '', 'b', 'a ', 'A'].map((key) => get(key))).toEqual(['two', 'none', null, null, null])
    close()
  })

  test('texts come back in code-unit order of their keys, whatever the keys are', () => {
    // UTF-8 and code points order U+E000 to U+FFFF before what lies beyond them; code units do not.
    const unit = fc.constantFrom('a', 'b', '\u0000', 'é', '\u{1f600}', '\ue000', '\uffff', '\ud800', '\udfff')
    const keys = fc.array(fc.string({ unit, maxLength: 4 }), { maxLength: 12 })
    fc.assert(
      fc.property(keys, fc.string({ unit, maxLength: 2 }), (list, prefix) => {
        const { set, entries, close } = make()
        for (const [i, key] of list.entries()) set(key, `${i} ä\u{1f600}`)
        const last = new Map(list.map((key, i) => [key, `${i} ä\u{1f600}`]))
        const wanted = [...last].sort(([a], [b]) => byCodeUnit(a, b))
        expect([...entries()]).toEqual(wanted)
        expect([...entries(prefix)]).toEqual(wanted.filter(([key]) => key.startsWith(prefix)))
        close()
      }),
      { numRuns: 60 },
    )
  })

  test('texts are read to any point, and again, and more are set between two readings', () => {
    const { set, entries, close } = make()
    for (let i = 0; i < 300; i++) set(`k${String(i).padStart(3, '0')}`, `${i}`)
    for (const [key] of entries('k01')) if (key === 'k011') break
    set('k0105', 'between')
    expect([...entries('k010')]).toEqual([
      ['k010', '10'],
      ['k0105', 'between'],
    ])
    expect([...entries()]).toHaveLength(301)
    close()
  })

  test('nothing is left behind, and no name leads to it meanwhile', () => {
    const { records, set, close } = make()
    for (let i = 0; i < 1000; i++) {
      records.append(`a held-out case ${i}`.padEnd(100))
      set(`a held-out family ${i}`, 'x'.repeat(100))
    }
    if (process.platform !== 'win32') expect(readdirSync(folder)).toEqual([])
    close()
    expect(readdirSync(folder)).toEqual([])
  })
})

test('texts on disk are more than their share of memory', () => {
  const { get, set, close } = fileScratch(folder)
  const text = 'x'.repeat(40_000)
  for (let i = 0; i < 1000; i++) set(`${(i * 7919) % 1000}`, `${i}${text}`)
  for (let i = 0; i < 1000; i += 37) expect(get(`${(i * 7919) % 1000}`)).toBe(`${i}${text}`)
  close()
})

test('fails when the file was cut short', () => {
  const { file, close } = passingDescriptor(folder)
  const records = new Records(fileDisk(file))
  // More than what stays at hand of a disk.
  for (let i = 0; i < 100; i++) records.append(Buffer.alloc(60_000))
  ftruncateSync(file, 100)
  expect(() => records.read(0)).toThrow(/was cut short/)
  close()
})

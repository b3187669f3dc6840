import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { sqliteScratchTable } from '#adapters/local/sqlite/sqlite-scratch-table.ts'
import { memoryScratchTable } from '#adapters/memory/memory-scratch-table.ts'
import { byCodeUnit } from '#core/canonical.ts'

const folder = mkdtempSync(join(tmpdir(), 'autotune-scratch-table-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each([
  ['on disk', () => sqliteScratchTable(folder)],
  ['in memory', memoryScratchTable],
])('texts by key put aside %s', (_, make) => {
  test('are found under their key, the last one set, and nothing under any other', () => {
    const table = make()
    table.set('a', 'one')
    table.set('a', 'two')
    table.set('', 'none')
    expect(['a', '', 'b', 'a ', 'A'].map((key) => table.get(key))).toEqual(['two', 'none', null, null, null])
    table.close()
  })

  test('come back in code-unit order of their keys, whatever the keys are', () => {
    // UTF-8 and code points order U+E000 to U+FFFF before what lies beyond them; code units do not.
    const unit = fc.constantFrom('a', 'b', '\u0000', 'é', '\u{1f600}', '\ue000', '\uffff', '\ud800', '\udfff')
    const keys = fc.array(fc.string({ unit, maxLength: 4 }), { maxLength: 12 })
    fc.assert(
      fc.property(keys, fc.string({ unit, maxLength: 2 }), (list, prefix) => {
        const table = make()
        for (const [i, key] of list.entries()) table.set(key, `${i} ä\u{1f600}`)
        const last = new Map(list.map((key, i) => [key, `${i} ä\u{1f600}`]))
        const wanted = [...last].sort(([a], [b]) => byCodeUnit(a, b))
        expect([...table.entries()]).toEqual(wanted)
        expect([...table.entries(prefix)]).toEqual(wanted.filter(([key]) => key.startsWith(prefix)))
        table.close()
      }),
      { numRuns: 60 },
    )
  })

  test('are read to any point, and again, and more are set between two readings', () => {
    const table = make()
    for (let i = 0; i < 300; i++) table.set(`k${String(i).padStart(3, '0')}`, `${i}`)
    for (const [key] of table.entries('k01')) if (key === 'k011') break
    table.set('k0105', 'between')
    expect([...table.entries('k010')]).toEqual([
      ['k010', '10'],
      ['k0105', 'between'],
    ])
    expect([...table.entries()]).toHaveLength(301)
    table.close()
  })

  test('leave nothing behind', () => {
    const table = make()
    for (let i = 0; i < 1000; i++) table.set(`a held-out family ${i}`, 'x'.repeat(100))
    if (process.platform !== 'win32') expect(readdirSync(folder)).toEqual([])
    table.close()
    expect(readdirSync(folder)).toEqual([])
  })
})

test('a table on disk holds more than its share of memory', () => {
  const table = sqliteScratchTable(folder)
  const text = 'x'.repeat(40_000)
  for (let i = 0; i < 1000; i++) table.set(`${(i * 7919) % 1000}`, `${i}${text}`)
  for (let i = 0; i < 1000; i += 37) expect(table.get(`${(i * 7919) % 1000}`)).toBe(`${i}${text}`)
  table.close()
})

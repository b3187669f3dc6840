import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fileScratch } from '#adapters/local/files/file-scratch.ts'
import { memoryScratch } from '#adapters/memory/memory-scratch.ts'

const folder = mkdtempSync(join(tmpdir(), 'autotune-scratch-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each([
  ['on disk', () => fileScratch(folder)],
  ['in memory', memoryScratch],
])('scratch lines %s', (_, make) => {
  test('come back in order, also the long ones, also again after more were added', () => {
    const scratch = make()
    const lines = Array.from({ length: 300 }, (_, i) => `${i} ${'ä€'.repeat(i * 7)}`)
    for (const line of lines) scratch.add(line)
    expect([...scratch.lines()]).toEqual(lines)
    scratch.add('last')
    expect([...scratch.lines()]).toEqual([...lines, 'last'])
    scratch.close()
  })

  test('leave nothing behind', () => {
    const scratch = make()
    scratch.add('a held-out case')
    expect([...scratch.lines()]).toEqual(['a held-out case'])
    if (process.platform !== 'win32') expect(readdirSync(folder)).toEqual([])
    scratch.close()
    expect(readdirSync(folder)).toEqual([])
  })
})

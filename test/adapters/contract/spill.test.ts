/** What was put aside comes back, wherever it lies and whatever was added since. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { passingFile } from '#adapters/local/files/passing-file.ts'
import { FileSpill } from '#adapters/local/isolation/file-spill.ts'
import { MemorySpill, type Spill } from '#core/search/spill.ts'

const folder = mkdtempSync(join(tmpdir(), 'autotune-spill-'))
const files: number[] = []
afterAll(() => {
  for (const file of files) closeSync(file)
  rmSync(folder, { recursive: true, force: true })
})
const aFile = (): number => {
  const { opened } = passingFile(folder, (path) => openSync(path, 'r+'))
  files.push(opened)
  return opened
}

/** Texts of any size, among them some that fill several blocks. */
const texts = fc.array(
  fc.record({
    size: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 9000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 200_000 }) },
    ),
    /** Earlier text that is read next, as a share of those there are. */
    look: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  }),
  { maxLength: 120 },
)
const filled = (size: number, i: number): Buffer => Buffer.alloc(size, `${i} `)

describe.each<[string, () => Spill]>([
  ['in memory', () => new MemorySpill()],
  ['on a file', () => new FileSpill(aFile(), 0)],
  ['on a file, its beginning in memory', () => new FileSpill(aFile(), 100_000)],
])('a spill %s', (_, make) => {
  test('gives every text back, in any order, while others are added', () => {
    fc.assert(
      fc.property(texts, (added) => {
        const spill = make()
        const positions: number[] = []
        const isWhole = (i: number) => {
          const { size } = added[i]!
          const read = spill.read(positions[i]!, size)
          expect(Buffer.compare(read, filled(size, i))).toBe(0)
        }
        for (const [i, { size, look }] of added.entries()) {
          positions.push(spill.append(filled(size, i)))
          isWhole(Math.floor(look * (i + 1)))
        }
        for (const i of added.keys()) isWhole(i)
      }),
      { numRuns: 25 },
    )
  })
})

test('a spill whose file was cut short says so', () => {
  const file = aFile()
  const spill = new FileSpill(file, 0)
  const first = spill.append(filled(60_000, 1))
  spill.append(filled(60_000, 2))
  ftruncateSync(file, 100)
  expect(() => spill.read(first, 60_000)).toThrow(/was cut short/)
})

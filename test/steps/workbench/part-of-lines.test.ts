/** A line of many, or those that hold a text, found without reading the rest. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linesHolding, sortedLine } from '../../../functions/steps/workbench/part-of-lines.ts'
import { memoryStore } from '../../support/memory/memory-store.ts'

const nameOf = (line: string): string | null => (JSON.parse(line) as { name: string }).name
const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 60 })
const byCodeUnit = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

async function written(all: readonly string[], pad = 0) {
  const objects = memoryStore()
  const text = all.map((name) => `${JSON.stringify({ name, pad: 'x'.repeat(pad) })}\n`).join('')
  await objects.put('lines', text)
  return { objects, text }
}

describe('a line among sorted ones', () => {
  test('is found for each name that is there, and for no other', async () => {
    await fc.assert(
      fc.asyncProperty(names, fc.string({ minLength: 1, maxLength: 12 }), fc.nat(40), async (all, other, pad) => {
        const sorted = all.toSorted(byCodeUnit)
        const { objects } = await written(sorted, pad)
        for (const name of sorted)
          expect(nameOf((await sortedLine(objects, 'lines', name, nameOf)) ?? '{"name":null}')).toBe(name)
        const found = await sortedLine(objects, 'lines', other, nameOf)
        expect(found === null).toBe(!all.includes(other))
      }),
      { numRuns: 60 },
    )
  })

  test('longer than what is read at once is found too', async () => {
    const { objects } = await written(['a', 'b', 'c'], 600_000)
    for (const name of ['a', 'b', 'c'])
      expect((await sortedLine(objects, 'lines', name, nameOf))!.length).toBeGreaterThan(600_000)
    expect(await sortedLine(objects, 'lines', 'bb', nameOf)).toBeNull()
  })

  test('of ten thousand costs a few dozen small reads, of a hundred not many fewer', async () => {
    const reads = async (n: number) => {
      const all = Array.from({ length: n }, (_, i) => `case-${String(i).padStart(6, '0')}`)
      const { objects } = await written(all, 100)
      let count = 0
      const counting = {
        ...objects,
        readRange: (key: string, start: number, length: number) => {
          count++
          return objects.readRange(key, start, length)
        },
      }
      expect(await sortedLine(counting, 'lines', all[Math.floor(n / 3)]!, nameOf)).not.toBeNull()
      return count
    }
    const [few, many] = [await reads(100), await reads(10_000)]
    expect(many).toBeLessThan(100)
    expect(many - few).toBeLessThan(40)
  })

  test('is not there in an object that is not there, or is empty', async () => {
    expect(await sortedLine(memoryStore(), 'lines', 'a', nameOf)).toBeNull()
    expect(await sortedLine((await written([])).objects, 'lines', 'a', nameOf)).toBeNull()
  })
})

describe('lines that hold a text', () => {
  test('are all found, once and in order, however few are taken at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.constantFrom('a', 'e', '"'),
        fc.integer({ min: 1, max: 5 }),
        async (all, text, most) => {
          const { objects, text: whole } = await written(all)
          const expected = whole.split('\n').filter((line) => line.includes(text))
          const found: string[] = []
          for (let from: number | null = 0; from !== null; ) {
            const part = await linesHolding(objects, 'lines', text, { from, most, mostBytes: 1_000_000 })
            expect(part.lines.length).toBeLessThanOrEqual(most)
            found.push(...part.lines)
            from = part.next
          }
          expect(found).toEqual(expected)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('are looked for in so many bytes, and the rest is said to be left', async () => {
    const { objects } = await written(['a', 'b', 'z'], 300_000)
    const part = { most: 1, mostBytes: 300_000 }
    const first = await linesHolding(objects, 'lines', '"z"', { ...part, from: 0 })
    expect(first.lines).toEqual([])
    expect(first.next).toBeGreaterThan(0)
    const then = await linesHolding(objects, 'lines', '"z"', { ...part, mostBytes: 1e9, from: first.next! })
    expect(then).toMatchObject({ lines: [expect.stringContaining('"z"')], next: null })
  })
})

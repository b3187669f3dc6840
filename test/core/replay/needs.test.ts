/** Which values recorded actions used, and where each could have been read. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findNeeds } from '#core/replay/needs.ts'

const [EVIDENCE, TOOL, MEMORY] = [0, 1, 2]
const needsOf = (args: unknown, places: { kind: number; text: string; tokens?: number | null; at?: number }[]) =>
  findNeeds(
    [{ arguments: args, readableBefore: 100 }],
    [EVIDENCE, TOOL, MEMORY].map((kind) => ({
      kind,
      items: places
        .filter((p) => p.kind === kind)
        .map(({ text, tokens, at }, i) => ({ at: at ?? i, text, tokens: tokens ?? null })),
    })),
  )

describe('findNeeds', () => {
  test('names every leaf value by its path, numbers and texts of three characters or more', () => {
    const { needs } = needsOf(
      { order: { id: 'ORD-7', lines: [{ sku: 'AB1' }] }, amount: 400, ok: true, to: 'me', note: null },
      [{ kind: TOOL, text: 'ord-7 ab1 400 me true null' }],
    )
    expect(needs.name).toEqual(['order.id', 'order.lines.0.sku', 'amount'])
  })

  test('finds a value whatever its case, and counts one that stands nowhere', () => {
    const found = needsOf({ a: 'ORD-7', b: 'PAY-9' }, [{ kind: MEMORY, text: 'Order ord-7, please' }])
    expect(found.needs.name).toEqual(['a'])
    expect(found.never_grounded).toBe(1)
  })

  test('needs the same value once, however often it is passed', () => {
    expect(needsOf({ a: 'ORD-7', b: 'ord-7' }, [{ kind: TOOL, text: 'ORD-7' }]).needs.name).toEqual(['a'])
  })

  test('lists every place that held the value, and none that came later', () => {
    const { needs } = needsOf({ a: 'ORD-7' }, [
      { kind: EVIDENCE, text: 'ORD-7', at: -1 },
      { kind: TOOL, text: 'nothing' },
      { kind: TOOL, text: 'ORD-7 again' },
      { kind: TOOL, text: 'ORD-7 too late', at: 100 },
      { kind: MEMORY, text: 'ORD-7?' },
    ])
    expect(needs.first).toEqual([0, 3])
    expect(needs.kind).toEqual([EVIDENCE, TOOL, MEMORY])
    expect(needs.item).toEqual([0, 1, 0])
  })

  test('says how much of an item must survive: from the head of tool output, from the tail of dialogue', () => {
    const text = `${'x'.repeat(10)}ORD-7${'y'.repeat(25)}`
    const depth = (kind: number) => needsOf({ a: 'ORD-7' }, [{ kind, text }]).needs.depth
    expect(depth(TOOL)).toEqual([4])
    expect(depth(MEMORY)).toEqual([8])
    expect(depth(EVIDENCE)).toEqual([0])
  })

  test('reads the first place in tool output and the last in dialogue: those survive longest', () => {
    const text = `ORD-7${'x'.repeat(30)}ORD-7`
    expect(needsOf({ a: 'ORD-7' }, [{ kind: TOOL, text }]).needs.depth).toEqual([2])
    expect(needsOf({ a: 'ORD-7' }, [{ kind: MEMORY, text }]).needs.depth).toEqual([2])
  })

  test('spreads recorded tokens evenly over the characters', () => {
    const text = `${'x'.repeat(45)}ORD-7${'y'.repeat(50)}`
    expect(needsOf({ a: 'ORD-7' }, [{ kind: TOOL, text, tokens: 10 }]).needs.depth).toEqual([5])
  })

  test('never asks for more tokens of an item than it has, so a whole item holds all its values', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 400 }),
        fc.integer({ min: 0, max: 300 }),
        fc.constantFrom(TOOL, MEMORY),
        (length, tokens, kind) => {
          const text = kind === TOOL ? 'END'.padStart(length, '.') : 'END'.padEnd(length, '.')
          expect(needsOf({ a: 'END' }, [{ kind, text, tokens }]).needs.depth[0]).toBeLessThanOrEqual(tokens)
        },
      ),
    )
  })
})

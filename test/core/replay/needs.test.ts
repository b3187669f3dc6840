/** Which values recorded actions used, and where each could have been read. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileCase } from '#core/replay/compile.ts'
import { findNeeds } from '#core/replay/needs.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { aRun, modelCall, said, toolCall, toolResult } from '../../support/builders.ts'

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

/** How the value of an argument stands in one text: 1 as JSON, 2 as text, 3 in another spelling, 4 as a part; null: nowhere. */
const matchOf = (value: unknown, text: string): number | null =>
  needsOf({ a: value }, [{ kind: TOOL, text }]).needs.match?.[0] ?? null

describe('a match', () => {
  test.each<[unknown, string, number | null]>([
    // Ids stand for themselves, whatever follows them but more of the same id.
    ['ORD-7', 'order ord-7, please', 2],
    ['ORD-7', '{"order": "ORD-7"}', 2],
    ['ORD-7', 'order_id:ORD-7;', 2],
    ['#W123', 'about #W123.', 2],
    ['ORD-7', 'ORD-71', null],
    ['ORD-7', 'ORD-7.', 2],
    ['ORD-7', 'ORD-7-A', 4],
    ['ORD-7', 'xORD-7y', 4],
    ['7731', 'customer CU7731', 4],
    ['7731', 'customer 17731', null],
    ['ana', 'ana@example.com', 4],
    ['ana', 'banana', null],
    ['refund', 'two refunds', 4],
    ['/orders', 'GET /orders/ORD-7', 2],
    // Numbers: a value of JSON, then text, then other spellings, then a part of an id.
    [1200.5, '{"amount": 1200.50}', 1],
    [1200.5, '[3, 1200.5, 4]', 1],
    [1200.5, '{"amount": "1200.5"}', 1],
    [1200.5, 'amount 1200.5', 2],
    [1200.5, 'amount 1,200.50 EUR', 3],
    [1200.5, 'amount 1.200,50', 3],
    [1200, 'amount 1200.00', 3],
    [1200, 'amount 1200.50', null],
    [1200, 'amount 11200', null],
    [-40.25, 'booked -40.25', 2],
    [40.25, 'booked -40.25', 4],
    [48213, 'customer C-48213', 4],
    ['1200.50', 'amount 1,200.5', 3],
    // Under three digits: never by text.
    [40, '{"quantity": 40}', 1],
    [40, '{"quantity": "40"}', 1],
    [40, 'I want 40 of them', null],
    [40, 'price: 40, in all', null],
    ['40', 'I want 40 of them', null],
    [12.5, 'half of 25 is 12.5', 2],
    // Days.
    ['2026-11-28', 'on 2026-11-28', 2],
    ['2026-11-28', 'on 28.11.2026', 3],
    ['2026-11-28', 'on Nov 28, 2026', 3],
    ['2026-11-28', '{"at": "2026-11-28T10:00:00Z"}', 3],
    ['28.11.2026', 'on 2026-11-28', 3],
    ['2026-11-28T00:00:00Z', 'on 2026-11-28', 3],
    ['2026-11-28T10:30:00Z', 'on 2026-11-28', 4],
    ['2026-11-28', 'on November 28th', 4],
    ['2026-11-28', 'on 2026-11-27', null],
    // Through JSON that was written into a text, once or twice.
    ['say "hi" to Zoë', JSON.stringify({ text: 'say "hi" to Zoë' }), 2],
    ['line one\nline two', JSON.stringify({ text: 'line one\nline two' }), 2],
    ['Zoë Ärm', '{"name": "Zo\\u00eb \\u00c4rm"}', 2],
    ['a "b" c', JSON.stringify({ body: JSON.stringify({ text: 'a "b" c' }) }), 2],
    [1200.5, JSON.stringify({ body: JSON.stringify({ amount: 1200.5 }) }), 1],
    [7, JSON.stringify({ body: JSON.stringify({ lines: 7 }) }), 1],
  ])('of %o in %o is %o', (value, text, match) => {
    expect(matchOf(value, text)).toBe(match)
  })

  test('of the strongest kind alone lets a value be read: a looser one explains it, and rescues nothing', () => {
    const { needs } = needsOf({ amount: 1200.5 }, [
      { kind: TOOL, text: '{"total": 1200.5}' },
      { kind: TOOL, text: 'total 1,200.50' },
      { kind: MEMORY, text: 'I paid 1200.50!' },
    ])
    expect([needs.match, needs.kind, needs.item]).toEqual([[1], [TOOL], [0]])
    const loose = needsOf({ amount: 1200.5 }, [{ kind: MEMORY, text: 'I paid 1,200.50!' }])
    expect([loose.needs.match, loose.needs.kind, loose.never_grounded]).toEqual([[3], [MEMORY], 0])
  })

  test('of an id is as good in dialogue as in JSON', () => {
    const { needs } = needsOf({ order: 'ORD-7' }, [
      { kind: TOOL, text: '{"order": "ORD-7"}' },
      { kind: MEMORY, text: 'cancel ord-7' },
    ])
    expect([needs.match, needs.kind]).toEqual([[2], [TOOL, MEMORY]])
  })

  test('says where in the whole text it ends, also behind escapes', () => {
    const text = JSON.stringify({ note: '"'.repeat(40), order: 'a "b" c' })
    const { needs } = needsOf({ a: 'a "b" c' }, [{ kind: TOOL, text, tokens: text.length }])
    expect(needs.depth).toEqual([text.length - 2])
  })
})

const id = fc
  .tuple(fc.constantFrom('ORD-', 'R', 'cu_', '#W'), fc.integer({ min: 100, max: 99_999 }))
  .map((p) => p.join(''))

test('an id is never found in an id that goes on with more digits, and always between other characters', () => {
  fc.assert(
    fc.property(id, fc.nat(9), fc.constantFrom(' ', '"', ',', '(', ';', '\n', '/', ''), (value, digit, around) => {
      expect(matchOf(value, `see ${value}${digit} and ${digit}`)).toBeNull()
      expect(matchOf(value, `see ${around}${value}${around} now`)).toBe(2)
    }),
  )
})

describe('arguments as JSON text', () => {
  const values = fc.dictionary(
    fc.stringMatching(/^[a-z]{1,5}$/),
    fc.oneof(id, fc.integer(), fc.constant('no longer needed')),
  )

  test('have the needs of the object that they say, wherever the text stands', () => {
    fc.assert(
      fc.property(values, fc.array(id, { maxLength: 4 }), (args, ids) => {
        const places = [{ kind: TOOL, text: `${ids.join(' ')} ${Object.values(args).slice(1).join(' ')}` }]
        const found = needsOf(args, places)
        expect(needsOf(JSON.stringify(args), places)).toEqual(found)
        const inside = needsOf({ input: JSON.stringify(args) }, places)
        expect(inside.values).toEqual(found.values)
        expect(inside.never_grounded).toBe(found.never_grounded)
      }),
    )
  })

  test.each([
    ["{'order': 'R-00012345', 'why': 'late'}"],
    ['order=R-00012345&why=late'],
    ['<refund><order>R-00012345</order></refund>'],
    ['{"order": "R-00012345", "why'],
    ['refund order R-00012345 as agreed'],
  ])('or as any other text are traced by the ids in it: %s', (text) => {
    const found = needsOf(text, [{ kind: TOOL, text: `${'x '.repeat(50)}order R-00012345` }])
    expect(found.values).toEqual(['r-00012345'])
    expect(found.never_grounded).toBe(0)
    expect(needsOf(text, [{ kind: TOOL, text: 'order R-000123456' }]).never_grounded).toBe(1)
  })
})

describe('an untraced value', () => {
  test('is named with its action, and with the layers that could have held it', () => {
    const found = findNeeds(
      [{ arguments: { order: { id: 'ORD-7' } }, readableBefore: 5 }],
      [
        { kind: EVIDENCE, items: [{ at: -1, text: '' }], unread: [{ at: -1 }] },
        { kind: TOOL, items: [{ at: 9, text: 'ORD-7' }], unread: [{ at: 5 }] },
        { kind: MEMORY, items: [{ at: 0, text: 'hello' }] },
      ],
    )
    expect(found).toMatchObject({
      never_grounded: 1,
      untraced: { action: [0], name: ['order.id'], layers: [1 + 4], unread: [1] },
    })
  })

  test('is none where everything is traced', () => {
    expect(needsOf({ a: 'ORD-7' }, [{ kind: TOOL, text: 'ORD-7' }])).not.toHaveProperty('untraced')
  })
})

test('a value survives a cut only while a match of its strongest kind is readable, whatever looser ones are', () => {
  const spellings = ['{"amount": 1200.5}', 'amount 1200.5', 'amount 1,200.50', 'amount -1200.5']
  fc.assert(
    fc.property(
      fc.array(fc.record({ spelling: fc.nat(3), tool: fc.boolean() }), { minLength: 1, maxLength: 6 }),
      fc.nat(200),
      fc.nat(200),
      (items, toolTokens, memoryTokens) => {
        const steps = items.flatMap(({ spelling, tool }, i): ExperienceRun['steps'] => {
          const text = spellings[spelling]!.padEnd(80)
          return tool ? [toolCall(`t${i}`), toolResult(`t${i}`, text, 20)] : [said('user', text, 20)]
        })
        const run = aRun('r', { settings: {}, steps: [...steps, modelCall(), toolCall('pay', { amount: 1200.5 })] })
        const settings = { 'budget.tool_tokens': toolTokens, 'budget.memory_tokens': memoryTokens }
        const replayed = replayTranscript(compileCase([run]), settings)
        if ('unreplayable' in replayed) throw new Error(replayed.unreplayable)
        const strongest = Math.min(...items.map((i) => i.spelling))
        const left = (of: boolean, budget: number) =>
          items
            .filter((i) => i.tool === of)
            .toReversed()
            .map((item, newer) => ({ item, tokens: Math.min(20, budget - 20 * newer) }))
        // Tool output keeps its head, where the value stands at most 20 characters deep; dialogue its tail.
        const isReadable = [...left(true, toolTokens), ...left(false, memoryTokens)].some(
          ({ item, tokens }) => item.spelling === strongest && tokens >= 20,
        )
        if (isReadable) expect(replayed.ungrounded).toEqual([])
        const isGone = [...left(true, toolTokens), ...left(false, memoryTokens)].every(
          ({ item, tokens }) => item.spelling !== strongest || tokens <= 0,
        )
        if (isGone) expect(replayed.ungrounded).toEqual([0])
      },
    ),
  )
})

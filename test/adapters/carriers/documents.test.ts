/** One JSON document of any length is read as the elements of its lists; together they are what `JSON.parse` gives. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { documentRows } from '#adapters/local/carriers/documents.ts'
import { LISTS } from '#adapters/local/carriers/lists.ts'
import { MAX_ROW_BYTES, type Row, Source } from '#adapters/local/carriers/source.ts'
import { rowsIn, toldOf, valuesIn } from './support.ts'

type Json = Record<string, unknown>

/** Rows of a document that comes in chunks of `size` bytes. */
async function chunked(text: string, size: number): Promise<Row[]> {
  const bytes = Buffer.from(text)
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  return (await Array.fromAsync(documentRows(new Source('file'), chunks(), MAX_ROW_BYTES))).flat()
}

/** The document that rows come from: lists of all of them, everything else from the last one that has it. */
function joined(rows: readonly Row[]): unknown {
  if (rows.every(({ at }) => /^item \d+$/.test(at))) return rows.map(({ value }) => value)
  return rows.map(({ value }) => value as Json).reduce(merged)
}

function merged(one: Json, other: Json): Json {
  const both = { ...one }
  for (const [key, value] of Object.entries(other)) {
    const before = both[key]
    if (Array.isArray(before) && Array.isArray(value)) both[key] = [...before, ...value]
    else if (isObject(before) && isObject(value)) both[key] = merged(before, value)
    else both[key] = value
  }
  return both
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const nasty = fc.constantFrom('a"b', '\\', 'x\\"', '[', '{"data":[', ']}', ',', 'ü€😀', '\n', '\u0000')
/** Keys without an escape: `JSON.parse` of V8 14 takes `"e \\n"` for `"e \\\\"` when it has just read that one. */
const key = fc.constantFrom('a', 'data', '[', '{', 'data:[', ']}', ',', 'ü€😀', 'constructor')
const json = fc.object({
  key,
  maxDepth: 3,
  values: [nasty, fc.integer(), fc.boolean(), fc.constant(null), fc.constant([])],
})
const element = fc.oneof(json, nasty, fc.integer(), fc.dictionary(key, nasty), fc.constant([]), fc.constant({}))
const elements = fc.array(element, { maxLength: 6 })
const paths = LISTS.filter(({ path }) => path.length > 0)

/** A document with a list at a known place, and fields before and behind it that no list is called as. */
const documents = fc
  .record({
    place: fc.constantFrom(...paths),
    list: elements,
    before: fc.dictionary(key, element),
    behind: fc.dictionary(key, element),
  })
  .map(({ place, list, before, behind }) =>
    place.path
      .toReversed()
      .reduce<unknown>((inner, key) => ({ ...renamed(before, 'b'), [key]: inner, ...renamed(behind, 'e') }), list),
  )

const renamed = (object: Json, letter: string): Json =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [`${letter} ${key}`, value]))

describe('a document', () => {
  test('of any shape comes as one row or as parts that make it up again, wherever its chunks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(documents, elements, fc.dictionary(key, element)),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(undefined, 1),
        async (value, size, indent) => {
          const rows = await chunked(JSON.stringify(value, null, indent), size)
          expect(joined(rows)).toEqual(value)
        },
      ),
      { numRuns: 300 },
    )
  })

  test.each<[string, unknown, unknown[]]>([
    ['a list at the root', [1, 'a', [2], {}], [1, 'a', [2], {}]],
    ['an empty list', [], []],
    [
      'a list in an envelope',
      { resourceSpans: [{ a: 1 }, { a: 2 }] },
      [{ resourceSpans: [{ a: 1 }] }, { resourceSpans: [{ a: 2 }] }],
    ],
    [
      'what stands around a list',
      { object: 'list', data: [{ id: 1 }, { id: 2 }], first_id: 1, has_more: true },
      [
        { object: 'list', data: [{ id: 1 }] },
        { object: 'list', data: [{ id: 2 }] },
        { object: 'list', data: [], first_id: 1, has_more: true },
      ],
    ],
    [
      'an object before it',
      { trace: { id: 7 }, observations: [{ id: 1 }] },
      [{ observations: [{ id: 1 }] }, { trace: { id: 7 }, observations: [] }],
    ],
    [
      'two lists',
      { post: [{ id: 1 }], patch: [{ id: 1, end: 2 }] },
      [{ post: [{ id: 1 }] }, { patch: [{ id: 1, end: 2 }] }],
    ],
    ['an empty list in an envelope', { data: [], has_more: false }, [{ data: [], has_more: false }]],
    [
      'a list below a list of the same name',
      { evalId: 'e', results: { version: 3, results: [{ n: 1 }], stats: { ok: 1 } } },
      [
        { evalId: 'e', results: { version: 3, results: [{ n: 1 }] } },
        { evalId: 'e', results: { version: 3, results: [], stats: { ok: 1 } } },
      ],
    ],
    [
      'a long text before it, once',
      { note: 'x'.repeat(2000), data: [1] },
      [{ data: [1] }, { note: 'x'.repeat(2000), data: [] }],
    ],
    [
      'a span with events of its own',
      { span_id: 'a', events: [{ name: 'e' }] },
      [{ span_id: 'a', events: [{ name: 'e' }] }],
    ],
    [
      'a record with results of its own',
      { datasource_item: {}, results: [{ name: 'r' }] },
      [{ datasource_item: {}, results: [{ name: 'r' }] }],
    ],
    ['a list under an unknown name', { steps: [1, 2] }, [{ steps: [1, 2] }]],
    ['a known name in a string', { note: '"data":[1,2]', x: [1] }, [{ note: '"data":[1,2]', x: [1] }]],
  ])('%s', async (_, value, rows) => {
    expect(await valuesIn(JSON.stringify(value))).toEqual(rows)
    expect(await valuesIn(JSON.stringify(value, null, 2))).toEqual(rows)
  })

  test('is as long as it likes, as long as its elements are not', async () => {
    const record = JSON.stringify({ text: 'x'.repeat(1000) })
    const rows = await rowsIn(`{"data":[${Array(50_000).fill(record).join(',\n')}],"has_more":true}`)
    expect(rows).toHaveLength(50_001)
    expect(rows.at(-2)).toMatchObject({ at: 'item 50000 of data', value: { data: [JSON.parse(record)] } })
    expect(rows.at(-1)).toMatchObject({ at: 'around data', value: { data: [], has_more: true } })
  })

  test('may be followed by others, as pages that were saved one behind the other', async () => {
    const page = (id: number) => JSON.stringify({ data: [{ id }], has_more: id < 2 })
    const pages = [
      { data: [{ id: 1 }] },
      { data: [], has_more: true },
      { data: [{ id: 2 }] },
      { data: [], has_more: false },
    ]
    expect(await valuesIn(`${page(1)}${page(2)}`)).toEqual(pages)
    const indented = (id: number) => JSON.stringify(JSON.parse(page(id)), null, 2)
    expect(await valuesIn(`${indented(1)}\n${indented(2)}\n`)).toEqual(pages)
  })
})

describe('an element that is too long for one row', () => {
  const span = (n: number) => ({ spanId: String(n), text: 'x'.repeat(100) })
  const scope = (name: string, ...spans: number[]) => ({ scope: { name }, spans: spans.map(span), schemaUrl: 'u' })
  const resource = { attributes: [{ key: 'k', value: { stringValue: 'v' } }] }
  const cut = async (value: unknown) =>
    (await rowsIn(JSON.stringify(value), { maxRowBytes: 400 })).map((row) => [row.at, row.value])

  test('is cut at the lists in it, and every part says in whose envelope it stood', async () => {
    const whole = {
      resourceSpans: [
        { resource, scopeSpans: [scope('a', 1, 2, 3, 4), scope('b', 5)] },
        { resource, scopeSpans: [scope('c', 6)] },
      ],
    }
    const wrapped = (inner: unknown) => ({ resourceSpans: [{ resource, scopeSpans: [inner] }] })
    const one = 'item 1 of resourceSpans'
    expect(await cut(whole)).toEqual([
      ...[1, 2, 3, 4].map((n) => [
        `${one}, item 1 of scopeSpans, item ${n} of spans`,
        wrapped({ scope: { name: 'a' }, spans: [span(n)] }),
      ]),
      [`${one}, item 1 of scopeSpans, around spans`, wrapped({ scope: { name: 'a' }, spans: [], schemaUrl: 'u' })],
      [`${one}, item 2 of scopeSpans`, wrapped(scope('b', 5))],
      [`${one}, around scopeSpans`, { resourceSpans: [{ resource, scopeSpans: [] }] }],
      ['item 2 of resourceSpans', { resourceSpans: [{ resource, scopeSpans: [scope('c', 6)] }] }],
    ])
  })

  test('of a list at the root is cut too', async () => {
    const rows = await cut([
      { resourceSpans: Array.from({ length: 9 }, (_, i) => ({ resource, scopeSpans: [scope('a', i)] })) },
    ])
    expect(rows.slice(0, 9).map(([at]) => at)).toEqual(
      Array.from({ length: 9 }, (_, i) => `item 1, item ${i + 1} of resourceSpans`),
    )
  })

  test.each([
    [
      'names its resource behind its spans',
      { resourceSpans: [{ scopeSpans: [scope('a', 1), scope('b', 2), scope('c', 3)], resource }] },
      'around scopeSpans: the element is longer than 400 bytes, and names "resource" behind its list. Export in smaller batches',
    ],
    [
      'has no such list',
      { resourceSpans: [{ text: 'x'.repeat(500) }] },
      'FILE: item 1 of resourceSpans: the element is longer than 400 bytes. Split it',
    ],
    ['is a text', ['x'.repeat(500)], 'FILE: item 1: the element is longer than 400 bytes'],
    [
      'has a part that is too long',
      { resourceSpans: [{ scopeSpans: [{ spans: [{ text: 'x'.repeat(500) }] }] }] },
      'item 1 of scopeSpans, item 1 of spans: the element is longer than 400 bytes',
    ],
  ])('is refused where it %s', async (_, value, told) => {
    expect(await toldOf(JSON.stringify(value), { maxRowBytes: 400 })).toContain(told)
  })
})

describe('a number', () => {
  test.each([
    ['{"t":1786396451003697401}', { t: '1786396451003697401' }],
    ['{"t": -1786396451003697401 }', { t: '-1786396451003697401' }],
    ['[{"t":[1786396451003697401,12]},1]', [{ t: ['1786396451003697401', 12] }, 1]],
    ['{"t":9007199254740991}', { t: 9007199254740991 }],
    ['{"t":9007199254740992}', { t: '9007199254740992' }],
    ['{"t":0.1234567890123456}', { t: 0.1234567890123456 }],
    ['{"t":1234567890123456.5}', { t: 1234567890123456.5 }],
    ['{"t":1234567890123456e3}', { t: 1.234567890123456e18 }],
    ['{"t":1e20}', { t: 1e20 }],
    [
      '{"t":": 1786396451003697401","u\\"1786396451003697401":1}',
      { t: ': 1786396451003697401', 'u"1786396451003697401': 1 },
    ],
  ])('of many digits in %s keeps them, as text where a double would not', async (text, value) => {
    const [first, second] = await valuesIn(`${text}\n${text}\n`)
    expect([first, second]).toEqual([value, value])
  })
})

describe('where a file is damaged', () => {
  test.each([
    ['{"a":1}\n{"a":2\n', 'FILE:2: the line is no JSON: '],
    ['{"a":1\n{"a":2}\n{"a":3}\n', 'FILE:1: the line is no JSON: '],
    ['{"data":[{"a":1},{"a":}]}', 'FILE: item 2 of data: the element is no JSON: '],
    ['{"data":[{"a":1},]}', 'FILE: item 2 of data: the element is no JSON: '],
    ['[{"a":1},{"a":2}', 'FILE: item 2: the document ends in the middle: the file is truncated'],
    ['{"data":[{"a":1},{"a":2', 'FILE: item 2 of data: the document ends in the middle'],
    ['{"data":[{"a":1}]', 'FILE: around data: the document ends in the middle'],
    ['{"data":[1],"has_more":}', 'FILE: around data: the document is no JSON: '],
    ['{"data":[1}}', 'FILE: around data: the document is no JSON: '],
    ['{"a":"x', 'FILE: the document: the document ends in the middle'],
    ['{"data":[1]} end', 'FILE: document 2: "end" stands where a document should begin'],
  ])('%j says where', async (text, told) => {
    expect(await toldOf(text)).toContain(told)
  })
})

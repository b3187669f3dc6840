/** The same records in every carrier give the same rows; the name of a file says nothing. */

import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { zipSync } from 'fflate'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, test } from 'vitest'
import { Folder, jsonl } from '../import/support.ts'
import { rowsIn, rowsOf, valuesIn, zipOf } from './support.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const record = fc.record({
  id: fc.integer({ min: 0 }),
  name: text,
  score: fc.double({ noNaN: true, min: -1e9, max: 1e9 }).map((n) => (Object.is(n, -0) ? 0 : n)),
  done: fc.boolean(),
  inner: fc.record({ list: fc.array(text, { minLength: 1, maxLength: 3 }), none: fc.constant(null) }),
})
const records = fc.array(record, { minLength: 2, maxLength: 30 })

type Values = readonly Record<string, unknown>[]

const CARRIERS: readonly (readonly [string, (values: Values) => Uint8Array])[] = [
  ['JSON lines', (v) => Buffer.from(jsonl(v))],
  ['JSON lines with a byte order mark and empty lines', (v) => Buffer.from(`\ufeff\n${jsonl(v)}\r\n\n`)],
  ['gzip', (v) => gzipSync(jsonl(v))],
  [
    'two gzips one after the other',
    (v) => Buffer.concat([gzipSync(jsonl(v.slice(0, 1))), gzipSync(jsonl(v.slice(1)))]),
  ],
  ['zstd', (v) => zstdCompressSync(jsonl(v))],
  [
    'two frames of zstd behind one that is skipped',
    (v) =>
      Buffer.concat([
        Buffer.from('502a4d1804000000ffffffff', 'hex'),
        ...[v.slice(0, 1), v.slice(1)].map((some) => zstdCompressSync(jsonl(some))),
      ]),
  ],
  ['an array', (v) => Buffer.from(JSON.stringify(v))],
  ['an array on many lines', (v) => Buffer.from(`\n${JSON.stringify(v, null, 2)}\n`)],
  ['a gzip of an array', (v) => gzipSync(JSON.stringify(v))],
  ['a zip of JSON lines', (v) => zipSync({ 'a/b.txt': Buffer.from(jsonl(v)) })],
  ['a zip of one record a member', (v) => zipSync(Object.fromEntries(v.map((r, i) => [memberName(i), json(r)])))],
  [
    'a zip with zstd',
    (v) =>
      zipOf(v.map((r, i) => ({ name: memberName(i), plain: json(r), data: zstdCompressSync(json(r)), method: 93 }))),
  ],
  [
    'a zip with deflate and no compression',
    (v) =>
      zipOf(
        v.map((r, i) => ({
          name: memberName(i),
          plain: json(r),
          data: i % 2 ? json(r) : deflateRawSync(json(r)),
          method: i % 2 ? 0 : 8,
        })),
      ),
  ],
  ['a zip of a gzip', (v) => zipSync({ 'a.gz': gzipSync(jsonl(v)) })],
  ['a zstd of a zip', (v) => zstdCompressSync(zipSync({ a: Buffer.from(jsonl(v)) }))],
  ['parquet', parquet],
  ['a gzip of parquet', (v) => gzipSync(parquet(v))],
  ['a zip of parquet', (v) => zipSync({ a: parquet(v) })],
]

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const memberName = (i: number): string => `samples/${String(i).padStart(3, '0')}.json`

function parquet(values: Values): Buffer {
  const column = (name: string, type: 'INT64' | 'STRING' | 'DOUBLE' | 'BOOLEAN' | 'JSON') => ({
    name,
    type,
    data: values.map((v) => (type === 'INT64' ? BigInt(v[name] as number) : v[name])),
  })
  const columnData = [
    column('id', 'INT64'),
    column('name', 'STRING'),
    column('score', 'DOUBLE'),
    column('done', 'BOOLEAN'),
    column('inner', 'JSON'),
  ]
  return Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 7 }))
}

describe.each(CARRIERS)('%s', (_, carry) => {
  test('gives the records that were written, in their order', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (values) => {
        expect(await valuesIn(carry(values))).toEqual(values)
      }),
      { numRuns: 25 },
    )
  })
})

const two = [{ a: 1 }, { b: 2 }]

test.each([
  ['lines', Buffer.from(jsonl(two)), ['line 1', 'line 2']],
  ['an array', json(two), ['item 1', 'item 2']],
  ['a list', json({ data: two }), ['item 1 of data', 'item 2 of data']],
  ['a nested list', json({ results: { results: two } }), ['item 1 of results.results', 'item 2 of results.results']],
  ['one record', json({ a: 1 }), ['the document']],
  ['documents in a row', Buffer.from('{"a":1}{"data":[1]}'), ['the document', 'item 1 of data in document 2']],
  ['a table', Buffer.from('a,b\n1,2\n3,4\n'), ['row 1', 'row 2']],
  [
    'members',
    zipSync({ 'b.json': json({ a: 1 }), 'a.jsonl': Buffer.from(jsonl(two)) }),
    ['member a.jsonl, line 1', 'member a.jsonl, line 2', 'member b.json'],
  ],
])('the place of a row in %s', async (_, bytes, places) => {
  expect((await rowsIn(bytes)).map(({ at }) => at)).toEqual(places)
})

describe('a table', () => {
  test('keeps every cell as the text that it is, with commas, semicolons or tabs between them', async () => {
    const values = [{ id: '007', body: 'a "b", c;\nd' }]
    for (const d of [',', ';', '\t'])
      expect(await valuesIn(`\ufeffid${d}body\r\n007${d}"a ""b"", c;\nd"\r\n`)).toEqual(values)
  })

  test('of a spreadsheet says first what stands between its cells', async () => {
    expect(await valuesIn('\ufeffsep=;\r\na,b;c\r\n1,5;2\r\n')).toEqual([{ 'a,b': '1,5', c: '2' }])
  })

  test('may have a column that is called as a method of every object is', async () => {
    expect(await valuesIn('constructor,b\n1,2\n')).toEqual([{ constructor: '1', b: '2' }])
  })
})

describe('parquet', () => {
  test('keeps whole numbers beyond 2^53 and times finer than milliseconds', async () => {
    const columnData = [
      { name: 'start', type: 'INT64' as const, data: [1786396451003697401n, 7n] },
      { name: 'at', type: 'TIMESTAMP' as const, data: [new Date('2026-06-09T08:00:00.123Z'), null] },
      { name: 'ratio', type: 'DOUBLE' as const, data: [Number.NaN, 0.5] },
    ]
    const [first, second] = await valuesIn(new Uint8Array(parquetWriteBuffer({ columnData })))
    expect(first).toEqual({
      start: '1786396451003697401',
      at: expect.stringMatching(/^2026-06-09T08:00:00\.123/),
      ratio: null,
    })
    expect(second).toEqual({ start: 7, at: null, ratio: 0.5 })
  })
})

test('lists in lists of parquet are the lists that they are', async () => {
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const
  const list = (name: string) =>
    [
      { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ] as const
  const schema = [
    { name: 'root', num_children: 2 },
    { name: 'id', ...text },
    ...list('calls'),
    { name: 'element', repetition_type: 'OPTIONAL' as const, num_children: 2 },
    { name: 'name', ...text },
    ...list('args'),
    { name: 'element', ...text },
  ]
  const calls = [
    [
      { name: 'a', args: ['x', 'y'] },
      { name: 'b', args: [] },
    ],
    [],
  ]
  const columnData = [
    { name: 'id', data: ['1', '2'] },
    { name: 'calls', data: calls },
  ]
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData, schema }))
  expect(await valuesIn(bytes)).toEqual([
    { id: '1', calls: calls[0] },
    { id: '2', calls: [] },
  ])
})

describe('inputs', () => {
  test('are files and folders, in the order of names; what is hidden or written for people is left out, and said', async () => {
    using folder = new Folder()
    for (const [name, value] of [
      ['b.json', 2],
      ['a/z.jsonl', 1],
      ['a/.hidden', 9],
      ['SOURCES.md', 9],
      ['a/README.md', 9],
      ['aws-logs-write-test', 9],
      ['.git/x', 9],
      ['c', 3],
    ] as const)
      folder.write(name, `{"n":${value}}`)
    const left: string[] = []
    const rows = await rowsOf(folder.path, { leftOut: (file) => left.push(file.slice(folder.path.length + 1)) })
    expect(rows.map(({ file, value }) => [file.slice(folder.path.length + 1), value])).toEqual([
      ['a/z.jsonl', { n: 1 }],
      ['b.json', { n: 2 }],
      ['c', { n: 3 }],
    ])
    expect(left).toEqual(['.git', 'SOURCES.md', 'a/.hidden', 'a/README.md', 'aws-logs-write-test'])
  })

  test('that are named are read whatever they are called', async () => {
    using folder = new Folder()
    expect(await rowsOf(folder.write('README.md', '{"n":1}'))).toHaveLength(1)
  })

  test('hidden members of a zip are left out too', async () => {
    const left: string[] = []
    const bytes = zipSync({ '__MACOSX/a.json': json({}), '.DS_Store': json({}), 'a.json': json({ n: 1 }) })
    expect(await rowsIn(bytes, { leftOut: (file) => left.push(file) })).toHaveLength(1)
    expect(left).toEqual(['.DS_Store', '__MACOSX/a.json'])
  })
})

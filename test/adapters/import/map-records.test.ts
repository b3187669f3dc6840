import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { type MapReading, nothingRead } from '#adapters/local/import/map-records.ts'
import { type MapOptions, type MappedRecord, mapRecords } from '#adapters/local/import/map-runner.ts'
import { Folder, jsonl, mapAll } from './support.ts'

/** A run that says which records it was made of. */
const RUN = `{ "run_id": "g_" & $[0].session, "family_id": "f", "intent_id": "i",
  "steps": $.{ "kind": "message", "role": "user", "content": $string(n) } }`

const ONE = '{ "run_id": id, "family_id": id, "intent_id": "i" }'

async function mapped(files: readonly string[], text: string, options: MapOptions): Promise<MappedRecord[]> {
  return await Array.fromAsync(mapRecords(files, { name: 'test', text }, options))
}

const told = (records: readonly MappedRecord[]) =>
  records.map((record) => {
    if (record.kind === 'error') return record.error.message
    if (record.kind === 'skipped') return 'skipped'
    const said = record.run.steps.map((step) => (step.kind === 'message' ? step.content : step.kind))
    return `${record.run.run_id}: ${said.join(' ')}`
  })

async function grouped(lists: readonly (readonly unknown[])[], groupBy: string, text = RUN) {
  using folder = new Folder()
  const files = lists.map((list, i) => folder.write(`${i}.jsonl`, jsonl(list)))
  const reading: MapReading = nothingRead()
  const records = await mapped(files, text, { groupBy, reading })
  return { told: told(records).map((line) => line.replaceAll(folder.path, 'IN')), reading }
}

describe('records of a group', () => {
  test('come as one list, over lines and files, in the order in which they were read', async () => {
    const { told, reading } = await grouped(
      [
        [
          { session: 'b', n: 1 },
          { session: 'a', n: 2 },
          { session: 'b', n: 3 },
        ],
        [
          { session: 'a', n: 4 },
          { session: 'b', n: 5 },
        ],
      ],
      'session',
    )
    expect(told).toEqual(['g_b: 1 3 5', 'g_a: 2 4'])
    expect(reading).toMatchObject({ records: 5, groups: 2, ungrouped: 0 })
  })

  test('one record is a list too', async () => {
    expect((await grouped([[{ session: 'a', n: 7 }]], 'session')).told).toEqual(['g_a: 7'])
  })

  test('a path leads through objects, dotted names and JSON text; a number groups as its digits do', async () => {
    const map = '{ "run_id": "n" & $count($), "family_id": "f", "intent_id": "i" }'
    const records = [{ a: { b: 7 } }, { 'a.b': '7' }, { a: '{"b":7}' }]
    expect((await grouped([records], 'a.b', map)).told).toEqual(['n3: '])
  })

  test('a record that says nothing at the path stands in no group, and is counted with its place', async () => {
    const records = [{ session: 'a', n: 1 }, { session: null }, { session: '' }, { session: ['a'] }, { n: 2 }]
    const { told, reading } = await grouped([records], 'session')
    expect(told).toEqual(['g_a: 1'])
    expect(reading).toMatchObject({ records: 5, groups: 1, ungrouped: 4 })
    expect(reading.ungrouped_example).toMatch(/0\.jsonl, line 2$/)
  })

  test('no record says anything at the path: an error that says what to name', async () => {
    const { told } = await grouped([[{ session: 'a' }]], 'sesion')
    expect(told).toEqual([
      'IN/0.jsonl: none of 1 records says anything at sesion, by which they are to be grouped. Name with --group-by the path of a field, such as sessionId or trace.id, or @file for the records of each file',
    ])
  })

  test('@record hands out each record alone, whatever the map says', async () => {
    const map = { name: 'test', text: ONE, groupBy: 'session' }
    const list = [
      { id: 'a', session: 's' },
      { id: 'b', session: 's' },
    ]
    expect(told(await mapAll(list, map, { groupBy: '@record' }))).toEqual(['a: ', 'b: '])
  })

  test('@file makes the records of each file a group', async () => {
    const lists = [[{ session: 'x', n: 1 }, { n: 2 }], [{ session: 'y', n: 3 }]]
    expect((await grouped(lists, '@file')).told).toEqual(['g_x: 1 2', 'g_y: 3'])
  })

  test('what is wrong with the run of a group is told with the group', async () => {
    const { told } = await grouped(
      [[{ session: 's 1' }, { session: 's 1' }]],
      'session',
      '{ "run_id": $[0].session, "family_id": "f", "intent_id": "i" }',
    )
    expect(told[0]).toMatch(/^IN\/0\.jsonl:1: group "s 1": run_id: /)
  })

  test('a damaged file is told, and no group is mapped', async () => {
    using folder = new Folder()
    const good = folder.write('1.jsonl', jsonl([{ session: 'a', n: 1 }]))
    const bad = folder.write('2.jsonl', '{"session":"a"}\n{"session":\n')
    const said = told(await mapped([good, bad], RUN, { groupBy: 'session' }))
    expect(said).toHaveLength(1)
    expect(said[0]).toContain('2.jsonl:2: the line is no JSON')
  })

  test('any records in any files: every record of a group once, in its order', async () => {
    const record = fc.record({ session: fc.constantFrom('a', 'b', 'c'), n: fc.nat(9) })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(record, { minLength: 1 }), { minLength: 1, maxLength: 3 }), async (lists) => {
        const all = lists.flat()
        const expected = [...Map.groupBy(all, ({ session }) => session)].map(
          ([session, of]) => `g_${session}: ${of.map(({ n }) => n).join(' ')}`,
        )
        expect((await grouped(lists, 'session')).told).toEqual(expected)
      }),
      { numRuns: 4 },
    )
  })
})

describe('without grouping a map takes', () => {
  const ids = [{ id: 'a' }, { id: 'b' }]

  const forms: readonly (readonly [form: string, name: string, content: string | Uint8Array])[] = [
    ['JSON lines', 'x.jsonl', jsonl(ids)],
    ['JSON lines in gzip', 'x.jsonl.gz', gzipSync(jsonl(ids))],
    ['gzip under another name', 'x.data', gzipSync(jsonl(ids))],
    ['JSON lines in zstd', 'x.zst', zstdCompressSync(jsonl(ids))],
    ['a list that is one document', 'x.json', JSON.stringify(ids)],
    ['a list on many lines', 'x.json', JSON.stringify(ids, null, 2)],
    ['a table', 'x.csv', 'id,n\na,1\nb,2\n'],
  ]
  // One process reads them all, one after the other.
  const read = new Map<string, MappedRecord[]>()
  beforeAll(async () => {
    using folder = new Folder()
    const files = forms.map(([form, name, content]) => [form, folder.write(`${form}/${name}`, content)] as const)
    const names = files.map(([, file]) => file)
    for (const record of await mapped(names, ONE, {})) {
      const form = files.find(([, file]) => file === record.file)![0]
      read.set(form, [...(read.get(form) ?? []), record])
    }
  })
  test.each(forms)('%s', (form) => {
    expect(told(read.get(form)!)).toEqual(['a: ', 'b: '])
  })

  test('one record on one line stays one record, whatever lists it holds', async () => {
    const [one, ...rest] = await mapAll([{ id: 'a', items: [1, 2, 3], data: [{}], results: [] }], ONE)
    expect(rest).toEqual([])
    expect(one).toMatchObject({ kind: 'run', line: 1, run: { run_id: 'a' } })
  })

  test('a record without a line is told by its place', async () => {
    using folder = new Folder()
    const file = folder.write('x.json', JSON.stringify([{ id: 'a' }, { id: 'b c' }], null, 1))
    expect(told(await mapped([file], ONE, {}))[1]).toContain('x.json: item 2: run_id: ')
  })

  test('a list where a record should be is refused', async () => {
    expect(told(await mapAll('{"id":"a"}\n[{"id":"b"}]\n', ONE))).toEqual([
      'a: ',
      expect.stringContaining('in.jsonl:2: not a JSON object'),
    ])
  })

  test('a damaged zip is told, not taken for text', async () => {
    using folder = new Folder()
    const file = folder.write('x.zip', Buffer.concat([Buffer.from('PK\x03\x04'), deflateRawSync('{}')]))
    const [first] = await mapped([file], ONE, {})
    expect(first).toMatchObject({ kind: 'error', file })
  })
})

describe('functions of a map', () => {
  /** Values of an expression, one a record: a process costs more than what it is asked. */
  const values = async (expression: string, records: readonly object[]) => {
    const map = `{ "run_id": "r", "family_id": "f", "intent_id": "i", "outcome": { "outputs": [${expression}] } }`
    return (await mapAll(records, map)).map((mapped) => {
      if (mapped.kind !== 'run') throw new Error(JSON.stringify(mapped))
      return (mapped.run.outcome.outputs as unknown[])[0]
    })
  }
  const each = (expression: string, table: readonly (readonly [given: unknown, expected: unknown])[]) => {
    let found: readonly unknown[]
    beforeAll(async () => {
      found = await values(
        expression,
        table.map(([v]) => ({ v })),
      )
    })
    test.each(table.map(([given, expected], i) => [given, i, expected] as const))(
      `${expression} of %j`,
      (_, i, expected) => {
        expect(found[i]).toEqual(expected)
      },
    )
  }

  describe('$parseJson', () =>
    each('$parseJson(v)', [
      ['{"a":[1,"2"]}', { a: [1, '2'] }],
      ['12', 12],
      ['"x"', 'x'],
      ['no JSON', null],
      ['{"a":', null],
      ['', null],
      ['{"__proto__":1}', null],
      ['['.repeat(200) + ']'.repeat(200), null],
      [{ a: 1 }, { a: 1 }],
      [null, null],
    ]))

  describe('$nanos', () =>
    each('$nanos(v)', [
      ['2026-06-09T09:00:00.123456789Z', '1780995600123456789'],
      ['2026-06-09T11:00:00+02:00', '1780995600000000000'],
      ['1780995600123456789', '1780995600123456789'],
      [1780995600, '1780995600000000000'],
      [1780995600123, '1780995600123000000'],
      [[1780995600, 5], '1780995600000000005'],
      [{ low: 5, high: 1 }, '4294967301'],
      ['yesterday', null],
      [-1, null],
      [null, null],
    ]))

  const TRACE = '0af7651916cd43dd8448eb211c80319c'
  const SPAN = 'b7ad6b7169203331'
  describe('$hexId', () =>
    each('$hexId(v)', [
      [TRACE.toUpperCase(), TRACE],
      [`0x${TRACE}`, TRACE],
      [Buffer.from(TRACE, 'hex').toString('base64'), TRACE],
      [{ type: 'Buffer', data: [...Buffer.from(TRACE, 'hex')] }, TRACE],
      ['1-0af76519-16cd43dd8448eb211c80319c', TRACE],
      ['0af76519-16cd-43dd-8448-eb211c80319c', TRACE],
      [BigInt(`0x${TRACE}`).toString(), TRACE],
      [SPAN.toUpperCase(), SPAN],
      [Buffer.from(SPAN, 'hex').toString('base64'), SPAN],
      ['1234567890123456', '1234567890123456'],
      ['0'.repeat(32), null],
      ['abc', null],
      [null, null],
    ]))

  test('are there for the records of a group too, and of what is not there give null', async () => {
    const map =
      '{ "run_id": $hexId($[0].id), "family_id": "f", "intent_id": "i", "outcome": { "status": $nanos(none) } }'
    const { told } = await grouped([[{ id: TRACE, s: 1 }]], 's', map)
    expect(told).toEqual([`${TRACE}: `])
  })
})

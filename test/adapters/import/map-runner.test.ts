import { describe, expect, test } from 'vitest'
import { type MappedRecord, mapRecords } from '#adapters/local/import/map-runner.ts'
import { README_MAP, README_RECORD } from '../../support/readme-map.ts'
import { FAILURES as failures, OK } from './hostile-maps.ts'
import { Folder, jsonl, mapAll } from './support.ts'

const quick = { timeoutMs: 1_000, memoryMb: 96 }

/** Two good records around a bad one, for which the map runs the expression given. */
async function aroundBad(bad: string, options = quick): Promise<MappedRecord[]> {
  return mapAll([{ id: 'a' }, { id: 'bad' }, { id: 'b' }], `id = "bad" ? ${bad} : ${OK}`, options)
}

const summary = (mapped: readonly MappedRecord[]) =>
  mapped.map((record) => (record.kind === 'run' ? record.run.run_id : `${record.kind}@${record.line}`))

function problemOf(record: MappedRecord | undefined): string {
  return record?.kind === 'error' ? record.error.problem : `no error but ${record?.kind}`
}

describe('mapRecords', () => {
  test('maps every record of every file, in order', async () => {
    using folder = new Folder()
    const records = Array.from({ length: 3_000 }, (_, i) => ({ id: `r${i}` }))
    const files = [
      folder.write('1.jsonl', jsonl(records.slice(0, 1_700))),
      folder.write('2.jsonl', jsonl(records.slice(1_700))),
    ]
    const mapped: MappedRecord[] = []
    for await (const record of mapRecords(files, { name: 'test', text: OK })) mapped.push(record)
    expect(summary(mapped)).toEqual(records.map(({ id }) => id))
    expect(mapped[1_700]).toMatchObject({ file: files[1], line: 1 })
  })

  test('a map may return nothing, or several runs', async () => {
    const map = `id = "none" ? null : id = "empty" ? [] : id = "two" ? ["x", "y"].{ "run_id": $, "family_id": "f", "intent_id": "i" } : ${OK}`
    const mapped = await mapAll([{ id: 'none' }, { id: 'two' }, { id: 'empty' }, { id: 'a' }], map)
    expect(summary(mapped)).toEqual(['skipped@1', 'x', 'y', 'skipped@3', 'a'])
  })

  test('a map reads JSON that was recorded as text', async () => {
    const map = `{ "run_id": id, "family_id": id, "intent_id": "qa", "steps": $parseJson(calls).{
      "kind": "message", "role": "user", "content": text } }`
    const [mapped] = await mapAll([{ id: 'r', calls: '[{"text":"one"},{"text":"two"}]' }], map)
    expect(mapped).toMatchObject({ kind: 'run', run: { steps: [{ content: 'one' }, { content: 'two' }] } })
    const [odd] = await mapAll([{ id: 'r', calls: '{"__proto__": 1}' }], '$parseJson(calls)')
    expect(odd).toMatchObject({ kind: 'skipped' })
  })

  test('a map of ten lines for a new shape', async () => {
    const [mapped] = await mapAll([README_RECORD], README_MAP)
    expect(mapped).toMatchObject({
      kind: 'run',
      run: {
        evidence: [{ source: 'faq', gold: true, ranks: { as_ranked: 1 } }],
        outcome: { passed: true, score: null },
      },
    })
  })

  test('a map that fails on a record fails on that record only', async () => {
    const records = failures.flatMap((_, i) => [{ id: `good${i}` }, { id: `bad${i}` }])
    const branches = failures.map(([expression], i) => `id = "bad${i}" ? ${expression} : `)
    const mapped = await mapAll(records, `${branches.join('')}${OK}`, quick)
    expect(summary(mapped)).toEqual(failures.flatMap((_, i) => [`good${i}`, `error@${2 * i + 2}`]))
    failures.forEach(([, problem], i) => {
      expect(problemOf(mapped[2 * i + 1])).toContain(problem)
    })
  })

  test('a regular expression that backtracks is killed, and the next record gets a new process', async () => {
    const mapped = await aroundBad(`$match("${'a'.repeat(40)}b", /(a+)+$/)`, { ...quick, timeoutMs: 400 })
    expect(summary(mapped)).toEqual(['a', 'error@2', 'b'])
    expect(problemOf(mapped[1])).toBe('the map gave no answer within 800 ms and was stopped')
  })

  test('a map that eats the memory is stopped, and the next record gets a new process', async () => {
    const mapped = await aroundBad('$map([1..2000], function($x) { [1..100000] })', { timeoutMs: 20_000, memoryMb: 48 })
    expect(summary(mapped)).toEqual(['a', 'error@2', 'b'])
    expect(problemOf(mapped[1])).toBe('the map needed more than 48 MB of memory')
  })

  test('several records in a row may each cost a process', async () => {
    const loop = `$match("${'a'.repeat(40)}b", /(a+)+$/)`
    const mapped = await mapAll(
      [1, 2, 3].map((i) => ({ id: `r${i}` })),
      `id = "r3" ? ${OK} : ${loop}`,
      { ...quick, timeoutMs: 250 },
    )
    expect(summary(mapped)).toEqual(['error@1', 'error@2', 'r3'])
  })

  test('a slow consumer is not mistaken for a slow map', async () => {
    using folder = new Folder()
    const file = folder.write(
      'in.jsonl',
      jsonl(Array.from({ length: 600 }, (_, i) => ({ id: `r${i}`, text: 'x'.repeat(20_000) }))),
    )
    let runs = 0
    for await (const record of mapRecords([file], { name: 'test', text: OK }, { timeoutMs: 250 })) {
      if (record.kind === 'run' && ++runs % 300 === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700)
    }
    expect(runs).toBe(600)
  })

  test('fails on what is no record, at its line', async () => {
    const lines: readonly (readonly [line: string, problem: string])[] = [
      ['{"id": NaN}', 'position 7'],
      ['{"id":"a",}', 'position 10'],
      ['{"id":"a"', 'position 9'],
      [`{"deep":{"id":'a'}}`, 'position 14'],
      ['[{"id":"a"}]', 'not a JSON object'],
      ['"text"', 'not a JSON object'],
      ['{"id":1e999}', 'the number Infinity'],
      ['{"a":{"__proto__":{"x":1}}}', 'a key "__proto__"'],
      ['{"a":{"\\u005f_proto__":{"x":1}}}', 'a key "__proto__"'],
      ['{"a":{"_jsonata_function":true}}', 'the reserved key "_jsonata_function"'],
      [`{"a":${'['.repeat(200)}${']'.repeat(200)}}`, 'more than 100 levels'],
    ]
    const mapped = await mapAll(`${lines.map(([line]) => line).join('\n')}\n{"id":"a"}\n`, OK)
    expect(summary(mapped)).toEqual([...lines.map((_, i) => `error@${i + 1}`), 'a'])
    lines.forEach(([, problem], i) => {
      expect(problemOf(mapped[i])).toContain(problem)
    })
  })

  test('a file that cannot be read ends early, and the next one is read', async () => {
    using folder = new Folder()
    const broken = folder.write('1.jsonl', Buffer.from('{"id":"a"}\n{"id":"\0"}\n{"id":"b"}\n'))
    const good = folder.write('2.jsonl', '{"id":"c"}\n')
    const mapped: MappedRecord[] = []
    for await (const record of mapRecords([broken, good], { name: 'test', text: OK })) mapped.push(record)
    expect(summary(mapped)).toEqual(['a', 'error@2', 'c'])
  })

  test('stops after so many errors', async () => {
    const records = Array.from({ length: 1_000 }, () => ({ id: 'no good id' }))
    expect(await mapAll(records, OK)).toHaveLength(20)
    expect(await mapAll(records, OK, { maxErrors: 3 })).toHaveLength(3)
  })

  test('fails at once when the map itself is refused', async () => {
    await expect(mapAll([{ id: 'a' }], '{ "run_id": $now() }')).rejects.toThrow('test:1: a map may not use $now')
  })

  test('the same record gives the same run whatever the clock and the time zone say', async () => {
    const map =
      '{ "run_id": "t" & $toMillis("13:45", "[H01]:[m01]"), "family_id": "t" & $toMillis("2026-03-03T19:20:20.5"), "intent_id": "i" }'
    const [mapped] = await mapAll([{ id: 'a' }], map)
    expect(mapped).toMatchObject({ run: { run_id: 't49500000', family_id: 't1772565620500' } })
  })

  test('leaves no process behind when the consumer stops early', async () => {
    using folder = new Folder()
    const file = folder.write('in.jsonl', jsonl([{ id: 'a' }, { id: 'b' }]))
    const before = process.listenerCount('exit')
    for await (const _ of mapRecords([file], { name: 'test', text: OK })) break
    expect(process.listenerCount('exit')).toBe(before)
  })
})

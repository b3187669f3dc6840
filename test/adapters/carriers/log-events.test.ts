/** Events of CloudWatch hold the record as text: the row is the record, and what stood around it says which event it was. */
import { describe, expect, test } from 'vitest'
import { lines } from '../../support/spans.ts'
import { rowsIn, toldOf } from './support.ts'

const RECORD = { traceId: 'a', timeUnixNano: '1786396451003697401', n: 1786396451003697401n }
const TEXT = '{"traceId":"a","timeUnixNano":"1786396451003697401","n":1786396451003697401}'
const VALUE = { ...RECORD, n: String(RECORD.n) }
const AROUND = { logStreamName: 's', timestamp: 1, ingestionTime: 2, eventId: 'e' }

describe('an event', () => {
  test.each<[string, string, unknown]>([
    ['of filter-log-events', JSON.stringify({ events: [{ ...AROUND, message: TEXT }] }), AROUND],
    ['of filter-log-events, one a line', lines({ ...AROUND, message: TEXT }), AROUND],
    [
      'of a subscription',
      JSON.stringify({
        messageType: 'DATA_MESSAGE',
        logGroup: 'g',
        logEvents: [{ id: '1', timestamp: 1, message: TEXT }],
      }),
      { id: '1', timestamp: 1 },
    ],
    [
      'of get-query-results',
      JSON.stringify({
        results: [
          [
            { field: '@timestamp', value: 't' },
            { field: '@message', value: TEXT },
            { field: '@ptr', value: 'p' },
          ],
        ],
        status: 'Complete',
      }),
      { '@timestamp': 't', '@ptr': 'p' },
    ],
    [
      'of a Logs Insights export',
      lines({ '@timestamp': 't', '@message': TEXT, level: 'x' }),
      { '@timestamp': 't', level: 'x' },
    ],
    ['of a Logs Insights table', `@timestamp,@message\nt,"${TEXT.replaceAll('"', '""')}"\n`, { '@timestamp': 't' }],
    ['of an export to S3', `2026-06-09T08:00:00.000Z ${TEXT}\n`, { timestamp: '2026-06-09T08:00:00.000Z' }],
    [
      'of aws logs tail',
      `2026-06-09T08:00:00.000000+00:00 a/[1]b ${TEXT}\n`,
      { timestamp: '2026-06-09T08:00:00.000000+00:00', logStream: 'a/[1]b' },
    ],
  ])('%s', async (_, text, around) => {
    expect((await rowsIn(text))[0]).toMatchObject({ value: VALUE, around })
  })

  test('comes as a row of its own, also out of one line', async () => {
    const event = (id: string) => ({ id, timestamp: 1, message: TEXT })
    const text = lines(
      { logGroup: 'g', logEvents: [event('1'), event('2')] },
      { logGroup: 'g', logEvents: [event('3')] },
    )
    const rows = await rowsIn(text)
    expect(rows.map(({ at, around }) => [at, around?.id])).toEqual([
      ['line 1, event 1', '1'],
      ['line 1, event 2', '2'],
      ['line 2', '3'],
    ])
  })
})

describe('a record', () => {
  test.each([
    ['with a message beside other fields', { message: TEXT, role: 'user' }],
    ['whose message is an object', { message: { a: 1 }, timestamp: 1 }],
    ['whose message is plain text', { message: 'START RequestId', timestamp: 1 }],
    ['whose message only begins as JSON does', { message: '{a', timestamp: 1 }],
    ['with events that are none of a log', { id: 1, name: 'x', events: [{ name: 'e', message: TEXT }] }],
  ])('%s stays as it is', async (_, value) => {
    const rows = await rowsIn(lines(value, value))
    expect(rows.map((row) => row.value)).toEqual([value, value])
    expect(rows.some((row) => 'around' in row)).toBe(false)
  })

  test('between the reports of a log is found, and those come as text', async () => {
    const text = `2026-06-09T08:00:00.000Z START RequestId: 1\n2026-06-09T08:00:01.000Z ${TEXT}\n`
    expect((await rowsIn(text)).map(({ value }) => value)).toEqual([
      { message: '2026-06-09T08:00:00.000Z START RequestId: 1' },
      VALUE,
    ])
  })
})

test.each([
  [
    'no record at all',
    '2026-06-09T08:00:00.000Z START\n2026-06-09T08:00:01.000Z END\n',
    'FILE: no line of this log holds a JSON object. Export the log group that the records stand in',
  ],
  [
    'a damaged record',
    `2026-06-09T08:00:00.000Z ${TEXT}\n2026-06-09T08:00:00.000Z {"a":}\n`,
    'FILE:2: the message of the line is no JSON: ',
  ],
  [
    'a message that nests without end',
    lines({ timestamp: 1, message: `{"a":${'['.repeat(200)}${']'.repeat(200)}}` }),
    'its message: it nests deeper than 100 levels',
  ],
])('%s is told of', async (_, text, told) => {
  expect(await toldOf(text)).toContain(told)
})

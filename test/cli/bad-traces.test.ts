/** Traces that are damaged, odd or of several minds: what a person is told, and that nothing was stored. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, test } from 'vitest'
import { aCall, aRequest, aSpan, asks, lines, TRACE, text } from '../support/spans.ts'
import { autotune, placeOfEachTest } from './command-line.ts'

const place = placeOfEachTest()
const SPLIT = ['--split-key', 'key-of-these-tests'] as const

/** Exit code 2, nothing on stdout, no run anywhere. */
async function refused(path: string, ...options: readonly string[]): Promise<string> {
  const { code, out, err } = await autotune('import', path, ...SPLIT, ...options, '--store', place.store)
  expect({ code, out, err }).toEqual({ code: 2, out: '', err: expect.stringMatching(/^autotune: [\s\S]+\n$/) })
  expect(err).not.toMatch(/defect of ours|\bat .*\.ts:\d+/)
  expect(place.listing().filter((file) => /runs|experience|ingest/.test(file))).toEqual([])
  return err
}

const GOOD = aRequest(aCall())
const INPUT = 'gen_ai.input.messages'
const OUTPUT = 'gen_ai.output.messages'
const one = (attributes: Readonly<Record<string, unknown>>) => lines(aRequest(aCall({ attributes })))

/** `ExportTraceServiceRequest` of one span with two ids, written by hand: field number, wire type 2, length. */
function aMessage(): Buffer {
  const field = (n: number, bytes: Buffer) => Buffer.concat([Buffer.from([(n << 3) | 2, bytes.length]), bytes])
  const ids = [field(1, Buffer.from(TRACE, 'hex')), field(2, Buffer.from('b7ad6b7169203331', 'hex'))]
  return field(1, field(2, field(2, Buffer.concat(ids))))
}

describe('files', () => {
  type Broken = [what: string, name: string, content: string | Uint8Array, says: RegExp]
  const pretty = JSON.stringify(GOOD, null, 1)
  const broken: Broken[] = [
    ['a document that ends in the middle', 'a.json', pretty.slice(0, -40), /ends in the middle: the file is truncated/],
    [
      'a last line that ends in the middle',
      'a.jsonl',
      lines(GOOD) + pretty.slice(0, 2),
      /a\.jsonl:2: the line is no JSON/,
    ],
    ['gzip that ends in the middle', 'a.gz', gzipSync(lines(GOOD)).subarray(0, -12), /the file is truncated/],
    ['half a protobuf message', 'a.pb', aMessage().subarray(0, 20), /protobuf data is cut or damaged/],
    ['an empty file', 'a.jsonl', '', /the file is empty/],
    ['no span at all', 'a.jsonl', lines(aRequest()), /no known dialect wrote this\. Name one with --from/],
    ['spans of no agent', 'a.jsonl', lines(aRequest(aSpan({ name: 'GET /' }))), /no known dialect wrote this/],
    [
      'a page of a list that goes on',
      'a.json',
      JSON.stringify({ object: 'list', data: [GOOD], has_more: true }),
      /says that there is more: has_more .*--allow-cut/,
    ],
    ...['next_cursor', 'nextPageToken'].map(
      (name): Broken => [
        `a page whose ${name} names the next one`,
        'a.json',
        JSON.stringify({ data: [GOOD], [name]: 'abc' }),
        new RegExp(`says that there is more: ${name} .*--allow-cut`),
      ],
    ),
    [
      'the second of three pages',
      'a.json',
      JSON.stringify({ data: [GOOD], meta: { page: 2, totalPages: 3, totalItems: 3 } }),
      /says that there is more: meta\.totalPages /,
    ],
    [
      'brackets nested too deep',
      'a.jsonl',
      '{"resourceSpans":'.concat('['.repeat(5000), ']'.repeat(5000), '}\n'),
      /nests deeper than/,
    ],
    [
      'a message of ten megabytes',
      'a.jsonl',
      one({ [INPUT]: [text('user', 'x'.repeat(10_000_000))] }),
      /longer than 8388608 bytes/,
    ],
  ]
  test.each(broken)('with %s are refused', async (_, name, content, says) => {
    expect(await refused(place.file(name, content))).toMatch(says)
  })

  test('in parquet without the column that names the trace are refused', async () => {
    const column = (name: string, data: string[]) => ({ name, data, type: 'STRING' as const })
    const columnData = [
      column('id', ['o']),
      column('type', ['GENERATION']),
      column('start_time', ['2025-01-01 00:00:00']),
    ]
    const path = place.file('observations.parquet', new Uint8Array(parquetWriteBuffer({ columnData })))
    expect(await refused(path)).toMatch(/observations\.parquet: no known dialect wrote this/)
  })

  test('of two dialects in one folder are refused by both names', async () => {
    const folder = join(place.dir, 'two')
    mkdirSync(folder)
    writeFileSync(join(folder, 'a.jsonl'), lines(GOOD))
    const observation = { id: 'o', traceId: 't', type: 'SPAN', startTime: '2025-01-01T00:00:00Z' }
    writeFileSync(join(folder, 'b.jsonl'), lines({ id: 't', timestamp: '2025-01-01', sessionId: null }, observation))
    expect(await refused(folder)).toMatch(/a\.jsonl and .*b\.jsonl \(langfuse\) are of two dialects that share nothing/)
  })
})

describe('ids', () => {
  const spellings: [what: string, trace: unknown][] = [
    ['31 digits', TRACE.slice(1)],
    ['48 digits', TRACE + TRACE.slice(16)],
    ['all zero', '0'.repeat(32)],
    ['a fraction', 1.5],
    ['words', 'my trace'],
    ['an empty text', ''],
    ['15 bytes', { type: 'Buffer', data: Array(15).fill(1) }],
  ]
  test.each(spellings)('of %s are refused', async (_, trace) => {
    expect(await refused(place.file('a.jsonl', lines(aRequest(aCall({ trace })))))).toMatch(
      /a\.jsonl, .*: it holds spans whose ids nobody can read: export them as hex or base64/,
    )
  })

  test('that one span in fifty has wrong are refused with their share', async () => {
    const good = Array.from({ length: 49 }, (_, i) => aCall({ id: String(i + 1).padStart(16, '0') }))
    const path = place.file('a.jsonl', lines(aRequest(...good, aCall({ trace: 'x' }))))
    expect(await refused(path)).toMatch(/1 of 50 spans have ids that nobody can read/)
  })
})

test('a trace that is read as a native record, as from the standard input, names its dialect', async () => {
  const native = { run_id: 'r', family_id: 'f', intent_id: 'i' }
  const path = place.file('mixed.jsonl', lines(native, GOOD))
  expect(await refused(path)).toMatch(/mixed\.jsonl:2: .* It is a trace: name its dialect with --from otel-genai/)
})

describe('traces', () => {
  const A = 'aaaaaaaaaaaaaaaa'
  const B = 'bbbbbbbbbbbbbbbb'
  const tool = (args: unknown) => one({ [OUTPUT]: [asks({ id: 'a', name: 's', arguments: args })] })
  const inSession = (id: string, session: string) => aCall({ id, attributes: { 'gen_ai.conversation.id': session } })
  const dropped: [what: string, content: string, says: RegExp][] = [
    [
      'whose messages a limit cut',
      one({ [INPUT]: '[{"role":"user","parts":[{"ty' }),
      /1 content_truncated: .*ATTRIBUTE_VALUE_LENGTH_LIMIT.* gen_ai\.input\.messages of span chat m was cut/,
    ],
    [
      'whose arguments a limit cut',
      tool('{"q": "what is'),
      /1 content_truncated: .* the arguments of s in span chat m were cut/,
    ],
    [
      'whose arguments are named __proto__',
      one({ [OUTPUT]: JSON.stringify([asks({ name: 's', arguments: {} })]).replace('{}', '{"__proto__":1}') }),
      /content_truncated: .*names __proto__/,
    ],
    [
      'without any message',
      one({ [INPUT]: undefined, [OUTPUT]: undefined }),
      /1 content_missing: .*switch on the capture of message content/,
    ],
    [
      'whose clock ran backwards',
      lines(aRequest(aCall({ from: 10, to: 5 }))),
      /1 clock_backwards: .*span chat m ends before it starts/,
    ],
    [
      'whose spans are each other’s parents',
      lines(aRequest(aCall({ id: A, parent: B }), aCall({ id: B, parent: A }))),
      /1 cycle: /,
    ],
    ['whose span is its own parent', lines(aRequest(aCall({ id: A, parent: A }))), /1 cycle: /],
    [
      'of an empty tool alone',
      lines(aRequest(aSpan({ attributes: { 'gen_ai.operation.name': 'execute_tool' } }))),
      /1 no_model_call: /,
    ],
  ]
  test.each(dropped)('%s are no runs, and say why', async (_, content, says) => {
    expect(await refused(place.file('a.jsonl', content), '--max-dropped', '1')).toMatch(says)
  })

  test('that start on a date that there is not are refused: nobody knows what came first', async () => {
    const odd = { startTimeUnixNano: '9'.repeat(24), endTimeUnixNano: '9'.repeat(24) }
    const path = place.file('a.jsonl', lines(GOOD, aRequest({ ...aCall({ id: 'b7ad6b7169203332' }), ...odd })))
    expect(await refused(path)).toMatch(/1 of 2 spans start at a time that nobody can read .*line 2.*ISO 8601/)
    expect(await refused(place.file('b.jsonl', lines(aRequest({ ...aCall(), ...odd }))))).toMatch(
      /b\.jsonl, item 1 of resourceSpans: .*start is a time that nobody can read/,
    )
  })

  test.each<[string, object]>([
    [
      'LangSmith',
      { id: 'r', trace_id: 'r', run_type: 'llm', start_time: 'yesterday', end_time: 5, inputs: {}, outputs: {} },
    ],
    ['Langfuse', { id: 'o', traceId: 't', type: 'GENERATION', startTime: 'yesterday', input: 'q', output: 'a' }],
  ])('of %s, a row of which starts at a time that nobody can read, are refused', async (_, row) => {
    expect(await refused(place.file('a.jsonl', lines(row)))).toMatch(
      /1 of 1 spans start at a time that nobody can read/,
    )
  })

  test('that are still running wait, and are no runs', async () => {
    const path = place.file('a.jsonl', lines(aRequest({ ...aCall(), endTimeUnixNano: undefined })))
    const { code, out } = await autotune('import', path, ...SPLIT, '--store', place.store)
    expect([code, out]).toEqual([0, expect.stringMatching(/0 of 1 became runs; 1 wait .*\n +1 not_ended: /)])
    expect(out).toContain('stored 0 runs')
  })

  test('of more than 20,000 spans are left out as jobs', async () => {
    const page = (n: number) =>
      aRequest(
        ...Array.from({ length: 1000 }, (_, i) => aCall({ id: (n * 1000 + i + 1).toString(16).padStart(16, '0') })),
      )
    const path = place.file('a.jsonl', lines(...Array.from({ length: 21 }, (_, n) => page(n))))
    expect(await refused(path, '--max-dropped', '1')).toMatch(/1 too_large: .*21000 spans, more than 20000/)
  })

  test('whose spans are a month apart are one run, in order, and are told of', async () => {
    const later = 30 * 86_400
    const parts = [
      aCall({ id: A }),
      aCall({ id: B, from: later, attributes: { [INPUT]: [text('user', 'still there?')] } }),
    ]
    const path = place.file('a.jsonl', lines(...parts.toReversed().map((part) => aRequest(part))))
    const { code, out } = await autotune('import', path, ...SPLIT, '--store', place.store)
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/1 of 1 became runs[\s\S]*spans +2 read, 1 traces over a week/),
    ])
  })

  test('in which a span stands twice with other content are refused, with both places', async () => {
    const path = place.file('a.jsonl', lines(GOOD, aRequest(aCall({ attributes: { 'gen_ai.usage.input_tokens': 6 } }))))
    expect(await refused(path)).toMatch(
      /span b7ad6b7169203331 .*stands twice with different content \(line 1, and .*line 2\)/,
    )
  })

  test('of two sessions are refused, with both', async () => {
    const path = place.file('a.jsonl', lines(aRequest(inSession(A, 's1'), inSession(B, 's2'))))
    expect(await refused(path)).toMatch(/a\.jsonl: trace .* names two families: s1 and s2\. Name with --family/)
  })

  test('are refused as a whole where more than the allowed share would be dropped', async () => {
    const other = aCall({ trace: 'f'.repeat(32), attributes: { [INPUT]: undefined, [OUTPUT]: undefined } })
    const path = place.file('a.jsonl', lines(GOOD, aRequest(other)))
    expect(await refused(path, '--max-dropped', '0.4')).toMatch(
      /1 of 2 traces \(50\.0 %\) would be dropped, more than 40\.0 %/,
    )
  })
})

test('options that say what they may not are refused by name', async () => {
  const path = place.file('a.jsonl', lines(GOOD))
  const says = async (...options: readonly string[]) => refused(path, ...options)
  expect(await says('--from', 'splunk')).toMatch(/--from splunk: there is no such dialect; it is one of .*otel-genai/)
  expect(await says('--family', 'team')).toMatch(/--family team: a family is session, user, trace, or the path/)
  expect(await says('--score', 'a=>1')).toMatch(/--score a=>1: /)
  expect(await says('--intent', '???')).toMatch(/--intent \?\?\?: give a name/)
  expect(await says('--tag', 'colour=a.b')).toMatch(/--tag colour=a\.b: give FIELD=PATH, the field one of/)
  for (const options of [
    ['--max-dropped', '2'],
    ['--max-dropped', 'some'],
    ['--unit', 'week'],
  ]) {
    const { code, out, err } = await autotune('import', path, ...options, '--store', place.store)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(options[0])
  }
})

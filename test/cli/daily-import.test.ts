/** `import` of traces day after day: what comes again is skipped, what may still grow waits, what changed is refused by name. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HOUR, hex, LONG_AGO, type Said, spanLines, whole } from '../support/otlp-spans.ts'
import { placeOfEachTest } from './command-line.ts'

const place = placeOfEachTest()
const { at } = place

/** A file of spans, one a line. */
const spans = (name: string, said: readonly Said[]) => place.file(name, spanLines(said))
type Told = Record<string, unknown> & { traces: Record<string, unknown> }

async function imported(...argv: string[]): Promise<Told> {
  const { code, out, err, json } = await at('import', ...argv, '--split-key', 'key-of-these-tests', '--json')
  expect([code, err, out !== '']).toEqual([0, '', true])
  return json()
}

test('the same file again, and a window that overlaps, store what is new', async () => {
  const monday = spans(
    'monday.jsonl',
    [1, 2, 3].flatMap((trace) => whole(trace)),
  )
  const tuesday = spans(
    'tuesday.jsonl',
    [3, 4].flatMap((trace) => whole(trace)),
  )
  expect(await imported(monday)).toMatchObject({ stored: 3, unchanged: 0 })
  expect(await imported(monday)).toMatchObject({ stored: 0, unchanged: 3 })
  expect(await imported(tuesday)).toMatchObject({ stored: 1, unchanged: 1 })
})

test('a trace that has not ended waits, and the rest of it alone completes it', async () => {
  const first = spans('first.jsonl', [...whole(1), { trace: 2, span: 1, end: null }, { trace: 2, span: 2 }])
  expect(await imported(first)).toMatchObject({
    stored: 1,
    traces: { traces: 2, runs: 1, waiting: 1, dropped_share: 0, waits: [{ reason: 'not_ended', n: 1 }] },
  })
  const rest = spans('rest.jsonl', [
    { trace: 2, span: 3, start: LONG_AGO + 3 * HOUR },
    { trace: 2, span: 1, end: LONG_AGO + 4 * HOUR },
  ])
  expect(await imported(rest)).toMatchObject({ stored: 1, unchanged: 0, traces: { traces: 1, runs: 1, waiting: 0 } })
  expect(await imported(first, rest)).toMatchObject({ stored: 0, unchanged: 2 })
})

const CUT: Said[] = [2, 3].map((span) => ({ trace: 2, span }))

test.each([1, 2])(
  'a trace of which a window left %i calls and no root waits, and the root alone completes it',
  async (n) => {
    const first = spans('first.jsonl', [...whole(1), ...CUT.slice(0, n)])
    for (const _ of [1, 2])
      expect(await imported(first)).toMatchObject({
        traces: { runs: 1, waiting: 1, dropped_share: 0, waits: [{ reason: 'cut', n: 1 }] },
      })
    const rest = spans('rest.jsonl', [...CUT.slice(n), { trace: 2, span: 1 }])
    expect(await imported(rest)).toMatchObject({ stored: 1, traces: { traces: 1, waiting: 0 } })
    expect(await imported(spans('all.jsonl', [...whole(2), CUT[1]!]))).toMatchObject({ stored: 0, unchanged: 1 })
  },
)

test('a trace whose root never comes is no run, and is counted once it has waited too long', async () => {
  await imported(spans('first.jsonl', [...whole(1), ...CUT]))
  const path = join(place.store, 'vault', 'ingest', 'waiting.jsonl')
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"since":"\d+/g, '"since":"2001'))
  expect(await imported(spans('next.jsonl', whole(3)), '--max-dropped', '1')).toMatchObject({
    ...{ stored: 1 },
    traces: { waiting: 0, dropped: [{ reason: 'cut', n: 1, example: expect.stringContaining(hex(2, 32)) }] },
  })
})

test('where no trace of an import has its root, its parents are exported nowhere', async () => {
  expect(await imported(spans('calls.jsonl', CUT))).toMatchObject({ stored: 1, traces: { waiting: 0 } })
})

test('a trace that waited is the run that it is when all of it comes at once', async () => {
  const parts = [
    spans('a.jsonl', [
      { trace: 1, span: 1, end: null },
      { trace: 1, span: 2 },
    ]),
    spans('b.jsonl', [
      { trace: 1, span: 3 },
      { trace: 1, span: 1 },
    ]),
  ]
  for (const part of parts) await at('import', part, '--split-key', 'key-of-these-tests')
  const all = spans(
    'all.jsonl',
    [3, 1, 2].map((span) => ({ trace: 1, span })),
  )
  expect(await imported(all)).toMatchObject({ stored: 0, unchanged: 1 })
})

test.each([
  ['ended two minutes ago waits', 2 / 60, [], { stored: 1, traces: { waiting: 1 } }],
  ['ended two hours ago is stored', 2, [], { stored: 2, traces: { waiting: 0 } }],
  ['ended two hours ago waits for three', 2, ['--settle', '3h'], { stored: 1, traces: { waiting: 1 } }],
  ['ended two minutes ago is stored where nothing settles', 2 / 60, ['--settle', '0'], { stored: 2 }],
  ['ends in the far future is stored', -48, [], { stored: 2, traces: { waiting: 0 } }],
] as const)('a trace that %s', async (_, hours, options, expected) => {
  const start = Date.now() - hours * HOUR
  const file = spans('fresh.jsonl', [...whole(1), ...whole(2, { start, end: start + 10 })])
  expect(await imported(file, ...options)).toMatchObject(expected)
})

test('an import in which everything waits stores nothing, drops nothing, and loses nothing', async () => {
  const start = Date.now() - 1000
  const all = whole(1, { start, end: start + 10 })
  const report = await imported(spans('fresh.jsonl', all))
  expect(report).toMatchObject({ stored: 0, traces: { waiting: 1, runs: 0, dropped_share: 0 } })
  const other = spans('other.jsonl', whole(2))
  expect(await imported(other, '--settle', '0')).toMatchObject({ stored: 2, traces: { traces: 2 } })
  expect(await imported(other)).toMatchObject({ stored: 0, unchanged: 1, traces: { traces: 1 } })
})

test('what waits lies in the vault, never where the search reads', async () => {
  const secret = 'a needle of a family that may be sealed'
  const said: Said[] = [
    { trace: 2, span: 1, end: null },
    { trace: 2, span: 2, answer: secret },
  ]
  await imported(spans('first.jsonl', [...whole(1), ...said]))
  const holding = place
    .listing()
    .map((line) => line.split(' ')[0]!)
    .filter((key) => readFileSync(join(place.store, key)).includes(secret))
  expect(holding).toEqual(['vault/ingest/waiting.jsonl'])
})

test('a session waits as a whole while one of its traces has not ended', async () => {
  const first = spans('first.jsonl', [
    ...whole(1, { session: 's' }),
    { trace: 2, span: 1, session: 's', end: null },
    { trace: 2, span: 2, session: 's' },
    ...whole(3),
  ])
  expect(await imported(first, '--unit', 'session')).toMatchObject({ stored: 1, traces: { traces: 2, waiting: 1 } })
  const rest = spans('rest.jsonl', [{ trace: 2, span: 1, session: 's' }])
  expect(await imported(rest, '--unit', 'session')).toMatchObject({ stored: 1, traces: { traces: 1, waiting: 0 } })
})

test('a window that cuts a stored session: a part of it is skipped, one that goes beyond it is refused by name, the rest goes in', async () => {
  const of = (...traces: number[]) =>
    spans(
      `${traces.join('-')}.jsonl`,
      traces.flatMap((trace) => whole(trace, trace > 7 ? {} : { session: trace < 5 ? 's' : 't' })),
    )
  const session = ['--unit', 'session'] as const
  await imported(of(1, 2), ...session)
  expect(await imported(of(2, 1), ...session)).toMatchObject({ stored: 0, unchanged: 1, traces: { parts: 0 } })
  for (const [part, other] of [
    [of(2, 8), 8],
    [of(1, 9), 9],
  ] as const)
    expect([other, await imported(part, ...session)]).toMatchObject([
      other,
      { stored: 1, traces: { parts: 1, refused: { n: 0 } } },
    ])
  const cut = await at('import', of(2, 3, 10), ...session, '--split-key', 'key-of-these-tests', '--json')
  expect([cut.code, (cut.json() as Told).stored, (cut.json() as Told).traces]).toMatchObject([
    3,
    1,
    { parts: 0, refused: { n: 1, runs: [{ run_id: hex(2, 32), reason: 'shared' }] } },
  ])
  expect(cut.err).toMatch(/trace 0+2 and those of its session hold a trace that is part of another stored run/)
  expect(await imported(of(3, 6), ...session)).toMatchObject({ stored: 2 })
  const wider = await at('import', of(5, 6), ...session, '--split-key', 'key-of-these-tests')
  expect([wider.code, wider.err]).toEqual([3, expect.stringContaining('the window of an export cut that session')])
})

test('an import that is killed after its runs, and before what waited is gone, holds up none that follows', async () => {
  const start = Date.now() - 1000
  const fresh: Said[] = [1, 2].map((span) => ({ trace: 2, span, start, end: start + 5 }))
  await imported(spans('first.jsonl', fresh))
  const [waiting] = place.listing().filter((line) => line.includes('waiting.jsonl'))
  const path = join(place.store, waiting!.split(' ')[0]!)
  const waited = readFileSync(path)
  const rest = spans('rest.jsonl', [{ trace: 2, span: 3, start, end: start + 5 }])
  expect(await imported(rest, '--settle', '0')).toMatchObject({ stored: 1 })
  writeFileSync(path, waited)
  expect(await imported(spans('other.jsonl', whole(4)), '--settle', '0')).toMatchObject({ stored: 1, unchanged: 0 })
  const late = spans('late.jsonl', [{ trace: 2, span: 4, start, end: start + 5 }])
  const { code, err } = await at('import', late, '--settle', '0')
  expect([code, err]).toEqual([3, expect.stringContaining('is already stored with other content')])
})

test('ids in another spelling the next day are the same traces, and complete what waits', async () => {
  const inBase64 = (name: string, said: readonly Said[]) =>
    place.file(
      name,
      spanLines(said).replace(
        /"(traceId|spanId|parentSpanId)":"(\w+)"/g,
        (_, key, id) => `"${key}":"${Buffer.from(id, 'hex').toString('base64')}"`,
      ),
    )
  await imported(spans('a.jsonl', [...whole(1), { trace: 2, span: 1, end: null }, { trace: 2, span: 2 }]))
  const next = inBase64('b.jsonl', [...whole(1), { trace: 2, span: 1 }, { trace: 2, span: 3 }])
  expect(await imported(next)).toMatchObject({ stored: 1, unchanged: 1, traces: { waiting: 0 } })
  const all = spans('all.jsonl', [...whole(2), { trace: 2, span: 3 }])
  expect(await imported(all)).toMatchObject({ stored: 0, unchanged: 1 })
})

test('what an import read, joined and dropped stays on record, once for the same import', async () => {
  const file = spans('first.jsonl', [...whole(1), ...whole(2), { trace: 3, span: 1 }])
  for (const _ of [1, 2]) await imported(file, '--max-dropped', '1')
  const folder = join(place.store, 'experience', 'traces')
  const records = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
  expect(records).toMatchObject([
    {
      ...{ unit: 'trace', family: 'session', dialects: ['otel-genai'], traces: 3, runs: 2, waiting: 0 },
      dropped: [{ reason: 'no_model_call', n: 1, example: expect.stringContaining(hex(3, 32)) }],
      counts: { spans: { read: 5 }, families: { by_session: 2 } },
    },
  ])
})

test('a trace that waits is no dropped one, whatever share may be dropped', async () => {
  const file = spans('first.jsonl', [...whole(1), { trace: 2, span: 1, end: null }])
  expect(await imported(file, '--max-dropped', '0')).toMatchObject({ stored: 1, traces: { dropped: [], waiting: 1 } })
})

test('a stored trace that comes with other content is refused by name and stays as it is, and all else goes in', async () => {
  await imported(spans('first.jsonl', [...whole(1), ...whole(2)]))
  const before = place.listing().filter((line) => line.includes(hex(2, 32)))
  const grown = spans('grown.jsonl', [
    ...whole(1),
    ...whole(2),
    { trace: 2, span: 3 },
    { trace: 3, span: 1, end: null },
    ...whole(4),
  ])
  const { code, err, json } = await at('import', grown, '--split-key', 'key-of-these-tests', '--json')
  expect([code, err]).toEqual([3, expect.stringContaining(`trace ${hex(2, 32)} is already stored with other content`)])
  expect(err).toContain('Leave the trace out of the export')
  expect(json()).toMatchObject({
    ...{ stored: 1, unchanged: 1 },
    traces: { waiting: 1, parts: 0, refused: { n: 1, runs: [{ run_id: hex(2, 32), reason: 'changed' }] } },
  })
  expect(before).not.toEqual([])
  expect(place.listing()).toEqual(expect.arrayContaining(before))
})

test.each([
  ['beginning', [{ trace: 2, span: 3 }]],
  ['end', whole(2)],
])('a window that cut the %s of a stored trace is skipped and counted, and holds up nothing', async (_, part) => {
  await imported(spans('monday.jsonl', [...whole(1), ...whole(2), { trace: 2, span: 3 }]))
  const tuesday = spans('tuesday.jsonl', [...part, ...whole(5)])
  expect(await imported(tuesday)).toMatchObject({
    ...{ stored: 1, unchanged: 0 },
    traces: { runs: 2, parts: 1, refused: { n: 0, runs: [] } },
  })
  const { out } = await at('import', tuesday, '--split-key', 'key-of-these-tests')
  expect(out).toContain('parts    1 of stored runs came again without their rest')
})

test('what a window left of a stored trace is dropped no more where it holds no call: the import is not refused for it', async () => {
  await imported(spans('monday.jsonl', whole(2)))
  const rest = spans('rest.jsonl', [{ trace: 2, span: 1 }])
  for (const file of [rest, spans('tuesday.jsonl', [{ trace: 2, span: 1 }, ...whole(5)])])
    expect(await imported(file, '--max-dropped', '0')).toMatchObject({
      traces: { dropped_share: 0, dropped: [], parts: 1 },
    })
  const other = spans('other.jsonl', [{ trace: 7, span: 1 }, ...whole(6)])
  expect((await at('import', other, '--split-key', 'key-of-these-tests', '--max-dropped', '0')).code).toBe(2)
})

test('a trace that was erased is refused by name, and does not hold up the imports that follow', async () => {
  await imported(spans('monday.jsonl', [...whole(1), ...whole(2)]))
  const erasure = ['--reason', 'request 4711', '--person', 'ana@example.com', '--yes']
  expect((await at('erase', hex(2, 32), ...erasure)).code).toBe(0)
  const tuesday = spans('tuesday.jsonl', [...whole(2), ...whole(3)])
  const { code, err, json } = await at('import', tuesday, '--split-key', 'key-of-these-tests', '--json')
  expect([code, (json() as Told).stored, err]).toEqual([3, 1, expect.stringMatching(/trace 0+2 was erased/)])
})

test.each([
  ['family', ['--family', 'user'], '--unit trace --family session'],
  ['unit', ['--unit', 'session'], '--unit trace --family session'],
])('the %s rule of the first import of traces holds for all that follow', async (_, other, fixed) => {
  await imported(spans('first.jsonl', whole(1)))
  const before = place.listing()
  const { code, err } = await at('import', spans('second.jsonl', whole(2)), ...other)
  expect([code, err]).toEqual([2, expect.stringContaining(fixed)])
  expect(err).toContain('Use the same options, or another --store')
  expect(place.listing()).toEqual(before)
})

test('an import that is refused fixes no rule and leaves no record', async () => {
  const bad = spans('bad.jsonl', [
    { trace: 1, span: 1, session: 'a' },
    { trace: 1, span: 2, session: 'b' },
  ])
  expect((await at('import', bad)).code).toBe(2)
  expect(existsSync(join(place.store, 'ingest'))).toBe(false)
  expect(await imported(spans('good.jsonl', whole(1)), '--family', 'user')).toMatchObject({ stored: 1 })
})

test('a dry run says what would wait, and writes nothing', async () => {
  const file = spans('first.jsonl', [...whole(1), { trace: 2, span: 1, end: null }])
  const { code, json } = await at('import', file, '--dry-run', '--json')
  expect([code, json()]).toEqual([0, expect.objectContaining({ runs: 1 })])
  expect(json()).toMatchObject({ traces: { waiting: 1 } })
  expect(place.listing()).toEqual([])
})

test.each(['', '1', 'h', '-1h', '1 h', '1e3s', 'Infinity'])('--settle %j is refused', async (time) => {
  const { code, err } = await at('import', spans('first.jsonl', whole(1)), '--settle', time)
  expect([code, err]).toEqual([2, expect.stringContaining('--settle takes a time such as 90s')])
})

/** One trace in the spellings that exporters have for its id, its session, its operation and the page it came in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { aCall, aRequest, aSpan, TRACE } from '../support/spans.ts'
import { readTraceFiles } from '../support/traces.ts'

const folder = mkdtempSync(join(tmpdir(), 'spellings-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function runIn(value: unknown) {
  const file = join(folder, 'a.json')
  writeFileSync(file, JSON.stringify(value))
  const { runs } = await readTraceFiles([file])
  expect(runs).toHaveLength(1)
  return runs[0]!
}

const UUID = '0af76519-16cd-43dd-8448-eb211c80319c'

test.each([
  ['a UUID', UUID],
  ['of Python', `urn:uuid:${UUID}`],
  ['of Windows', `{${UUID.toUpperCase()}}`],
  ['of Python, a number', String(BigInt(`0x${TRACE}`))],
])('an id %s', async (_, trace) => {
  expect((await runIn(aRequest(aCall({ trace })))).trace_id).toBe(TRACE)
})

const NOBODY = [
  'nil',
  '<nil>',
  'guest',
  '(none)',
  '[None]',
  'default-session',
  'no session',
  '-',
  '00000000-0000-0000-0000-000000000000',
  'urn:uuid:00000000-0000-0000-0000-000000000000',
  '{00000000-0000-0000-0000-000000000000}',
  '0000000000000000',
  ...['unknown_session', 'default-user-id', 'anonymous user', 'YOUR_SESSION_ID', '(not set)', '?', 'string'],
  ...['{{session_id}}', '\u0024{SESSION_ID}', '$SESSION', '<session id>', '%SESSION%', '[object Object]'],
]
test.each(NOBODY)('a session "%s" is nobody', async (session) => {
  const run = await runIn(aRequest(aCall({ attributes: { 'session.id': session } })))
  expect(run.family_id).toBe(`trace:${TRACE}`)
})

test.each(['0', 'guest-4711', 'default-session-2', '00000000-0000-0000-0000-000000000001', '$7', 'no-4', 'your'])(
  'a session "%s" is somebody',
  async (session) => {
    expect((await runIn(aRequest(aCall({ attributes: { 'session.id': session } })))).family_id).toBe(session)
  },
)

test('Semantic Kernel names a call by its endpoint', async () => {
  const operation = { 'gen_ai.operation.name': 'chat.completions', 'gen_ai.system': 'openai' }
  const run = await runIn(
    aRequest(aSpan({ name: 'nothing' }), aCall({ id: '00000000000000c1', attributes: operation })),
  )
  expect(run.steps).toMatchObject([
    { kind: 'message', role: 'user', content: 'hi' },
    { kind: 'model_call', model: 'm', prompt_tokens: 5, completion_tokens: 3 },
    { kind: 'message', role: 'assistant', content: 'hello' },
  ])
})

describe('pages', () => {
  const clock = { start_time: '2025-06-01T10:00:00', end_time: '2025-06-01T10:00:09' }
  const id = '0197a000-0000-7000-8000-000000000001'
  const said = { messages: [{ role: 'user', content: 'hi' }] }
  const LANGSMITH = [
    { id, trace_id: id, run_type: 'chain', name: 'agent', inputs: said, outputs: { output: 'yo' } },
    { id: 'c', trace_id: id, parent_run_id: id, run_type: 'llm', name: 'm', inputs: said, outputs: { content: 'yo' } },
  ].map((run) => ({ ...run, ...clock, extra: { metadata: { thread_id: 'th' } } }))
  const times = { startTime: '2025-06-01T10:00:00Z', endTime: '2025-06-01T10:00:09Z' }
  const call = { id: 'o', traceId: id, type: 'GENERATION', name: 'm', input: 'hi', output: 'yo', model: 'm', ...times }
  const LANGFUSE = [{ id, timestamp: '2025-06-01T10:00:00Z', sessionId: 'th', observations: [call] }]
  const pages: readonly (readonly [string, (rows: readonly unknown[]) => unknown])[] = [
    ['data', (data) => ({ data, meta: { page: 1, totalPages: 1 } })],
    ['items', (items) => ({ items, total: items.length })],
    ['results', (results) => ({ results, next: null })],
    ['result of tRPC', (json) => ({ result: { data: { json } } })],
    ['results of tRPC in a batch', (json) => [{ result: { data: { json } } }]],
    ['runs', (runs) => ({ runs, cursors: { next: null } })],
    ['a list of wrapped ones', (rows) => rows.map((run) => ({ run }))],
  ]
  test.each(pages)('%s', async (_, page) => {
    for (const rows of [LANGSMITH, LANGFUSE]) {
      const run = await runIn(rows)
      expect(run).toMatchObject({ trace_id: id, family_id: 'th', outcome: { outputs: 'yo' } })
      expect(await runIn(page(rows))).toEqual(run)
    }
  })
})

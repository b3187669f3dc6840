/** The shipped maps of whole traces, on small files written by hand that hold the traps of each; real ones in test/real. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadMap } from '#adapters/local/import/map-source.ts'
import { Folder, jsonl, mapAll, mapFiles } from './support.ts'

const fixture = (name: string) => new URL(`../../fixtures/${name}`, import.meta.url).pathname
const CASES = 'traces/'

const call = (model: string | null, prompt: number | null, completion: number | null, rest: object = {}) => ({
  kind: 'model_call',
  model,
  prompt_tokens: prompt,
  completion_tokens: completion,
  ...rest,
})
const said = (role: string, content: string, rest: object = {}) => ({ kind: 'message', role, content, ...rest })

describe('claude-code', () => {
  test.each([
    [
      '05-one-call-many-lines',
      'session.jsonl',
      (expected: { runs: object[]; each_file_alone: Record<string, object> }) => expected.runs[0],
    ],
    [
      '02-cached-tokens-four-meanings',
      'claude-code.jsonl',
      (expected: { runs: object[]; each_file_alone: Record<string, object> }) =>
        expected.each_file_alone['claude-code.jsonl'],
    ],
  ])('case %s gives the right run', async (name, file, of) => {
    const right = of(JSON.parse(readFileSync(fixture(`${CASES}${name}/expected.json`), 'utf8')) as never) as {
      steps: object[]
    }
    const [run, ...rest] = await mapFiles([fixture(`${CASES}${name}/input/${file}`)], 'claude-code')
    expect(rest).toEqual([])
    expect(run).toMatchObject(right)
    expect(run!.steps).toHaveLength(right.steps.length)
  })

  const row = (uuid: string, parentUuid: string | null, message: object, rest: object = {}) => ({
    sessionId: 's',
    uuid,
    parentUuid,
    timestamp: '2026-06-09T09:00:00.000Z',
    message,
    ...rest,
  })
  const user = (uuid: string, parent: string | null, content: unknown) => row(uuid, parent, { role: 'user', content })
  const assistant = (uuid: string, parent: string | null, id: string, content: unknown, rest: object = {}) =>
    row(
      uuid,
      parent,
      { role: 'assistant', id, model: 'm', content, usage: { input_tokens: 5, output_tokens: 2 } },
      rest,
    )
  const words = async (rows: readonly unknown[]) => {
    const [mapped] = await mapAll(rows, loadMap('claude-code'))
    if (mapped?.kind !== 'run') return mapped?.kind
    return mapped.run.steps.map((s) => ('content' in s ? s.content : s.kind === 'tool_call' ? s.tool_call_id : s.kind))
  }
  const use = (id: string) => [{ type: 'tool_use', id, name: 'Read', input: {} }]
  const result = (id: string, content: unknown) => [{ type: 'tool_result', tool_use_id: id, content }]

  test('a prompt that was taken back is gone, with everything that followed it', async () => {
    expect(
      await words([
        user('a', null, 'first'),
        assistant('b', 'a', 'm1', 'one'),
        user('c', 'b', 'taken back'),
        assistant('d', 'c', 'm2', 'gone'),
        user('e', 'b', 'second'),
        assistant('f', 'e', 'm3', 'two'),
      ]),
    ).toEqual(['first', 'model_call', 'one', 'second', 'model_call', 'two'])
  })

  test('calls that run side by side are no branches: both results stay', async () => {
    expect(
      await words([
        user('a', null, 'go'),
        assistant('b', 'a', 'm1', use('t1')),
        assistant('c', 'b', 'm1', use('t2')),
        user('d', 'b', result('t1', 'one')),
        user('e', 'c', result('t2', 'two')),
        assistant('f', 'e', 'm2', 'done'),
      ]),
    ).toEqual(['go', 'model_call', 't1', 't2', 'one', 'two', 'model_call', 'done'])
  })

  test('a row that a continued session repeats counts once; sub-agents and the program’s own words are left out', async () => {
    const first = [user('a', null, 'hello'), assistant('b', 'a', 'm1', 'hi')]
    const more = [
      assistant('x', 'b', 'm7', 'from a sub-agent', { isSidechain: true }),
      row('y', 'b', { role: 'assistant', id: 'm8', model: '<synthetic>', content: 'API Error' }),
      user('c', 'b', result('lost', 'of a call that is gone')),
    ]
    expect(await words([...first, ...first, ...more])).toEqual(['hello', 'model_call', 'hi'])
  })

  test('usage without words, and a session without an answer, are no runs', async () => {
    expect(await words([row('a', null, { role: 'assistant', id: 'm', usage: { input_tokens: 3 } })])).toBe('skipped')
    expect(await words([user('a', null, 'anybody?')])).toBe('skipped')
  })

  test('sessions in two files are two runs, and a session over two files is one', async () => {
    using folder = new Folder()
    const one = folder.write('1.jsonl', jsonl([user('a', null, 'q'), { ...user('z', null, 'other'), sessionId: 't' }]))
    const two = folder.write(
      '2.jsonl',
      jsonl([assistant('b', 'a', 'm', 'x'), { ...assistant('y', 'z', 'n', 'y'), sessionId: 't' }]),
    )
    expect((await mapFiles([one, two], 'claude-code')).map((run) => [run.run_id, run.steps.length])).toEqual([
      ['s', 3],
      ['t', 3],
    ])
  })
})

test('codex: last usage and not the total, the user once, one call up to each count, a repeated count is none', async () => {
  const [run] = await mapFiles([fixture('maps/codex.jsonl')], 'codex')
  expect(run).toMatchObject({
    run_id: '0199-a',
    family_id: '0199-a',
    started_at: '2026-05-13T09:00:00.000Z',
    settings: { 'model.name': 'gpt-x' },
    outcome: { outputs: 'Port 8443.', passed: null },
  })
  expect(run!.steps).toMatchObject([
    said('system', 'Be brief.'),
    said('user', 'Which port?'),
    call('gpt-x', 1000, 125, { cached_prompt_tokens: 250, reasoning_tokens: 75 }),
    said('assistant', 'I look.'),
    { kind: 'tool_call', tool_call_id: 'call_1', arguments: { command: ['cat', 'server.yaml'] }, writes: null },
    { kind: 'tool_result', tool_call_id: 'call_1', content: 'port: 8443', error: null },
    call('gpt-x', 1200, 8),
    said('assistant', 'Port 8443.'),
  ])
})

test('inspect: attachments stand in place, the grader’s call is none, a cache beside the input is added, partly is half', async () => {
  const runs = await mapFiles([fixture('maps/inspect.json')], 'inspect')
  expect(runs).toHaveLength(1)
  expect(runs[0]).toMatchObject({
    run_id: 'E1_a_1_2',
    case_id: 'refunds:a 1#2',
    family_id: 'refunds:a 1',
    intent_id: 'refunds',
    date: '2026-05-13',
    outcome: { passed: null, score: 0.5, score_kind: 'judge', latency_ms: 6500 },
  })
  expect(runs[0]!.steps).toMatchObject([
    said('system', 'You refund.'),
    said('user', 'Refund order 7', { omitted: { image: 1 } }),
    call('claude-x-1', 110, 5, { latency_ms: 1250, cached_prompt_tokens: 90, cache_write_tokens: 10 }),
    said('assistant', 'I do it.'),
    { kind: 'tool_call', tool_call_id: 'tc1', name: 'refund-order', arguments: { order: 7 } },
    { kind: 'approval', gate: 'refund_order', tool_call_id: 'tc1', asked: true, granted: true },
    { kind: 'tool_result', tool_call_id: 'tc1', content: 'no such order', error: true },
    call('claude-x-1', 130, 6, { cached_prompt_tokens: 100 }),
    said('assistant', 'It is not there.'),
  ])
})

test('bedrock-agent: two turns of one file, each with its own calls; a placeholder is no session', async () => {
  const [refund, question, ...rest] = await mapFiles([fixture('maps/bedrock-agent.jsonl')], 'bedrock-agent')
  expect(rest).toEqual([])
  const turn = '11111111-2222-4333-8444-555555555555'
  expect(refund).toMatchObject({ run_id: turn, family_id: 's-9', session_id: 's-9', intent_id: 'AG1' })
  expect(refund!.steps).toMatchObject([
    said('system', 'Refund.'),
    said('user', 'Refund order 7'),
    call('model-x', 500, 20, { cached_prompt_tokens: 400, latency_ms: 900 }),
    { kind: 'tool_call', tool_call_id: `${turn}-0_0`, name: 'get_order', arguments: { order: '7' } },
    { kind: 'tool_result', tool_call_id: `${turn}-0_0`, content: 'sent', error: false },
    call('model-x', 150, 10),
    { kind: 'tool_call', tool_call_id: 'inv-1_0', name: 'Refund' },
    { kind: 'approval', gate: 'refund', tool_call_id: 'inv-1_0', asked: true, granted: null },
  ])
  expect(question).toMatchObject({
    family_id: 'trace:aaaaaaaa-2222-4333-8444-555555555555',
    offers: { kb_9kb: { depth: 3, exhausted: false } },
    outcome: { outputs: 'Two days.', latency_ms: 2100 },
  })
  expect(question!.evidence).toMatchObject([
    { evidence_ref: 'c1', source: 's3://faq', ranks: { as_ranked: 1 } },
    { evidence_ref: expect.stringMatching(/^d_[0-9a-f]{16}$/), source: null, ranks: { as_ranked: 2 }, text: 'Ask us.' },
  ])
})

test('promptfoo: a cached answer has no tokens, a grader’s are not read, a judge is one, an error is no run', async () => {
  const [first, second, ...rest] = await mapFiles([fixture('maps/promptfoo.json')], 'promptfoo')
  expect(rest).toEqual([])
  expect(first).toMatchObject({
    case_id: 'test:0',
    family_id: 'conv-1',
    settings: { 'model.name': 'openai:gpt-x', 'prompt.main.version': 'p1' },
    outcome: { passed: true, score: 1, score_kind: 'rule', latency_ms: 812, cost_cents: 0.02 },
  })
  expect(first!.steps).toMatchObject([
    said('system', 'Be brief.'),
    said('user', 'Two and two?'),
    call('openai:gpt-x', 20, 5, { reasoning_tokens: 3 }),
    said('assistant', '4'),
  ])
  expect(second).toMatchObject({
    family_id: 'test:1',
    outcome: { passed: false, score_kind: 'judge', latency_ms: null, cost_cents: null },
  })
  expect(second!.steps).toMatchObject([
    said('user', 'Answer: Weather?'),
    call('openai:gpt-x', null, null, { latency_ms: null }),
    { kind: 'tool_call', name: 'weather', arguments: { city: 'Oslo' } },
  ])
})

test('promptfoo: the document on one line gives the same runs as on many', async () => {
  using folder = new Folder()
  const text = JSON.stringify(JSON.parse(readFileSync(fixture('maps/promptfoo.json'), 'utf8')))
  const one = await mapFiles([folder.write('one.json', text)], 'promptfoo')
  expect(one).toEqual(await mapFiles([fixture('maps/promptfoo.json')], 'promptfoo'))
})

test('tau-bench: ids that repeat are numbered, results follow their calls, a canned line is no call', async () => {
  const [tau2] = await mapFiles([fixture('maps/tau2.json')], 'tau-bench')
  expect(tau2).toMatchObject({
    run_id: 'sim-1',
    family_id: 'task:retail:0',
    intent_id: 'retail',
    outcome: { status: 'user_stop', passed: true, score_kind: 'rule', latency_ms: 26_250, cost_cents: 18 },
  })
  expect(tau2!.steps).toMatchObject([
    said('assistant', 'Hi! How can I help?'),
    said('user', 'Where is #W1?'),
    call('gpt-x', 900, 30),
    { kind: 'tool_call', tool_call_id: 'c2_0', name: 'get_order' },
    { kind: 'tool_call', tool_call_id: 'c2_1', name: 'get_user' },
    { kind: 'tool_result', tool_call_id: 'c2_0', error: false },
    { kind: 'tool_result', tool_call_id: 'c2_1', content: 'Error: no such user', error: true },
    call('gpt-x', 950, 6),
    said('assistant', 'It was sent.'),
  ])
  const [tau1] = await mapFiles([fixture('maps/tau1.json')], 'tau-bench')
  expect(tau1).toMatchObject({ family_id: 'yusuf_rossi_9620', case_id: 'tau-bench:7', outcome: { passed: false } })
  expect(tau1!.steps).toMatchObject([
    said('system', 'Policy.'),
    said('user', 'Cancel #W2'),
    call(null, null, null),
    { kind: 'tool_call', tool_call_id: 'c2_0', name: 'cancel_order', arguments: { order_id: '#W2' } },
    { kind: 'tool_result', tool_call_id: 'c2_0', content: 'done', error: null },
    call(null, null, null),
    said('assistant', 'Cancelled.'),
  ])
})

/** Agents of many frameworks, each as its tracer writes the same small conversation: the same steps come of all of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { aCall, anAgent, answers, aRequest, aSpan, asks, aTool, text } from '../support/spans.ts'
import { readTraceFiles } from '../support/traces.ts'

const folder = mkdtempSync(join(tmpdir(), 'frameworks-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function runsOf(value: unknown) {
  const file = join(folder, 'a.json')
  writeFileSync(file, JSON.stringify(value))
  return await readTraceFiles([file])
}

/** What a run says, in a word a step. */
async function toldBy(...spans: readonly object[]): Promise<readonly string[]> {
  const { runs } = await runsOf(aRequest(...spans))
  expect(runs).toHaveLength(1)
  return runs[0]!.steps.map((step) => {
    if (step.kind === 'message') return `${step.role}: ${step.content}`
    if (step.kind === 'model_call') return 'call'
    if (step.kind === 'tool_call') return `${step.name} ${JSON.stringify(step.arguments)}`
    if (step.kind === 'tool_result') return `-> ${step.content}`
    return step.kind
  })
}

const id = (n: number) => n.toString(16).padStart(16, '0')
const ROOT = { id: id(1), to: 20 }
const REFUND = { order: 'A-1' }
const STEPS = ['user: Refund A-1', 'call', 'refund {"order":"A-1"}', '-> ok 12.50', 'call', 'assistant: Done']

const spanAt = (n: number, from: number, attributes: Readonly<Record<string, unknown>>, name = 'span') =>
  aSpan({ id: id(n), parent: id(1), from, to: from + 2, name, attributes })
const asked = asks({ id: 'c1', name: 'refund', arguments: REFUND })
const said = (input: readonly object[], output: readonly object[]) => ({
  attributes: { 'gen_ai.input.messages': input, 'gen_ai.output.messages': output },
})
const question = text('user', 'Refund A-1')
const first = aCall({ id: id(2), parent: id(1), from: 1, to: 3, ...said([question], [asked]) })
const second = aCall({
  id: id(4),
  parent: id(1),
  from: 6,
  to: 8,
  ...said([question, asked, answers('c1', 'ok 12.50')], [text('assistant', 'Done')]),
})

describe('one call of a tool that several spans tell of', () => {
  const mcp = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.call.arguments': undefined }
  const served = { content: [{ type: 'text', text: 'ok 12.50' }], isError: false }
  const lower = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'refund' }

  test('framework, client and server of MCP, each below the one before', async () => {
    const tool = aTool('refund', REFUND, 'ok 12.50', {
      id: id(3),
      parent: id(1),
      from: 3,
      to: 5,
      attributes: { 'gen_ai.tool.call.id': 'c1' },
    })
    const client = aSpan({
      id: id(5),
      parent: id(3),
      from: 3,
      name: 'tools/call refund',
      attributes: { ...lower, ...mcp },
    })
    const server = aSpan({
      id: id(6),
      parent: id(5),
      from: 3,
      name: 'tools/call refund',
      attributes: { ...lower, 'gen_ai.tool.call.arguments': REFUND, 'gen_ai.tool.call.result': served },
    })
    expect(await toldBy(anAgent('shop', ROOT), first, tool, client, server, second)).toEqual(STEPS)
  })

  test('what the framework left out is what the server says', async () => {
    const bare = aSpan({ id: id(3), parent: id(1), from: 3, to: 5, name: 't', attributes: lower })
    const server = aTool('shop.refund', REFUND, JSON.stringify(served), { id: id(6), parent: id(3), from: 3 })
    expect(await toldBy(anAgent('shop', ROOT), first, bare, server, second)).toEqual(STEPS)
  })

  test('a tool that asks another tool, or itself by way of an agent, is two pieces of work', async () => {
    const outer = aTool('refund', REFUND, 'ok 12.50', { id: id(3), parent: id(1), from: 3, to: 5 })
    const agent = anAgent('helper', { id: id(7), parent: id(3), from: 3, to: 5 })
    const inner = aTool('lookup', { of: 1 }, 'found', { id: id(8), parent: id(3), from: 3 })
    const again = aTool('refund', { order: 'B-2' }, 'no', { id: id(9), parent: id(7), from: 4 })
    const told = await toldBy(anAgent('shop', ROOT), first, outer, agent, inner, again, second)
    expect(told.filter((step) => /^(lookup|refund) /.test(step)).sort()).toEqual([
      'lookup {"of":1}',
      'refund {"order":"A-1"}',
      'refund {"order":"B-2"}',
    ])
  })
})

describe('OpenInference', () => {
  const kind = (name: string, more: object = {}) => ({ 'openinference.span.kind': name, ...more })
  const out = 'llm.output_messages.0.message'
  const calls = {
    'llm.input_messages.0.message.role': 'user',
    'llm.input_messages.0.message.content': 'Refund A-1',
    [`${out}.tool_calls.0.tool_call.function.name`]: 'refund',
    [`${out}.tool_calls.0.tool_call.function.arguments`]: '{"order":"A-1"}',
  }
  const ends = { 'llm.input_messages.0.message.content': 'Refund A-1', [`${out}.content`]: 'Done' }
  const around = (given: unknown, more: object = {}) => [
    aSpan({ ...ROOT, attributes: kind('AGENT') }),
    spanAt(2, 1, kind('LLM', calls)),
    spanAt(3, 3, kind('TOOL', { 'tool.name': 'refund', 'input.value': given, 'output.value': 'ok 12.50', ...more })),
    spanAt(4, 6, kind('LLM', ends)),
  ]

  test.each<[string, unknown]>([
    ['smolagents', { args: [], sanitize_inputs_outputs: true, kwargs: REFUND }],
    ['LlamaIndex, DSPy', { kwargs: REFUND }],
    ['CrewAI', { calling: { tool_name: 'refund', arguments: REFUND } }],
    ['a tool called as it is', REFUND],
  ])('%s: arguments are what the tool was called with, not how', async (_, given) => {
    expect(await toldBy(...around(given))).toEqual(STEPS)
  })

  test('messages as one list, with dotted names or without', async () => {
    const dotted = {
      'llm.input_messages': [{ 'message.role': 'user', 'message.content': 'hi' }],
      'llm.output_messages': [{ message: { role: 'assistant', content: 'hello' } }],
    }
    expect(await toldBy(aSpan({ attributes: kind('LLM', dotted) }))).toEqual(['user: hi', 'call', 'assistant: hello'])
  })
})

test('Google ADK: requests and answers of Gemini, and tools that were told twice', async () => {
  const own = (fields: object) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [`gcp.vertex.agent.${name}`, value]))
  const user = { role: 'user', parts: [{ text: 'Refund A-1' }] }
  const model = { role: 'model', parts: [{ function_call: { id: 'adk-1', name: 'refund', args: REFUND } }] }
  const answer = { function_response: { id: 'adk-1', name: 'refund', response: { result: 'ok 12.50' } } }
  const llm = (contents: readonly object[], content: object) =>
    own({ session_id: 's-9', llm_request: { model: 'gemini', config: {}, contents }, llm_response: { content } })
  const tool = (name: string, given: unknown, result: unknown) => ({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': name,
    'gen_ai.tool.call.id': '<not specified>',
    ...own({ llm_request: '{}', llm_response: '{}', tool_call_args: given, tool_response: result }),
  })
  const spans = [
    anAgent('shop', ROOT),
    spanAt(2, 1, llm([user], model), 'call_llm'),
    spanAt(3, 3, tool('refund', REFUND, { result: 'ok 12.50' })),
    spanAt(5, 5, tool('(merged tools)', 'N/A', '<not serializable>')),
    spanAt(4, 6, llm([user, model, { role: 'user', parts: [answer] }], { role: 'model', parts: [{ text: 'Done' }] })),
  ]
  expect(await toldBy(...spans)).toEqual(STEPS)
  expect((await runsOf(aRequest(...spans))).runs[0]).toMatchObject({ family_id: 's-9', source: { dialect: 'adk' } })
})

test("LangSmith's SDK over OpenTelemetry", async () => {
  const message = (of: string, kwargs: object) => ({ lc: 1, type: 'constructor', id: ['langchain', of], kwargs })
  const human = message('HumanMessage', { content: 'Refund A-1' })
  const ai = message('AIMessage', { content: '', tool_calls: [{ name: 'refund', args: REFUND, id: 'c1' }] })
  const tool = message('ToolMessage', { content: 'ok 12.50', tool_call_id: 'c1', type: 'tool' })
  const done = message('AIMessage', { content: 'Done' })
  const run = (kind: string, prompt: object, completion: object) => ({
    'langsmith.span.kind': kind,
    'gen_ai.operation.name': kind === 'llm' ? 'chat' : kind,
    'langsmith.metadata.thread_id': 'th-1',
    'gen_ai.prompt': prompt,
    'gen_ai.completion': completion,
  })
  const generated = (of: object) => ({ generations: [[{ text: '', message: of }]] })
  const spans = [
    aSpan({ ...ROOT, attributes: run('chain', { messages: [human] }, { messages: [human, ai, tool, done] }) }),
    spanAt(2, 1, run('llm', { messages: [[human]] }, generated(ai))),
    spanAt(3, 3, run('tool', { input: "{'order': 'A-1'}" }, { output: tool }), 'refund'),
    spanAt(4, 6, run('llm', { messages: [[human, ai, tool]] }, generated(done))),
  ]
  expect(await toldBy(...spans)).toEqual(STEPS)
  expect((await runsOf(aRequest(...spans))).runs[0]).toMatchObject({ family_id: 'th-1' })
})

test('messages as pairs of a role and a text, which two texts that the user said are not', async () => {
  const call = (input: unknown) => aCall({ attributes: { 'gen_ai.input.messages': input } })
  const pairs = [['system', 'Be kind.'], ['human', 'hi']] // biome-ignore format: as they are written
  for (const input of [pairs, [pairs]])
    expect(await toldBy(call(input))).toEqual(['system: Be kind.', 'user: hi', 'call', 'assistant: hello'])
  expect(await toldBy(call([['one', 'two']]))).toEqual(['user: one', 'user: two', 'call', 'assistant: hello'])
})

test('OpenLLMetry that names operations too', async () => {
  const prompt = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.prompt.0.role': 'user',
    'gen_ai.prompt.0.content': 'Refund A-1',
  }
  const entity = (input: object) => ({
    'gen_ai.operation.name': 'execute_tool',
    'traceloop.span.kind': 'tool',
    'traceloop.entity.name': 'refund',
    'traceloop.entity.input': input,
    'traceloop.entity.output': { content: [{ type: 'text', text: 'ok 12.50' }] },
  })
  const completion = {
    'gen_ai.completion.0.tool_calls.0.name': 'refund',
    'gen_ai.completion.0.tool_calls.0.arguments': '{"order":"A-1"}',
  }
  const spans = (input: object) => [
    aSpan({ ...ROOT, attributes: { 'traceloop.span.kind': 'workflow', 'traceloop.entity.name': 'shop' } }),
    spanAt(2, 1, { ...prompt, ...completion }),
    spanAt(3, 3, entity(input)),
    spanAt(4, 6, { ...prompt, 'gen_ai.completion.0.content': 'Done' }),
  ]
  expect(await toldBy(...spans({ inputs: REFUND, kwargs: {} }))).toEqual(STEPS)
  expect(await toldBy(...spans({ tool_name: 'refund', arguments: REFUND }))).toEqual(STEPS)
})

describe('content under names of earlier conventions', () => {
  const chat = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' }
  test.each<[string, object]>([
    ['Spring AI', { 'gen_ai.prompt': ['hi'], 'gen_ai.completion': ['hello'] }],
    ['OpenLIT', { 'gen_ai.content.prompt': 'user: hi', 'gen_ai.content.completion': 'hello' }],
  ])('%s', async (_, attributes) => {
    expect(await toldBy(aSpan({ attributes: { ...chat, ...attributes } }))).toEqual([
      'user: hi',
      'call',
      'assistant: hello',
    ])
  })

  test('lines of several speakers are a message each', async () => {
    const prompt = 'system: Be kind.\nuser: hi\nthere\nassistant: yes?\nuser: bye'
    const attributes = { ...chat, 'gen_ai.content.prompt': prompt, 'gen_ai.content.completion': 'bye' }
    expect(await toldBy(aSpan({ attributes }))).toEqual([
      'system: Be kind.',
      'user: hi\nthere',
      'assistant: yes?',
      'user: bye',
      'call',
      'assistant: bye',
    ])
  })
})

test('a message whose words stand in an unknown place is told of, and is no empty one', async () => {
  const odd = aCall({ attributes: { 'gen_ai.input.messages': [{ role: 'user', wording: 'hi' }] } })
  const { runs, report } = await runsOf(aRequest(odd))
  expect(runs[0]!.steps[0]).toMatchObject({ role: 'user', content: '', omitted: { unread: 1 } })
  expect(report.counts).toMatchObject({ messages: { parts_left_out: { unread: 1 } } })
  const dictionary = { type: 'human', data: { content: 'hi', additional_kwargs: {} } }
  const told = await toldBy(aCall({ attributes: { 'gen_ai.input.messages': [dictionary] } }))
  expect(told[0]).toBe('user: hi')
})

test('of several answers the agent goes on with the first', async () => {
  const each = (content: string) => ({ ...text('assistant', content), finish_reason: 'stop' })
  const call = aCall({ attributes: { 'gen_ai.output.messages': [each('A'), each('B')] } })
  expect(await toldBy(call)).toEqual(['user: hi', 'call', 'assistant: A'])
  const { report } = await runsOf(aRequest(call))
  expect(report.counts).toMatchObject({ messages: { parts_left_out: { candidate: 1 } } })
})

test('an agent that tells of all its turns in one span lists what its tools answered among its own answers', async () => {
  const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'shop', 'gen_ai.usage.input_tokens': 9 }
  const messages = {
    'gen_ai.input.messages': [question],
    'gen_ai.output.messages': [asked, answers('c1', 'ok 12.50'), text('assistant', 'Done')],
  }
  expect(await toldBy(aSpan({ ...ROOT, attributes: { ...agent, ...messages } }))).toEqual([
    ...['user: Refund A-1', 'call', 'refund {"order":"A-1"}', '-> ok 12.50', 'assistant: Done'],
  ])
})

test('scores that nobody named are told with an option that names them', async () => {
  const event = (name: string, said: object) => ({
    name: 'gen_ai.evaluation.result',
    timeUnixNano: '1700000000000000000',
    attributes: Object.entries({ 'gen_ai.evaluation.name': name, ...said }).map(([key, value]) => ({
      key,
      value: typeof value === 'number' ? { doubleValue: value } : { stringValue: value },
    })),
  })
  const events = [
    event('resolved', { 'gen_ai.evaluation.score.label': 'yes' }),
    event('tone', { 'gen_ai.evaluation.score.value': 0.8 }),
  ]
  const { report } = await runsOf(aRequest({ ...aCall(), events }))
  expect(report.scores).toEqual([
    { name: 'resolved', n: 1, kind: 'judge', option: '--score resolved=yes' },
    { name: 'tone', n: 1, kind: 'judge', option: '--score tone>=0.5' },
  ])
})

test('log records of an application that belong to no span are nobody’s', async () => {
  const record = (more: object) => ({ timeUnixNano: '1700000000000000000', body: { stringValue: 'started' }, ...more })
  const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [record({}), record({ traceId: '', spanId: '' })] }] }] }
  const { runs, report } = await runsOf([aRequest(aCall()), logs, logs])
  expect(runs).toHaveLength(1)
  expect(report.counts).not.toHaveProperty('unread')
})

describe('a file of several dialects', () => {
  const chain = aSpan({ ...ROOT, attributes: { 'openinference.span.kind': 'CHAIN' } })
  const other = aSpan({ id: id(9), parent: id(1), attributes: { 'openinference.span.kind': 'CHAIN' } })

  test('as many of one as of another: each span is read by its own, and the run says the same whichever is more', async () => {
    const even = await runsOf(aRequest(chain, first))
    const odd = await runsOf(aRequest(chain, first, other))
    expect(even.runs[0]!.source).toEqual({ dialect: 'otel-genai' })
    expect(odd.runs[0]).toEqual(even.runs[0])
  })

  test('of envelopes that share nothing, as many of one as of the other, is an error that names both', async () => {
    const run = { id: 'r', trace_id: 't', run_type: 'llm', name: 'x', start_time: '2025-06-01T10:00:00Z' }
    await expect(runsOf([aRequest(first), run])).rejects.toThrow(/otel-genai and langsmith fit equally\. Name one/)
  })

  test('a trace without a root waits where its last call asked for tools, and is a run where one span holds all others', async () => {
    const aRootless = (...spans: readonly object[]) => runsOf(aRequest(...spans))
    expect((await aRootless(first, spanAt(8, 9, {}))).report.waits).toMatchObject([{ reason: 'cut', n: 1 }])
    expect((await aRootless(aSpan({ ...ROOT, parent: id(99) }), first, spanAt(8, 9, {}))).runs).toHaveLength(1)
  })

  test('other spans of a service may stand before those of its agent, however many', async () => {
    const http = (n: number) => aRequest(aSpan({ trace: n.toString(16).padStart(32, '0'), name: 'GET /health' }))
    const many = Array.from({ length: 250 }, (_, n) => http(n + 1))
    const { runs, report } = await runsOf([...many, aRequest(first)])
    expect([runs.length, report.dialects]).toEqual([1, [expect.objectContaining({ name: 'otel-genai' })]])
    await expect(runsOf(many)).rejects.toThrow(/no known dialect wrote this/)
  })
})

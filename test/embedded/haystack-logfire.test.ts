/** Spans that say what was asked and answered in their own JSON: Haystack's tracer, and Logfire's clients of OpenAI and Anthropic. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { aRequest, aSpan } from '../support/spans.ts'
import { readTraceFiles } from '../support/traces.ts'

const folder = mkdtempSync(join(tmpdir(), 'haystack-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function runOf(...spans: readonly object[]) {
  const file = join(folder, 'a.json')
  writeFileSync(file, JSON.stringify(aRequest(...spans)))
  const { runs, report } = await readTraceFiles([file])
  expect(runs).toHaveLength(1)
  const told = runs[0]!.steps.map((step) => {
    if (step.kind === 'message') return `${step.role}: ${step.content}`
    if (step.kind === 'model_call') return `call ${step.model} ${step.prompt_tokens}+${step.completion_tokens}`
    if (step.kind === 'tool_call') return `${step.name} ${JSON.stringify(step.arguments)}`
    if (step.kind === 'tool_result') return `-> ${step.content} ${step.error}`
    return step.kind
  })
  return { run: runs[0]!, told, report }
}

const id = (n: number) => n.toString(16).padStart(16, '0')
const at = (n: number, name: string, attributes: object, parent = 1) =>
  aSpan({ id: id(n), ...(n === 1 ? { to: 30 } : { parent: id(parent) }), from: n, name, attributes: { ...attributes } })

describe('Haystack', () => {
  const said = (role: string, content: readonly object[], meta: object = {}) => ({ role, meta, name: null, content })
  const usage = { prompt_tokens: 40, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 8 } }
  const meta = { model: 'gpt-x', finish_reason: 'stop', usage }
  const call = { tool_name: 'refund', arguments: { order: 'A-1' }, id: 'c1' }
  const question = said('user', [{ text: 'Refund A-1' }])
  const asks = said('assistant', [{ text: 'I look.' }, { tool_call: call }], meta)
  const result = said('tool', [{ tool_call_result: { result: 'no such order', origin: call, error: true } }])
  const done = said('assistant', [{ text: 'Done' }], meta)
  const STEPS = [
    'user: Refund A-1',
    'call gpt-x 40+5',
    'assistant: I look.',
    'refund {"order":"A-1"}',
    '-> no such order true',
    'call gpt-x 40+5',
    'assistant: Done',
  ]
  const component = (type: string, name: string, input: object, output: object) => ({
    'haystack.component.type': type,
    'haystack.component.name': name,
    'haystack.component.input': input,
    'haystack.component.output': output,
  })

  test('an agent whose generator and tools are components', async () => {
    const { run, told, report } = await runOf(
      at(1, 'haystack.agent.run', { 'haystack.agent.max_steps': 9 }),
      at(
        2,
        'haystack.component.run',
        component(
          'OpenAIChatGenerator',
          'chat_generator',
          { messages: [question], generation_kwargs: { temperature: 0.2 } },
          { replies: [asks] },
        ),
      ),
      at(
        3,
        'haystack.component.run',
        component('ToolInvoker', 'tool_invoker', { messages: [asks] }, { tool_messages: [result] }),
      ),
      at(
        4,
        'haystack.component.run',
        component(
          'OpenAIChatGenerator',
          'chat_generator',
          { messages: [question, asks, result], generation_kwargs: { temperature: 0.2 } },
          { replies: [done] },
        ),
      ),
    )
    expect(told).toEqual(STEPS)
    expect(run.settings).toEqual({ 'model.name': 'gpt-x', 'model.temperature': 0.2 })
    expect(run.steps[1]).toMatchObject({ cached_prompt_tokens: 8 })
    expect(report.dialects).toMatchObject([{ name: 'haystack', share: 1 }])
  })

  test('an agent of version 3: a span a step, below it the call and each tool', async () => {
    const old = (message: typeof question) => ({ _role: message.role, _content: message.content, _meta: message.meta })
    const llm = (input: object[], output: object) => ({
      'haystack.agent.step.llm.input': { messages: input },
      'haystack.agent.step.llm.output': { replies: [output] },
    })
    const { told } = await runOf(
      at(1, 'haystack.agent.run', {}),
      at(2, 'haystack.agent.step', { 'haystack.agent.step': 0 }),
      at(3, 'haystack.agent.step.llm', llm([old(question)], old(asks)), 2),
      at(
        4,
        'haystack.agent.step.tool',
        {
          'haystack.tool.name': 'refund',
          'haystack.agent.step.tool.input': { order: 'A-1' },
          'haystack.agent.step.tool.output': { error: 'no such order' },
        },
        2,
      ),
      at(5, 'haystack.agent.step', { 'haystack.agent.step': 1 }),
      at(6, 'haystack.agent.step.llm', llm([old(question), old(asks), old(result)], old(done)), 5),
    )
    expect(told).toEqual(STEPS.with(4, '-> {"error":"no such order"} false'))
  })

  test('a pipeline that retrieves, ranks and asks a generator of texts', async () => {
    const doc = (name: string, score: number) => ({ id: name, content: `text of ${name}`, score, file_path: 'faq.md' })
    const { run, told } = await runOf(
      at(1, 'haystack.pipeline.run', { 'haystack.pipeline.metadata': {} }),
      at(
        2,
        'haystack.component.run',
        component(
          'InMemoryBM25Retriever',
          'faq',
          { query: 'parcels?', top_k: 5 },
          { documents: [doc('a', 2), doc('b', 1)] },
        ),
      ),
      at(
        3,
        'haystack.component.run',
        component('LLMRanker', 'faq', { query: 'parcels?' }, { documents: [doc('b', 9), doc('a', 3)] }),
      ),
      at(
        4,
        'haystack.component.run',
        component(
          'OpenAIGenerator',
          'llm',
          { prompt: 'Answer: parcels?', system_prompt: 'Be kind.' },
          { replies: ['Two days.'], meta: [meta] },
        ),
      ),
    )
    expect(told).toEqual([
      'system: Be kind.',
      'user: Answer: parcels?',
      'retrieval',
      'call gpt-x 40+5',
      'assistant: Two days.',
    ])
    expect(run.offers).toEqual({ faq: { depth: 5, exhausted: true } })
    expect(run.evidence).toMatchObject([
      { evidence_ref: 'a', bucket: 'faq', source: 'faq.md', ranks: { as_ranked: 1, reranked: 2 }, text: 'text of a' },
      { evidence_ref: 'b', ranks: { as_ranked: 2, reranked: 1 } },
    ])
  })

  test('without content, which is off unless it is switched on, a trace is dropped with that reason', async () => {
    const file = join(folder, 'b.json')
    const attributes = { 'haystack.component.type': 'OpenAIChatGenerator', 'haystack.component.name': 'llm' }
    writeFileSync(file, JSON.stringify(aRequest(at(1, 'haystack.component.run', attributes))))
    await expect(readTraceFiles([file])).rejects.toThrow('messages were not captured')
  })
})

describe('Logfire', () => {
  const request = (more: object) => ({ model: 'gpt-x', temperature: 0.5, ...more })
  const question = { role: 'user', content: 'Refund A-1' }
  const call = { id: 'c1', type: 'function', function: { name: 'refund', arguments: '{"order":"A-1"}' } }
  const asks = { role: 'assistant', content: null, tool_calls: [call] }
  const usage = { prompt_tokens: 40, completion_tokens: 5, total_tokens: 45 }
  const result = { role: 'tool', tool_call_id: 'c1', content: 'ok 12.50' }

  test('a chat of OpenAI, its last answer as a stream', async () => {
    const again = request({ messages: [question, asks, result], stream: true })
    const { run, told, report } = await runOf(
      at(1, 'answer', { 'logfire.span_type': 'span' }),
      at(2, 'Chat Completion with {request_data[model]!r}', {
        request_data: request({ messages: [question] }),
        response_data: { message: asks, usage },
        'gen_ai.response.model': 'gpt-x-2026',
      }),
      at(4, 'Chat Completion with {request_data[model]!r}', { request_data: again }),
      at(6, 'streaming response from {request_data[model]!r} took {duration:.2f}s', {
        request_data: again,
        response_data: { combined_chunk_content: 'Done', chunk_count: 2 },
        duration: 1,
        'logfire.span_type': 'log',
      }),
    )
    expect(told).toEqual([
      'user: Refund A-1',
      'call gpt-x-2026 40+5',
      'refund {"order":"A-1"}',
      '-> ok 12.50 null',
      'call gpt-x null+null',
      'assistant: Done',
    ])
    expect(run.steps[4]).toMatchObject({ latency_ms: 1000 })
    expect(run.settings).toEqual({ 'model.name': 'gpt-x', 'model.temperature': 0.5 })
    expect(report.dialects).toMatchObject([{ name: 'logfire' }])
  })

  test('a message of Anthropic: its input without what a cache held, its arguments in an object of their own', async () => {
    const input = { messages: [question], system: 'Be kind.', max_tokens: 100 }
    const tool = { id: 'c1', function: { name: 'refund', arguments: '{"input":{"order":"A-1"}}' } }
    const { told } = await runOf(
      at(1, 'Message with {request_data[model]!r}', {
        'gen_ai.system': 'anthropic',
        'gen_ai.operation.name': 'chat',
        request_data: request(input),
        response_data: {
          message: { role: 'assistant', content: 'I look.', tool_calls: [tool] },
          usage: { input_tokens: 10, cache_read_input_tokens: 30, cache_creation_input_tokens: 2, output_tokens: 5 },
        },
      }),
    )
    expect(told).toEqual([
      'system: Be kind.',
      'user: Refund A-1',
      'call gpt-x 42+5',
      'assistant: I look.',
      'refund {"order":"A-1"}',
    ])
  })

  test('embeddings are no calls, and what also says its messages as the conventions do is read by those', async () => {
    const chat = {
      request_data: request({ messages: [question] }),
      response_data: { message: { role: 'assistant', content: 'Done' }, usage },
      'gen_ai.operation.name': 'chat',
      'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'Refund A-1' }] }],
      'gen_ai.output.messages': [{ role: 'assistant', parts: [{ type: 'text', content: 'Done' }] }],
    }
    const embedding = { request_data: { model: 'emb', input: 'Refund A-1' }, response_data: { usage } }
    const { run, told } = await runOf(
      at(1, 'Chat Completion with {request_data[model]!r}', chat),
      at(2, 'Embedding Creation with {request_data[model]!r}', embedding),
    )
    expect(told).toEqual(['user: Refund A-1', 'call null null+null', 'assistant: Done'])
    expect(run.source).toEqual({ dialect: 'otel-genai' })
  })
})

/** What clients of models pass and give, in an attribute or a run: every item is read as what it is, and of several answers the first. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { aCall, aRequest } from '../support/spans.ts'
import { readTraceFiles } from '../support/traces.ts'

const folder = mkdtempSync(join(tmpdir(), 'clients-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function toldBy(value: unknown): Promise<readonly string[]> {
  const file = join(folder, 'a.json')
  writeFileSync(file, JSON.stringify(value))
  const { runs } = await readTraceFiles([file])
  return runs[0]!.steps.map((step) => {
    if (step.kind === 'message')
      return `${step.role}: ${step.content}${step.omitted ? JSON.stringify(step.omitted) : ''}`
    if (step.kind === 'model_call') return `call ${step.prompt_tokens}+${step.completion_tokens}`
    if (step.kind === 'tool_call') return `${step.name} ${JSON.stringify(step.arguments)}`
    if (step.kind === 'tool_result') return `-> ${step.content} ${step.error}`
    return step.kind
  })
}

const given = (input: unknown) => toldBy(aRequest(aCall({ attributes: { 'gen_ai.input.messages': input } })))
const END = ['call 5+3', 'assistant: hello']

test.each<[what: string, input: unknown, told: readonly string[]]>([
  [
    'a tool of free text',
    [
      { type: 'custom_tool_call', call_id: 'c', name: 'patch', input: 'a = 1' },
      { type: 'custom_tool_call_output', call_id: 'c', output: 'ok' },
    ],
    ['patch "a = 1"', '-> ok null'],
  ],
  [
    'a call of a server of MCP, which holds its answer',
    [{ type: 'mcp_call', id: 'm', name: 'find', arguments: '{"q":1}', output: 'found', error: null }],
    ['find {"q":1}', '-> found false'],
  ],
  [
    'one that failed',
    [{ type: 'mcp_call', id: 'm', name: 'find', arguments: '{}', error: 'no' }],
    ['find {}', '-> no true'],
  ],
  [
    'a search of the provider’s own, which the model called',
    [{ type: 'web_search_call', id: 'w', status: 'completed' }],
    ['assistant: {"web_search_call":1}'],
  ],
  ['a prompt beside its parameters', { model: 'm', prompt: 'hi', max_tokens: 5 }, ['user: hi']],
  ['a list of one prompt', { prompts: ['hi'] }, ['user: hi']],
  ['a prompt beside what else was said', { prompt: 'hi', context: 'x' }, ['user: {"context":"x","prompt":"hi"}']],
])('%s', async (_, input, told) => {
  expect(await given(input)).toEqual([...told, ...END])
})

const run = (outputs: object) =>
  toldBy({
    id: 'r',
    trace_id: 'r',
    run_type: 'llm',
    name: 'x',
    start_time: 1,
    end_time: 2,
    inputs: { prompt: 'hi' },
    outputs,
  })

test.each<[what: string, outputs: object, told: readonly string[]]>([
  [
    'of several generations the first',
    { generations: [[{ text: 'A' }, { text: 'B' }]] },
    ['call null+null', 'assistant: A{"candidate":1}'],
  ],
  [
    'tokens of OpenAI beside its answer',
    { choices: [{ text: 'A' }], usage: { prompt_tokens: 7, completion_tokens: 2 } },
    ['call 7+2', 'assistant: A'],
  ],
  [
    'tokens of Anthropic, whose input is the fresh rest',
    {
      role: 'assistant',
      content: [{ type: 'text', text: 'A' }],
      usage: { input_tokens: 5, cache_read_input_tokens: 20, cache_creation_input_tokens: 0, output_tokens: 2 },
    },
    ['call 25+2', 'assistant: A'],
  ],
  [
    'tokens of LangChain before messages had their own',
    { generations: [[{ text: 'A' }]], llm_output: { token_usage: { prompt_tokens: 7, completion_tokens: 2 } } },
    ['call 7+2', 'assistant: A'],
  ],
])('a run of LangSmith: %s', async (_, outputs, told) => {
  expect(await run(outputs)).toEqual(['user: hi', ...told])
})

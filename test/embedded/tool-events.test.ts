/** Tools whose arguments and answer stand in events: what it was given is not what it gave. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readTraceFiles } from '../support/traces.ts'

const folder = mkdtempSync(join(tmpdir(), 'tool-events-'))
afterAll(() => rmSync(folder, { recursive: true }))

const attributes = (all: Readonly<Record<string, string>>) =>
  Object.entries(all).map(([key, stringValue]) => ({ key, value: { stringValue } }))
const event = (name: string, all: Readonly<Record<string, string>>) => ({ name, attributes: attributes(all) })

const span = (id: number, at: number, all: Readonly<Record<string, string>>, events: readonly unknown[]) => ({
  traceId: '5b8aa5a2d2c872e8321cf37308d69df2',
  spanId: String(id).padStart(16, '0'),
  ...(id === 1 ? {} : { parentSpanId: '1'.padStart(16, '0') }),
  name: 'span',
  startTimeUnixNano: `${1_775_042_300 + at}000000000`,
  endTimeUnixNano: `${1_775_042_300 + (id === 1 ? 9 : at + 1)}000000000`,
  attributes: attributes(all),
  events,
})

const USE = JSON.stringify([{ toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Bonn' } } }])

async function toolOf(events: readonly unknown[]) {
  const spans = [
    span(1, 0, { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'guide' }, []),
    span(2, 1, { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' }, [
      event('gen_ai.user.message', { content: JSON.stringify([{ text: 'weather?' }]) }),
      event('gen_ai.choice', { message: USE, finish_reason: 'tool_use' }),
    ]),
    span(
      3,
      3,
      { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'weather', 'gen_ai.tool.call.id': 't1' },
      events,
    ),
  ]
  const file = join(folder, 'spans.json')
  writeFileSync(file, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }))
  const { runs } = await readTraceFiles([file])
  return runs[0]!.steps.filter(({ kind }) => kind.startsWith('tool_'))
}

const GIVEN = event('gen_ai.tool.message', { role: 'tool', content: '{"city":"Bonn"}', id: 't1' })

test('Strands: the message of the tool is what it was given, the choice what it gave', async () => {
  expect(await toolOf([GIVEN, event('gen_ai.choice', { message: '[{"text":"sunny"}]', id: 't1' })])).toMatchObject([
    { tool_call_id: 't1', arguments: { city: 'Bonn' } },
    { tool_call_id: 't1', content: 'sunny', error: false },
  ])
})

test('a message of the tool alone is its answer', async () => {
  const answer = event('gen_ai.tool.message', { role: 'tool', content: 'sunny', id: 't1' })
  expect(await toolOf([answer])).toMatchObject([{ arguments: { city: 'Bonn' } }, { content: 'sunny' }])
})

const details = (side: 'input' | 'output', messages: unknown) =>
  event('gen_ai.client.inference.operation.details', { [`gen_ai.${side}.messages`]: JSON.stringify(messages) })

test('Strands, the newer conventions: an event of what was given, and one of what came back', async () => {
  const call = { type: 'tool_call', name: 'weather', id: 't1', arguments: { city: 'Bonn' } }
  const response = { type: 'tool_call_response', id: 't1', response: [{ text: 'sunny' }] }
  expect(
    await toolOf([
      details('input', [{ role: 'tool', parts: [call] }]),
      details('output', [{ role: 'tool', parts: [response] }]),
    ]),
  ).toMatchObject([{ arguments: { city: 'Bonn' } }, { content: 'sunny', error: false }])
})

test('a call of which two events tell is read from both', async () => {
  const spans = [
    span(1, 0, { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' }, [
      details('input', [{ role: 'user', parts: [{ type: 'text', content: 'weather?' }] }]),
      details('output', [{ role: 'assistant', parts: [{ type: 'text', content: 'sunny' }] }]),
    ]),
  ]
  const file = join(folder, 'call.json')
  writeFileSync(file, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }))
  const { runs } = await readTraceFiles([file])
  expect(runs[0]!.steps).toMatchObject([
    { kind: 'message', role: 'user', content: 'weather?' },
    { kind: 'model_call' },
    { kind: 'message', role: 'assistant', content: 'sunny' },
  ])
})

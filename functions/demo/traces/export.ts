/**
 * The made-up shop's conversations as a collector writes them, a trace a line: under OpenTelemetry's GenAI conventions, or under
 * OpenInference's. Everything is drawn from one seed: the same bytes each time.
 */
import { drawFrom } from '../draw.ts'
import { conversation, type ShopConversation } from './conversation.ts'

export const EXAMPLES = ['otel', 'openinference'] as const
export type Example = (typeof EXAMPLES)[number]

/** Enough for a certificate: half of them are sealed. */
export const CONVERSATIONS = 700

type Value = string | number
type Attributes = Readonly<Record<string, Value>>

interface ExampleSpan {
  readonly id: number
  readonly parent: number | null
  readonly name: string
  /** Milliseconds after the trace began. */
  readonly from: number
  readonly to: number
  readonly attrs: Attributes
  readonly events?: readonly { readonly name: string; readonly attrs: Attributes }[]
}

/** Lines of an export. Each begins a trace of its own. */
export function* exampleLines(example: Example, seed = 1, n = CONVERSATIONS): Generator<string> {
  const draw = drawFrom(seed)
  const render = example === 'otel' ? otelSpans : openinferenceSpans
  for (let i = 0; i < n; i++) {
    const said = conversation(i, draw)
    // A working day has some twenty such conversations.
    const start = FIRST + BigInt(Math.floor(i / 20)) * DAY + BigInt(draw.int(8 * 3600, 17 * 3600)) * SECOND
    yield otlpLine(draw.hex(32), start, render(said, clock(draw)))
  }
}

const SECOND = 1_000_000_000n
const DAY = 86_400n * SECOND
/** 2026-04-01. */
const FIRST = 1_775_001_600n * SECOND
const MODEL = 'gpt-4o-mini'

/** Lengths of the five pieces of work, in milliseconds. */
const clock = ({ latency }: { latency(typical: number): number }): readonly number[] =>
  [900, 240, 180, 1100, 320, 700].map(latency)

function otlpLine(traceId: string, start: bigint, spans: readonly ExampleSpan[]): string {
  const list = (attrs: Attributes) =>
    Object.entries(attrs).map(([key, value]) => ({
      key,
      value:
        typeof value === 'number'
          ? Number.isInteger(value)
            ? { intValue: String(value) }
            : { doubleValue: value }
          : { stringValue: value },
    }))
  const id = (n: number) => n.toString(16).padStart(16, '0')
  const at = (ms: number) => String(start + BigInt(ms) * 1_000_000n)
  const written = spans.map(({ id: n, parent, name, from, to, attrs, events = [] }) => ({
    traceId,
    spanId: id(n),
    ...(parent === null ? {} : { parentSpanId: id(parent) }),
    name,
    kind: 1,
    startTimeUnixNano: at(from),
    endTimeUnixNano: at(to),
    attributes: list(attrs),
    events: events.map((event) => ({ name: event.name, timeUnixNano: at(to), attributes: list(event.attrs) })),
    status: {},
  }))
  const resource = { attributes: list({ 'service.name': 'shop-support' }) }
  return JSON.stringify({
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'shop-support' }, spans: written }] }],
  })
}

const SYSTEM =
  'You help customers of a shop. Look up the order, find the clause that applies, refund the line, and say which clause it was.'

/** Where each piece of work begins and ends, one after the other. */
function* inTurn(lengths: readonly number[]): Generator<{ readonly from: number; readonly to: number }> {
  let from = 5
  for (const length of lengths) {
    yield { from, to: from + length }
    from += length + 5
  }
}

function otelSpans(c: ShopConversation, lengths: readonly number[]): ExampleSpan[] {
  const [first, lookup, search, second, refund, last] = [...inTurn(lengths)] as { from: number; to: number }[]
  const text = (content: string) => ({ type: 'text', content })
  const call = (id: string, name: string, args: object) => ({
    role: 'assistant',
    parts: [{ type: 'tool_call', id, name, arguments: args }],
  })
  const answer = (id: string, response: string) => ({
    role: 'tool',
    parts: [{ type: 'tool_call_response', id, response }],
  })
  const opening = [
    { role: 'system', parts: [text(SYSTEM)] },
    { role: 'user', parts: [text(c.request)] },
  ]
  const lookedUp = [...opening, call('c1', 'lookup_order', { order: c.order }), answer('c1', c.orderText)]
  const refunded = [...lookedUp, call('c2', 'refund', { line: c.line, clause: c.clause }), answer('c2', 'refunded')]
  const chat = (
    id: number,
    times: { from: number; to: number },
    input: readonly object[],
    output: object,
  ): ExampleSpan => ({
    id,
    parent: 1,
    name: `chat ${MODEL}`,
    ...times,
    attrs: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': MODEL,
      'gen_ai.response.model': MODEL,
      'gen_ai.request.temperature': 0.2,
      'gen_ai.usage.input_tokens': tokens(JSON.stringify(input)) + (id === 5 || id === 7 ? tokens(passagesText(c)) : 0),
      'gen_ai.usage.output_tokens': tokens(JSON.stringify(output)),
      'gen_ai.input.messages': JSON.stringify(input),
      'gen_ai.output.messages': JSON.stringify([output]),
    },
  })
  const tool = (
    id: number,
    times: { from: number; to: number },
    callId: string,
    name: string,
    args: object,
    result: string,
  ): ExampleSpan => ({
    id,
    parent: 1,
    name: `execute_tool ${name}`,
    ...times,
    attrs: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': name,
      'gen_ai.tool.call.id': callId,
      'gen_ai.tool.call.arguments': JSON.stringify(args),
      'gen_ai.tool.call.result': result,
    },
  })
  return [
    {
      id: 1,
      parent: null,
      name: 'invoke_agent shop-support',
      from: 0,
      to: last!.to + 5,
      attrs: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': 'shop-support',
        'gen_ai.conversation.id': `conv-${c.n}`,
      },
      events: [
        {
          name: 'gen_ai.evaluation.result',
          attrs: {
            'gen_ai.evaluation.name': 'resolved',
            'gen_ai.evaluation.score.value': c.resolved ? 1 : 0,
            'gen_ai.evaluation.score.label': c.resolved ? 'yes' : 'no',
          },
        },
      ],
    },
    chat(2, first!, opening, call('c1', 'lookup_order', { order: c.order })),
    tool(3, lookup!, 'c1', 'lookup_order', { order: c.order }, c.orderText),
    {
      id: 4,
      parent: 1,
      name: 'retrieval shop_rules',
      ...search!,
      attrs: {
        'gen_ai.operation.name': 'retrieval',
        'gen_ai.data_source.id': 'shop_rules',
        'gen_ai.retrieval.query.text': c.request,
        'gen_ai.retrieval.top_k': c.rules.length,
        'gen_ai.retrieval.documents': JSON.stringify(
          c.rules.map(({ id, text: content, score }) => ({ id, content, score })),
        ),
      },
    },
    chat(5, second!, lookedUp, call('c2', 'refund', { line: c.line, clause: c.clause })),
    tool(6, refund!, 'c2', 'refund', { line: c.line, clause: c.clause }, 'refunded'),
    chat(7, last!, refunded, { role: 'assistant', parts: [text(c.answer)] }),
  ]
}

const tokens = (text: string): number => Math.ceil(text.length / 4)
const passagesText = ({ rules }: ShopConversation): string => rules.map(({ text }) => text).join('\n')

function openinferenceSpans(c: ShopConversation, lengths: readonly number[]): ExampleSpan[] {
  const [first, lookup, search, second, refund, last] = [...inTurn(lengths)] as { from: number; to: number }[]
  type Said = Attributes
  const message = (role: string, content: string): Said => ({ role, content })
  const call = (id: string, name: string, args: object): Said => ({
    role: 'assistant',
    'tool_calls.0.tool_call.id': id,
    'tool_calls.0.tool_call.function.name': name,
    'tool_calls.0.tool_call.function.arguments': JSON.stringify(args),
  })
  const answer = (id: string, content: string): Said => ({ role: 'tool', tool_call_id: id, content })
  const opening = [message('system', SYSTEM), message('user', c.request)]
  const lookedUp = [...opening, call('c1', 'lookup_order', { order: c.order }), answer('c1', c.orderText)]
  const refunded = [...lookedUp, call('c2', 'refund', { line: c.line, clause: c.clause }), answer('c2', 'refunded')]
  const flat = (prefix: string, list: readonly Said[]): Attributes =>
    Object.fromEntries(
      list.flatMap((said, i) => Object.entries(said).map(([name, value]) => [`${prefix}.${i}.message.${name}`, value])),
    )
  const llm = (id: number, times: { from: number; to: number }, input: readonly Said[], output: Said): ExampleSpan => ({
    id,
    parent: 1,
    name: 'ChatOpenAI',
    ...times,
    attrs: {
      'openinference.span.kind': 'LLM',
      'llm.model_name': MODEL,
      'llm.invocation_parameters': JSON.stringify({ temperature: 0.2 }),
      'llm.token_count.prompt': tokens(JSON.stringify(input)) + (id === 5 || id === 7 ? tokens(passagesText(c)) : 0),
      'llm.token_count.completion': tokens(JSON.stringify(output)),
      ...flat('llm.input_messages', input),
      ...flat('llm.output_messages', [output]),
    },
  })
  const tool = (
    id: number,
    times: { from: number; to: number },
    callId: string,
    name: string,
    args: object,
    result: string,
  ): ExampleSpan => ({
    id,
    parent: 1,
    name,
    ...times,
    attrs: {
      'openinference.span.kind': 'TOOL',
      'tool.name': name,
      'tool.id': callId,
      'tool.parameters': JSON.stringify(args),
      'output.value': result,
    },
  })
  const documents: Attributes = Object.fromEntries(
    c.rules.flatMap(({ id, text, score }, i) => [
      [`retrieval.documents.${i}.document.id`, id],
      [`retrieval.documents.${i}.document.content`, text],
      [`retrieval.documents.${i}.document.score`, score],
    ]),
  )
  return [
    {
      id: 1,
      parent: null,
      name: 'shop-support',
      from: 0,
      to: last!.to + 5,
      attrs: {
        'openinference.span.kind': 'AGENT',
        'agent.name': 'shop-support',
        'session.id': `conv-${c.n}`,
        'annotations.0.annotation.name': 'resolved',
        'annotations.0.annotation.label': c.resolved ? 'yes' : 'no',
        'annotations.0.annotation.score': c.resolved ? 1 : 0,
        'annotations.0.annotation.annotator_kind': 'HUMAN',
      },
    },
    llm(2, first!, opening, call('c1', 'lookup_order', { order: c.order })),
    tool(3, lookup!, 'c1', 'lookup_order', { order: c.order }, c.orderText),
    {
      id: 4,
      parent: 1,
      name: 'shop_rules',
      ...search!,
      attrs: {
        'openinference.span.kind': 'RETRIEVER',
        'input.value': c.request,
        metadata: JSON.stringify({ top_k: c.rules.length }),
        ...documents,
      },
    },
    llm(5, second!, lookedUp, call('c2', 'refund', { line: c.line, clause: c.clause })),
    tool(6, refund!, 'c2', 'refund', { line: c.line, clause: c.clause }, 'refunded'),
    llm(7, last!, refunded, message('assistant', c.answer)),
  ]
}

/**
 * The made-up shop's conversations as a collector writes them, a trace a line, in the words of a dialect. Everything is drawn from one seed:
 * the same bytes each time.
 */
import { drawFrom } from '../draw.ts'
import { conversation, type ShopConversation } from './conversation.ts'
import { openinferenceWords } from './openinference-words.ts'
import { otelWords } from './otel-words.ts'
import { type Attributes, type Said, type SpanEvent, SYSTEM, type Words } from './words.ts'

const WORDS = { otel: otelWords, openinference: openinferenceWords } as const

export type Example = keyof typeof WORDS

/** Enough for a certificate: half of them are sealed. */
const CONVERSATIONS = 700

interface ExampleSpan {
  readonly id: number
  readonly parent: number | null
  readonly name: string
  /** Milliseconds after the trace began. */
  readonly from: number
  readonly to: number
  readonly attrs: Attributes
  readonly events?: readonly SpanEvent[]
}

/** Lines of an export. Each begins a trace of its own. */
export function* exampleLines(example: Example, seed = 1, n = CONVERSATIONS): Generator<string> {
  const draw = drawFrom(seed)
  for (let i = 0; i < n; i++) {
    const said = conversation(i, draw)
    // A working day has some twenty such conversations.
    const start = FIRST + BigInt(Math.floor(i / 20)) * DAY + BigInt(draw.int(8 * 3600, 17 * 3600)) * SECOND
    yield otlpLine(draw.hex(32), start, spansOf(said, WORDS[example], WORK.map(draw.latency)))
  }
}

const SECOND = 1_000_000_000n
const DAY = 86_400n * SECOND
/** 2026-04-01. */
const FIRST = 1_775_001_600n * SECOND
/** Typical milliseconds of the six pieces of work. */
const WORK = [900, 240, 180, 1100, 320, 700]

function otlpLine(traceId: string, start: bigint, spans: readonly ExampleSpan[]): string {
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
    attributes: otlpAttributes(attrs),
    events: events.map((event) => ({
      name: event.name,
      timeUnixNano: at(to),
      attributes: otlpAttributes(event.attrs),
    })),
    status: {},
  }))
  const resource = { attributes: otlpAttributes({ 'service.name': 'shop-support' }) }
  return JSON.stringify({
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'shop-support' }, spans: written }] }],
  })
}

const otlpAttributes = (attrs: Attributes) =>
  Object.entries(attrs).map(([key, value]) => ({ key, value: otlpValue(value) }))

function otlpValue(value: string | number) {
  if (typeof value === 'string') return { stringValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

/** What happened, whatever the words: look the order up, find the rules, refund, say so. */
function spansOf(c: ShopConversation, words: Words, lengths: readonly number[]): ExampleSpan[] {
  const [first, lookup, search, second, refund, last] = inTurn(lengths) as [Times, Times, Times, Times, Times, Times]
  const refunding = { line: c.line, clause: c.clause }
  const opening: Said[] = [
    { role: 'system', text: SYSTEM },
    { role: 'user', text: c.request },
  ]
  const asksOrder: Said = { role: 'assistant', id: 'c1', name: 'lookup_order', args: { order: c.order } }
  const asksRefund: Said = { role: 'assistant', id: 'c2', name: 'refund', args: refunding }
  const lookedUp: Said[] = [...opening, asksOrder, { role: 'tool', id: 'c1', answer: c.orderText }]
  const refunded: Said[] = [...lookedUp, asksRefund, { role: 'tool', id: 'c2', answer: 'refunded' }]
  const call = (id: number, times: Times, input: readonly Said[], output: Said, passages = ''): ExampleSpan => ({
    id,
    parent: 1,
    name: words.callName,
    ...times,
    attrs: words.call(input, output, passages),
  })
  const tool = (id: number, times: Times, callId: string, name: string, args: object, result: string): ExampleSpan => ({
    id,
    parent: 1,
    name: words.toolName(name),
    ...times,
    attrs: words.tool(callId, name, args, result),
  })
  const passages = c.rules.map(({ text }) => text).join('\n')
  const end = last.to + 5
  return [
    { id: 1, parent: null, name: words.agentName, from: 0, to: end, ...words.agent(c) },
    call(2, first, opening, asksOrder),
    tool(3, lookup, 'c1', 'lookup_order', { order: c.order }, c.orderText),
    { id: 4, parent: 1, name: words.retrievalName, ...search, attrs: words.retrieval(c) },
    call(5, second, lookedUp, asksRefund, passages),
    tool(6, refund, 'c2', 'refund', refunding, 'refunded'),
    call(7, last, refunded, { role: 'assistant', text: c.answer }, passages),
  ]
}

interface Times {
  readonly from: number
  readonly to: number
}

/** Where each piece of work begins and ends, one after the other. */
function inTurn(lengths: readonly number[]): Times[] {
  let next = 5
  return lengths.map((length) => {
    const from = next
    next = from + length + 5
    return { from, to: from + length }
  })
}

/** Spans as an exporter of OpenTelemetry writes them, for tests of how traces are read. */

export const TRACE = '0af7651916cd43dd8448eb211c80319c'
const START = 1_700_000_000

type Attributes = Readonly<Record<string, unknown>>

export interface SpanOf {
  readonly trace?: unknown
  readonly id?: string
  readonly parent?: string
  readonly name?: string
  /** Seconds after the first instant. */
  readonly from?: number
  readonly to?: number
  readonly attributes?: Attributes
}

/** A span of OTLP. An attribute that is an object stands as JSON text; `undefined` leaves it out. */
export const aSpan = ({ trace = TRACE, id = 'b7ad6b7169203331', parent, name, from = 0, to, attributes }: SpanOf) => ({
  traceId: trace,
  spanId: id,
  ...(parent === undefined ? {} : { parentSpanId: parent }),
  name: name ?? 'chat m',
  startTimeUnixNano: `${START + from}000000000`,
  endTimeUnixNano: `${START + (to ?? from + 1)}000000000`,
  attributes: Object.entries(attributes ?? {}).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValue(value) }],
  ),
})

function anyValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'number') return { intValue: String(value) }
  return { stringValue: JSON.stringify(value) }
}

export const text = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] })
export const asks = (...calls: readonly { id?: string; name: string; arguments: unknown }[]) => ({
  role: 'assistant',
  parts: calls.map((call) => ({ type: 'tool_call', ...call })),
})
export const answers = (id: string | undefined, response: string) => ({
  role: 'tool',
  parts: [{ type: 'tool_call_response', ...(id === undefined ? {} : { id }), response }],
})

/** A model call that says hello, unless told otherwise. */
export const aCall = ({ attributes, ...rest }: SpanOf = {}) =>
  aSpan({
    ...rest,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'm',
      'gen_ai.input.messages': [text('user', 'hi')],
      'gen_ai.output.messages': [text('assistant', 'hello')],
      'gen_ai.usage.input_tokens': 5,
      'gen_ai.usage.output_tokens': 3,
      ...attributes,
    },
  })

export const aTool = (name: string, args: unknown, result: string, { attributes, ...rest }: SpanOf = {}) =>
  aSpan({
    name: `execute_tool ${name}`,
    ...rest,
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': name,
      'gen_ai.tool.call.arguments': args,
      'gen_ai.tool.call.result': result,
      ...attributes,
    },
  })

export const anAgent = (name: string, rest: SpanOf) =>
  aSpan({
    name: `invoke_agent ${name}`,
    ...rest,
    attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name },
  })

/** One request of an exporter. */
export const aRequest = (...spans: readonly object[]) => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] })

/** One request a line. */
export const lines = (...requests: readonly object[]): string => requests.map((r) => `${JSON.stringify(r)}\n`).join('')

/** Logfire's instrumentation of the clients of OpenAI and Anthropic: request and answer as JSON in two attributes. */
import { callSettings } from '../call-settings.ts'
import type { SpanReader } from '../dialect.ts'
import { recordedMessages } from '../messages.ts'
import type { Message, Span, SpanKind } from '../span.ts'
import { usageOfClient } from '../usage.ts'
import { type Fields, field, fieldsIn, isCut, isFields, numberOf, opened, textOf } from '../values.ts'
import type { WireSpan } from '../wire.ts'
import { otelGenai } from './otel-genai.ts'

export const logfire: SpanReader = {
  name: 'logfire',
  about: 'Logfire, clients of OpenAI and Anthropic (request_data, response_data): OTLP, rows of its queries',
  // What also says its messages as the conventions do is read by those.
  marks: ({ attrs }) =>
    attrs['gen_ai.input.messages'] === undefined && typeof fieldsIn(attrs.request_data).model === 'string',
  read,
}

function read(span: WireSpan): Partial<Span> {
  const { attrs } = span
  const told = otelGenai.read(span)
  const request = fieldsIn(attrs.request_data)
  const answer = fieldsIn(attrs.response_data)
  const kind = kindOf(span, told, request)
  if (kind !== 'call') return { ...told, kind, input: null, output: null, usage: null }
  const took = numberOf(attrs.duration)
  return {
    ...told,
    kind,
    // What was streamed is told when it is over, and how long it took.
    ...(attrs['logfire.span_type'] === 'log' && took !== null && span.start !== null
      ? { start: String(BigInt(span.start) - BigInt(Math.round(took * 1e9))), end: span.start }
      : {}),
    input: told.input ?? recordedMessages(Array.isArray(request.messages) ? request : request.prompt, 'user'),
    output: told.output ?? answerIn(answer, span),
    cut: [...(told.cut ?? []), ...['request_data', 'response_data'].filter((name) => isCut(attrs[name]))],
    usage: usageOfClient(fieldsIn(answer.usage)) ?? told.usage ?? null,
    model: told.model ?? textOf(request.model),
    settings: callSettings({
      model: request.model,
      temperature: request.temperature,
      top_p: request.top_p,
      max_tokens: field(request, 'max_tokens', 'max_completion_tokens', 'max_output_tokens'),
    }),
    finish: told.finish ?? textOf(answer.finish_reason),
  }
}

/** The request for a stream ends before its answer begins: that is told beside it. Embeddings and images are no calls. */
function kindOf({ attrs, name }: WireSpan, told: Partial<Span>, request: Fields): SpanKind {
  if (attrs['gen_ai.operation.name'] !== undefined && told.kind !== 'call') return 'other'
  if (request.stream === true && attrs.response_data === undefined) return 'other'
  const speaks = Array.isArray(request.messages) || told.input !== null || typeof request.prompt === 'string'
  return speaks && !/^(Embedding|Image)/.test(name) ? 'call' : 'other'
}

function answerIn(answer: Fields, { attrs, scope }: WireSpan): Message[] | null {
  const message = opened(answer.message)
  if (!isFields(message)) return recordedMessages(field(answer, 'combined_chunk_content', 'text'), 'assistant')
  const isAnthropic = /anthropic/.test(`${scope} ${attrs['gen_ai.system']} ${attrs['gen_ai.provider.name']}`)
  const calls = message.tool_calls
  return recordedMessages(
    isAnthropic && Array.isArray(calls) ? { ...message, tool_calls: calls.map(withoutInput) } : message,
    'assistant',
  )
}

/** What Anthropic's model passed stands in an object of its own. */
function withoutInput(call: unknown): unknown {
  if (!isFields(call) || !isFields(call.function)) return call
  const args = fieldsIn(call.function.arguments)
  return 'input' in args ? { ...call, function: { ...call.function, arguments: args.input } } : call
}

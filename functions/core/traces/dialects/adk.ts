/** Google's Agent Development Kit: requests and answers of Gemini as JSON in attributes of its own, beside OpenTelemetry's. */
import { argumentsIn, contentText } from '../blocks.ts'
import { callSettings } from '../call-settings.ts'
import type { SpanReader } from '../dialect.ts'
import { recordedMessages } from '../messages.ts'
import type { Message, Span } from '../span.ts'
import { usageIncluding } from '../usage.ts'
import { countOf, type Fields, field, fieldsIn, isCut, numberOf, opened, textOf } from '../values.ts'
import { sessionOf, userOf } from '../who.ts'
import type { WireSpan } from '../wire.ts'

// Spelled out: a name that is put together is not the object that a lookup knows, and every span is asked for these.
const REQUEST = 'gcp.vertex.agent.llm_request'
const ANSWER = 'gcp.vertex.agent.llm_response'
const ARGUMENTS = 'gcp.vertex.agent.tool_call_args'
const RESULT = 'gcp.vertex.agent.tool_response'

export const adk: SpanReader = {
  name: 'adk',
  about: 'Google Agent Development Kit (gcp.vertex.agent): OTLP',
  marks: ({ attrs }) => attrs[REQUEST] !== undefined || attrs[ARGUMENTS] !== undefined,
  read,
}

function read(span: WireSpan): Partial<Span> {
  const { attrs } = span
  const isTool = attrs[ARGUMENTS] !== undefined
  // What several tools gave at once is told again in a span of no tool.
  const kind = !isTool ? 'call' : attrs['gen_ai.tool.name'] === '(merged tools)' ? 'other' : 'tool'
  const request = fieldsIn(attrs[REQUEST])
  const answer = fieldsIn(attrs[ANSWER])
  const config = fieldsIn(request.config)
  const tokens = fieldsIn(answer.usage_metadata)
  return {
    kind,
    input: kind === 'call' ? messagesIn(request, 'user') : null,
    output: kind === 'call' ? messagesIn(fieldsIn(answer.content), 'assistant') : null,
    cut: [REQUEST, ANSWER, ARGUMENTS, RESULT].filter((name) => isCut(attrs[name])),
    usage:
      kind === 'call'
        ? usageIncluding({
            prompt: countOf(attrs['gen_ai.usage.input_tokens'] ?? tokens.prompt_token_count),
            completion: countOf(attrs['gen_ai.usage.output_tokens'] ?? tokens.candidates_token_count),
            cached: countOf(tokens.cached_content_token_count),
            reasoning: countOf(tokens.thoughts_token_count),
          })
        : null,
    model: textOf(field(answer, 'model_version') ?? field(attrs, 'gen_ai.response.model', 'gen_ai.request.model')),
    settings:
      kind === 'call'
        ? callSettings({
            model: attrs['gen_ai.request.model'],
            temperature: numberOf(config.temperature),
            top_p: attrs['gen_ai.request.top_p'] ?? config.top_p,
            max_tokens: attrs['gen_ai.request.max_tokens'] ?? config.max_output_tokens,
          })
        : {},
    finish: textOf(answer.finish_reason),
    tool: kind === 'tool' ? toolIn(span) : null,
    session: sessionOf(span) ?? textOf(attrs['gcp.vertex.agent.session_id']),
    user: userOf(span),
  }
}

/** An object without anything in it is what stands there where content is not captured. */
const messagesIn = (value: Fields, role: Message['role']): Message[] | null =>
  Object.keys(value).length === 0 ? null : recordedMessages(value, role)

const NOT_SAID = '<not specified>'

function toolIn({ attrs, name, status }: WireSpan): Span['tool'] {
  const given = opened(attrs[ARGUMENTS])
  const id = textOf(attrs['gen_ai.tool.call.id'])
  const result = opened(attrs[RESULT])
  const fields = fieldsIn(result)
  // An answer that is no object stands under a name of its own.
  const answer = Object.keys(fields).length === 1 && 'result' in fields ? fields.result : result
  return {
    id: id === NOT_SAID ? null : id,
    name: textOf(attrs['gen_ai.tool.name']) ?? name.replace(/^execute_tool /, ''),
    arguments: typeof given === 'object' && given !== null ? argumentsIn(given) : undefined,
    result: answer === NOT_SAID || answer === undefined ? null : contentText(answer),
    error: attrs['error.type'] !== undefined || status === 'error' ? true : null,
  }
}

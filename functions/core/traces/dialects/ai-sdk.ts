/** The Vercel AI SDK up to version 6: a container span for each function, the call of the model below it, tools beside it. */

import { argumentsIn, contentText } from '../blocks.ts'
import { callSettings } from '../call-settings.ts'
import type { SpanReader } from '../dialect.ts'
import { recordedMessages } from '../messages.ts'
import type { Span, SpanKind } from '../span.ts'
import { usageIncluding } from '../usage.ts'
import { countOf, type Fields, field, isCut, isFields, numberOf, opened, textOf } from '../values.ts'
import { costIn, sessionOf, userOf } from '../who.ts'
import type { WireSpan } from '../wire.ts'

export const aiSdk: SpanReader = {
  name: 'ai-sdk',
  about: 'Vercel AI SDK up to version 6 (ai.generateText and its kin): OTLP, spans as JSON',
  marks: ({ attrs }) => typeof attrs['ai.operationId'] === 'string',
  read,
}

function read(span: WireSpan): Partial<Span> {
  const { attrs } = span
  const kind = kindOf(String(attrs['ai.operationId']))
  const said = messagesIn(attrs)
  return {
    kind,
    agent: textOf(attrs['ai.telemetry.functionId']),
    ...(kind === 'call' ? said : {}),
    cut: ['ai.prompt.messages', 'ai.response.toolCalls', 'ai.toolCall.args', 'ai.toolCall.result'].filter((name) =>
      isCut(attrs[name]),
    ),
    usage: kind === 'call' ? usageIn(attrs) : null,
    model: textOf(field(attrs, 'ai.response.model', 'gen_ai.response.model', 'ai.model.id', 'gen_ai.request.model')),
    settings: settingsIn(attrs),
    finish: textOf(attrs['ai.response.finishReason']),
    first_token_ms: numberOf(field(attrs, 'ai.response.msToFirstChunk', 'ai.stream.msToFirstChunk')),
    cost_usd: costIn(attrs),
    tool: kind === 'tool' ? toolIn(span) : null,
    session: sessionOf(span),
    user: userOf(span),
  }
}

/** `doGenerate` and `doStream` are the call; the function around them repeats it, and stands for it where only that was exported. */
function kindOf(operation: string): SpanKind {
  if (/toolCall$/.test(operation)) return 'tool'
  if (/embed/i.test(operation)) return 'other'
  return 'call'
}

function messagesIn(attrs: Fields): Pick<Span, 'input' | 'output'> {
  const given = field(attrs, 'ai.prompt.messages', 'ai.prompt')
  const prompt = opened(given)
  const asked = isFields(prompt) && 'prompt' in prompt ? withSystem(prompt) : prompt
  const calls = opened(attrs['ai.response.toolCalls'])
  const text =
    textOf(field(attrs, 'ai.response.text', 'ai.result.text')) ??
    contentText(opened(attrs['ai.response.object'] ?? null))
  const content = [...(text === null ? [] : [{ type: 'text', text }]), ...(Array.isArray(calls) ? calls : [])]
  return {
    input: recordedMessages(asked, 'user'),
    output: recordedMessages(content.length > 0 ? [{ role: 'assistant', content }] : null, 'assistant'),
  }
}

const withSystem = ({ system, prompt, messages }: Fields): unknown => [
  ...(typeof system === 'string' ? [{ role: 'system', content: system }] : []),
  ...(Array.isArray(messages)
    ? messages
    : typeof prompt === 'string'
      ? [{ role: 'user', content: prompt }]
      : Array.isArray(prompt)
        ? prompt
        : []),
]

function usageIn(attrs: Fields) {
  const count = (...names: string[]) => countOf(field(attrs, ...names))
  return usageIncluding({
    prompt: count('ai.usage.inputTokens', 'ai.usage.promptTokens', 'gen_ai.usage.input_tokens'),
    completion: count('ai.usage.outputTokens', 'ai.usage.completionTokens', 'gen_ai.usage.output_tokens'),
    cached: count('ai.usage.cachedInputTokens', 'ai.usage.inputTokenDetails.cacheReadTokens'),
    cache_write: count('ai.usage.inputTokenDetails.cacheWriteTokens'),
    reasoning: count('ai.usage.reasoningTokens', 'ai.usage.outputTokenDetails.reasoningTokens'),
  })
}

const settingsIn = (attrs: Fields): Span['settings'] =>
  callSettings({
    model: field(attrs, 'ai.model.id', 'gen_ai.request.model'),
    temperature: field(attrs, 'ai.settings.temperature', 'gen_ai.request.temperature'),
    top_p: field(attrs, 'ai.settings.topP', 'gen_ai.request.top_p'),
    max_tokens: field(attrs, 'ai.settings.maxOutputTokens', 'gen_ai.request.max_tokens'),
    prompt: [attrs['langfuse.prompt.name'], attrs['langfuse.prompt.version']],
  })

function toolIn({ attrs, status }: WireSpan): Span['tool'] {
  return {
    id: textOf(attrs['ai.toolCall.id']),
    name: textOf(attrs['ai.toolCall.name']) ?? 'tool',
    arguments: attrs['ai.toolCall.args'] === undefined ? undefined : argumentsIn(attrs['ai.toolCall.args']),
    result: contentText(opened(attrs['ai.toolCall.result'] ?? null)),
    error: status === 'error' ? true : null,
  }
}

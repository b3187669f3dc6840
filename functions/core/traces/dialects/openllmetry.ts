/** OpenLLMetry (Traceloop) and who took its form: prompts and completions under numbers, workflows and tools as entities. AgentOps too. */

import { argumentsIn, contentText } from '../blocks.ts'
import { callSettings } from '../call-settings.ts'
import type { SpanReader } from '../dialect.ts'
import { recordedMessages } from '../messages.ts'
import { passagesOf } from '../passages.ts'
import type { Message, Passage, Span, SpanKind } from '../span.ts'
import { usageIncluding } from '../usage.ts'
import { countOf, type Fields, field, isCut, isFields, opened, textOf, unflattened } from '../values.ts'
import { costIn, sessionOf, userOf } from '../who.ts'
import type { WireEvent, WireSpan } from '../wire.ts'

const KINDS: Readonly<Record<string, SpanKind>> = {
  workflow: 'workflow',
  agent: 'agent',
  tool: 'tool',
  task: 'other',
  session: 'other',
  operation: 'other',
  llm: 'call',
}

export const openllmetry: SpanReader = {
  name: 'openllmetry',
  about: 'OpenLLMetry (Traceloop) and AgentOps, numbered prompts and completions: OTLP, spans as JSON',
  marks: ({ attrs, events }) =>
    attrs['openinference.span.kind'] === undefined &&
    attrs['gen_ai.input.messages'] === undefined &&
    (((kindNamed(attrs) !== null || attrs['llm.request.type'] !== undefined) &&
      (attrs['gen_ai.operation.name'] === undefined || attrs['traceloop.entity.input'] !== undefined)) ||
      attrs['gen_ai.prompt.0.role'] !== undefined ||
      attrs['gen_ai.prompt.0.content'] !== undefined ||
      events.some(({ name }) => name === RESULT)),
  read,
}

const RESULT = 'db.query.result'
const kindNamed = (attrs: Fields): string | null => textOf(field(attrs, 'traceloop.span.kind', 'agentops.span.kind'))

function read(span: WireSpan): Partial<Span> {
  const { attrs, events } = span
  const isRetrieval =
    events.some(({ name }) => name === RESULT) ||
    (attrs['db.system'] !== undefined && attrs['db.vector.query.top_k'] !== undefined)
  const named = kindNamed(attrs)
  const kind: SpanKind = isRetrieval ? 'retrieval' : named !== null ? (KINDS[named.toLowerCase()] ?? 'other') : 'call'
  const entity = textOf(
    field(attrs, 'traceloop.entity.name', 'gen_ai.agent.name', 'agent.name', 'traceloop.workflow.name'),
  )
  return {
    kind,
    agent: kind === 'agent' || kind === 'workflow' ? entity : null,
    input: kind === 'call' ? numbered(attrs, 'gen_ai.prompt', 'user') : null,
    output: kind === 'call' ? numbered(attrs, 'gen_ai.completion', 'assistant') : null,
    cut: Object.keys(attrs).filter((name) => CONTENT.test(name) && isCut(attrs[name])),
    usage: usageIn(attrs),
    model: textOf(field(attrs, 'gen_ai.response.model', 'gen_ai.request.model', 'llm.request.model')),
    settings: kind === 'call' ? settingsIn(attrs) : {},
    finish: textOf(field(attrs, 'gen_ai.completion.0.finish_reason')),
    cost_usd: costIn(attrs),
    tool: kind === 'tool' ? toolIn(span, entity) : null,
    retrieval: kind === 'retrieval' ? retrievalIn(attrs, events) : null,
    session: sessionOf(span),
    user: userOf(span),
  }
}

const CONTENT = /^(traceloop\.entity\.(input|output)|gen_ai\.(prompt|completion)\.\d+\.tool_calls\.\d+\.arguments)$/

function numbered(attrs: Fields, prefix: string, role: Message['role']): Message[] | null {
  const list = unflattened(attrs, prefix)
  return Array.isArray(list) ? recordedMessages(role === 'assistant' ? { choices: list } : list, role) : null
}

function usageIn(attrs: Fields) {
  const count = (...names: string[]) => countOf(field(attrs, ...names.map((name) => `gen_ai.usage.${name}`)))
  return usageIncluding({
    prompt: count('input_tokens', 'prompt_tokens') ?? countOf(attrs['llm.usage.prompt_tokens']),
    completion: count('output_tokens', 'completion_tokens') ?? countOf(attrs['llm.usage.completion_tokens']),
    cached: count('cache_read.input_tokens', 'cache_read_input_tokens'),
    cache_write: count('cache_write.input_tokens', 'cache_creation.input_tokens', 'cache_creation_input_tokens'),
    reasoning: count('reasoning.output_tokens', 'reasoning_tokens'),
  })
}

function settingsIn(attrs: Fields): Span['settings'] {
  const asked = (word: string) => field(attrs, `gen_ai.request.${word}`, `llm.request.${word}`)
  return callSettings({
    model: asked('model') ?? attrs['gen_ai.response.model'],
    temperature: asked('temperature'),
    top_p: asked('top_p'),
    max_tokens: asked('max_tokens'),
  })
}

/** What a tool's entity took and gave: `{"inputs": ..., "kwargs": ...}` around the arguments themselves. */
function toolIn({ attrs, name, status }: WireSpan, entity: string | null): Span['tool'] {
  const given = opened(field(attrs, 'tool.parameters', 'gen_ai.tool.call.arguments', 'traceloop.entity.input'))
  const inner = isFields(given) ? unwrapped(given) : given
  const answer = opened(field(attrs, 'tool.result', 'gen_ai.tool.call.result', 'traceloop.entity.output'))
  const output = isFields(answer) && 'output' in answer ? answer.output : answer
  return {
    id: textOf(field(attrs, 'gen_ai.tool.call.id', 'tool.call.id')),
    name: textOf(field(attrs, 'tool.name', 'gen_ai.tool.name')) ?? entity ?? name.replace(/\.tool$/, ''),
    arguments: inner === null || inner === undefined ? undefined : argumentsIn(inner),
    result: contentText(output),
    error: status === 'error' ? true : null,
  }
}

function unwrapped(given: Fields): unknown {
  const kwargs = isFields(given.kwargs) && Object.keys(given.kwargs).length > 0 ? given.kwargs : null
  if (kwargs) return isFields(kwargs.inputs) ? kwargs.inputs : kwargs
  const inputs = opened(given.inputs ?? given.input_str ?? given.args)
  return inputs === undefined || inputs === null ? given : inputs
}

function retrievalIn(attrs: Fields, events: readonly WireEvent[]): Span['retrieval'] {
  const passages: Passage[] = events
    .filter(({ name }) => name === RESULT)
    .flatMap(({ attrs: at }) =>
      passagesOf([
        {
          id: field(at, 'db.query.result.id'),
          content: field(at, 'db.query.result.document'),
          score: field(at, 'db.query.result.score', 'db.query.result.distance'),
          metadata: field(at, 'db.query.result.metadata'),
        },
      ]),
    )
  return {
    bucket: textOf(field(attrs, 'db.collection.name', 'db.name')),
    query: textOf(field(attrs, 'db.query.text', 'db.vector.query.text')),
    top_k: countOf(field(attrs, 'db.vector.query.top_k', 'gen_ai.request.top_k')),
    passages,
  }
}

/** OpenInference: messages, calls and documents flattened into attributes, as Phoenix, Arize and their instrumentors write them. */

import { argumentsIn, toolAnswer } from '../blocks.ts'
import { callSettings } from '../call-settings.ts'
import type { SpanReader } from '../dialect.ts'
import { messagesOf, recordedMessages } from '../messages.ts'
import { passagesOf } from '../passages.ts'
import type { Message, Score, Span, SpanKind } from '../span.ts'
import { usageIncluding } from '../usage.ts'
import {
  countOf,
  type Fields,
  field,
  fieldsIn,
  firstFields,
  isCut,
  isFields,
  numberOf,
  opened,
  textOf,
  undotted,
  unflattened,
} from '../values.ts'
import { costIn, sessionOf, userOf } from '../who.ts'
import type { WireSpan } from '../wire.ts'
import { storeNamed } from '../words.ts'

const KINDS: Readonly<Record<string, SpanKind>> = {
  LLM: 'call',
  CHAIN: 'workflow',
  AGENT: 'agent',
  TOOL: 'tool',
  RETRIEVER: 'retrieval',
  RERANKER: 'rerank',
  GUARDRAIL: 'guard',
  EVALUATOR: 'score',
}

export const openinference: SpanReader = {
  name: 'openinference',
  about: 'OpenInference (Phoenix, Arize and their instrumentors): OTLP, Phoenix spans, spans as JSON',
  marks: ({ attrs }) =>
    typeof attrs['openinference.span.kind'] === 'string' ||
    (typeof attrs['span.kind'] === 'string' && attrs['llm.model_name'] !== undefined),
  read,
}

function read(span: WireSpan): Partial<Span> {
  const { attrs } = span
  // OpenAI's agents write a handoff as a tool that failed: the call of it stands in the messages, and it hands over.
  const isHandoff = /^handoff to /i.test(span.name)
  const kind = isHandoff ? 'other' : (KINDS[String(attrs['openinference.span.kind'] ?? '').toUpperCase()] ?? 'other')
  const usage = usageIn(attrs)
  const speaks = kind === 'call' || usage !== null
  return {
    kind,
    agent: kind === 'agent' ? textOf(field(attrs, 'agent.name', 'gen_ai.agent.name', 'graph.node.name')) : null,
    ...(speaks ? messagesIn(attrs, kind === 'call') : {}),
    cut: ['input.value', 'output.value', 'tool.parameters', 'metadata'].filter(
      (name) => isJson(attrs, name) && isCut(attrs[name]),
    ),
    usage,
    model: textOf(field(attrs, 'llm.model_name', 'llm.request.model_name', 'gen_ai.response.model')),
    settings: kind === 'call' ? settingsIn(attrs) : {},
    finish: textOf(field(attrs, 'llm.finish_reason')),
    cost_usd: costIn(attrs),
    tool: kind === 'tool' ? toolIn(span) : null,
    retrieval: kind === 'retrieval' || kind === 'rerank' ? retrievalIn(span, kind) : null,
    session: sessionOf(span),
    user: userOf(span),
    scores: scoresIn(attrs),
  }
}

const isJson = (attrs: Fields, name: string): boolean => {
  const mime = attrs[name.replace('value', 'mime_type')]
  return name === 'tool.parameters' || name === 'metadata' || mime === 'application/json'
}

/**
 * The flattened messages; where there are none, what the span took and gave.
 *
 * @param isOneTurn a call answers once, in one message; an agent that carries its tokens itself lists what it said turn by turn
 */
function messagesIn(attrs: Fields, isOneTurn: boolean): Pick<Span, 'input' | 'output'> {
  const list = (prefix: string, role: Message['role']): Message[] | null => {
    const found = listAt(attrs, prefix)
    if (found === null) return null
    const flat = found.map(flatMessage)
    return isOneTurn ? messagesOf(flat, role) : flat.flatMap((message) => messagesOf([message], role))
  }
  return {
    input:
      list('llm.input_messages', 'user') ??
      texts(attrs, 'llm.prompts', 'prompt', 'user') ??
      recordedMessages(attrs['input.value'], 'user'),
    output:
      list('llm.output_messages', 'assistant') ??
      texts(attrs, 'llm.choices', 'completion', 'assistant') ??
      recordedMessages(attrs['output.value'], 'assistant'),
  }
}

/** The list below `prefix`: flattened, or whole, as tables and databases keep it, with dotted names in its items or without. */
function listAt(attrs: Fields, prefix: string): unknown[] | null {
  const found = unflattened(attrs, prefix) ?? opened(attrs[prefix])
  return Array.isArray(found) ? found.map(undotted) : null
}

function flatMessage(item: unknown): unknown {
  const message = isFields(item) && isFields(item.message) ? item.message : item
  if (!isFields(message)) return message
  const contents = field(message, 'contents', 'content')
  return { ...message, content: contents, contents: undefined, tool_call_id: message.tool_call_id }
}

/** What was not said in messages: prompts and completions, each with its text below `name`. */
function texts(attrs: Fields, prefix: string, name: string, role: Message['role']): Message[] | null {
  const list = listAt(attrs, prefix)
  if (list === null) return null
  return list.flatMap((item) => {
    const inner = isFields(item) ? firstFields(item, name) : null
    return messagesOf(inner ? inner.text : item, role)
  })
}

function usageIn(attrs: Fields) {
  const count = (name: string) => countOf(attrs[`llm.token_count.${name}`])
  return usageIncluding({
    prompt: count('prompt'),
    completion: count('completion'),
    cached: count('prompt_details.cache_read'),
    cache_write: count('prompt_details.cache_write'),
    reasoning: count('completion_details.reasoning'),
  })
}

/** Parameters of the call; some instrumentors put the whole response there, of which these names are the same. */
function settingsIn(attrs: Fields): Span['settings'] {
  const parameters = fieldsIn(attrs['llm.invocation_parameters'])
  return callSettings({
    model:
      field(attrs, 'llm.request.model_name') ??
      field(parameters, 'model', 'model_name') ??
      field(attrs, 'llm.model_name'),
    temperature: parameters.temperature,
    top_p: parameters.top_p,
    max_tokens: field(parameters, 'max_tokens', 'max_completion_tokens', 'max_output_tokens'),
    prompt: [attrs['prompt.id'], attrs['llm.prompt_template.version']],
  })
}

function toolIn({ attrs, name, status }: WireSpan): Span['tool'] {
  const answer = toolAnswer(attrs['output.value'] ?? null)
  const args = argumentsAt(attrs)
  return {
    id: textOf(field(attrs, 'tool.id', 'tool_call.id', 'tool.call_id')) ?? answer.id,
    name: textOf(field(attrs, 'tool.name', 'tool_call.function.name')) ?? name,
    arguments: args === null ? undefined : argumentsIn(args),
    result: answer.content,
    error: status === 'error' ? true : answer.error,
  }
}

/** What it was called with; the parameters may be the schema of what it takes. */
function argumentsAt(attrs: Fields): unknown {
  const given = opened(attrs['input.value'])
  if (typeof given === 'object' && given !== null) return given
  const parameters = opened(attrs['tool.parameters'])
  const isSchema = isFields(parameters) && parameters.type === 'object' && isFields(parameters.properties)
  return isSchema ? field(attrs, 'input.value') : field(attrs, 'tool.parameters', 'input.value')
}

function retrievalIn({ attrs, name }: WireSpan, kind: 'retrieval' | 'rerank'): Span['retrieval'] {
  const prefix = kind === 'rerank' ? 'reranker.output_documents' : 'retrieval.documents'
  const list = listAt(attrs, prefix)
  const meta = fieldsIn(attrs.metadata)
  return {
    bucket:
      textOf(field(attrs, 'retriever.name', 'retrieval.data_source', 'gen_ai.data_source.id')) ?? storeNamed(name),
    query: textOf(field(attrs, 'reranker.query', 'input.value')),
    top_k: countOf(field(attrs, 'reranker.top_k', 'retrieval.top_k') ?? field(meta, 'similarity_top_k', 'top_k', 'k')),
    passages: passagesOf(list ?? attrs['output.value']),
  }
}

function scoresIn(attrs: Fields): Score[] {
  return ['annotations', 'evaluations', 'trace.annotations', 'session.annotations', 'trace.evaluations'].flatMap(
    (prefix) => {
      const list = listAt(attrs, prefix)
      if (list === null) return []
      return list.flatMap((item) => {
        const at = isFields(item) ? (firstFields(item, 'annotation', 'evaluation') ?? item) : null
        const name = at ? textOf(at.name) : null
        if (!at || name === null) return []
        const kind =
          { HUMAN: 'human', LLM: 'judge', CODE: 'rule' }[String(at.annotator_kind ?? 'CODE').toUpperCase()] ?? 'rule'
        return [
          {
            name,
            value: numberOf(at.score),
            label: textOf(at.label),
            kind: kind as Score['kind'],
            annotator: textOf(at.identifier),
            comment: textOf(at.explanation),
          },
        ]
      })
    },
  )
}

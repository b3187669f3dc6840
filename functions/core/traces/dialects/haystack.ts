/** Haystack's own tracer: what each component of a pipeline, and each step of an agent, took and gave, as JSON. */
import { argumentsIn, contentText } from '../blocks.ts'
import { callSettings } from '../call-settings.ts'
import type { SpanReader } from '../dialect.ts'
import { firstOf, messageFrom, messagesOf } from '../messages.ts'
import { passagesOf } from '../passages.ts'
import type { Span, SpanKind } from '../span.ts'
import { usageOfClient } from '../usage.ts'
import { countOf, type Fields, field, fieldsIn, isCut, isFields, opened, textOf } from '../values.ts'
import { sessionOf, userOf } from '../who.ts'
import type { WireSpan } from '../wire.ts'
import { storeNamed } from '../words.ts'

const TYPE = 'haystack.component.type'
const OPERATION = /^haystack\.((async_)?pipeline\.run|component\.run|agent\.(run|step(\.llm|\.tool)?))$/

/** Components by the end of their class's name. */
const COMPONENTS: readonly (readonly [RegExp, SpanKind])[] = [
  [/Image\w*Generator$/, 'other'],
  [/Generator$/, 'call'],
  [/Retriever$/, 'retrieval'],
  [/Ranker$/, 'rerank'],
  [/Evaluator$/, 'score'],
]

export const haystack: SpanReader = {
  name: 'haystack',
  about: 'Haystack’s own spans (haystack.component.run, haystack.agent.step): OTLP',
  marks: ({ attrs, name }) => attrs[TYPE] !== undefined || (name.startsWith('haystack.') && OPERATION.test(name)),
  read,
}

function read(span: WireSpan): Partial<Span> {
  const { attrs, name } = span
  const kind = kindOf(span)
  const at = attrs[TYPE] === undefined && name.startsWith('haystack.agent.step.') ? name : 'haystack.component'
  const given = fieldsIn(attrs[`${at}.input`])
  const gave = fieldsIn(attrs[`${at}.output`])
  const store = textOf(attrs['haystack.component.name'])
  return {
    kind,
    agent: kind === 'agent' ? 'agent' : null,
    ...(kind === 'call' ? callIn(given, gave) : {}),
    cut: [`${at}.input`, `${at}.output`].filter((key) => isCut(attrs[key])),
    tool: kind === 'tool' ? toolIn(span) : null,
    retrieval:
      kind === 'retrieval' || kind === 'rerank'
        ? {
            bucket: store === null ? null : storeNamed(store),
            query: textOf(given.query),
            top_k: countOf(given.top_k),
            passages: passagesOf(documentsIn(gave)),
          }
        : null,
    session: sessionOf(span),
    user: userOf(span),
  }
}

function kindOf({ attrs, name }: WireSpan): SpanKind {
  const type = textOf(attrs[TYPE])
  if (type !== null) return COMPONENTS.find(([end]) => end.test(type))?.[1] ?? 'other'
  if (name === 'haystack.agent.run') return 'agent'
  if (name === 'haystack.agent.step.llm') return 'call'
  // One span a call; before, one of all calls of a step, whose answers the next call reads.
  if (name === 'haystack.agent.step.tool') return attrs['haystack.tool.name'] === undefined ? 'other' : 'tool'
  return name.endsWith('pipeline.run') ? 'workflow' : 'other'
}

function callIn(given: Fields, gave: Fields): Partial<Span> {
  const replies = Array.isArray(gave.replies) ? gave.replies.map(message) : []
  const first = fieldsIn(replies[0])
  // Generators of texts say beside them what those of messages say in each.
  const about = fieldsIn(Array.isArray(gave.meta) ? gave.meta[0] : first.meta)
  const asked = fieldsIn(given.generation_kwargs)
  const prompt = textOf(given.prompt)
  const system = textOf(given.system_prompt)
  const input = Array.isArray(given.messages)
    ? given.messages.flatMap((each) => messagesOf(message(each), 'user'))
    : [
        ...(system === null ? [] : [messageFrom('system', [{ text: system }])]),
        ...(prompt === null ? [] : [messageFrom('user', [{ text: prompt }])]),
      ]
  return {
    input: input.length > 0 ? input : null,
    output: replies.length > 0 ? firstOf(replies, 'assistant') : null,
    usage: usageOfClient(fieldsIn(about.usage)),
    model: textOf(about.model),
    settings: callSettings({
      model: about.model,
      temperature: asked.temperature,
      top_p: asked.top_p,
      max_tokens: field(asked, 'max_tokens', 'max_completion_tokens'),
    }),
    finish: textOf(about.finish_reason),
  }
}

/** A message under the names that others use: versions 2.9 to 2.11 wrote those of its fields, and a result holds its call. */
function message(said: unknown): unknown {
  if (!isFields(said)) return said
  const { role = said._role, content = said._content, meta = said._meta } = said
  return { role, meta, content: Array.isArray(content) ? content.map(part) : content }
}

function part(said: unknown): unknown {
  const it = fieldsIn(fieldsIn(said).tool_call_result)
  const { id, tool_name: name } = fieldsIn(it.origin)
  return 'result' in it ? { type: 'tool_result', id, name, content: it.result, is_error: it.error } : said
}

/** Documents whose metadata stand among their own fields. */
function documentsIn({ documents }: Fields): unknown {
  return Array.isArray(documents)
    ? documents.map((doc) => (isFields(doc) ? { ...doc, metadata: isFields(doc.meta) ? doc.meta : doc } : doc))
    : null
}

function toolIn({ attrs, name, status }: WireSpan): Span['tool'] {
  const given = opened(attrs[`${name}.input`])
  return {
    id: null,
    name: textOf(attrs['haystack.tool.name']) ?? 'tool',
    arguments: isFields(given) ? argumentsIn(given) : undefined,
    result: contentText(opened(attrs[`${name}.output`])),
    error: status === 'error' ? true : null,
  }
}

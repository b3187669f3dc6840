/**
 * OpenTelemetry's conventions for generative AI: messages as attributes (1.37 and later), as events of spans or logs (up to 1.36), and the
 * names that frameworks on the way there write (Pydantic AI, any-agent, Strands, Semantic Kernel).
 */

import { argumentsIn, contentText } from '../blocks.ts'
import { callSettings } from '../call-settings.ts'
import type { SpanReader } from '../dialect.ts'
import { firstOf, messagesOf } from '../messages.ts'
import { passagesOf } from '../passages.ts'
import type { Message, Score, Span, SpanKind } from '../span.ts'
import { usageIncluding } from '../usage.ts'
import {
  countOf,
  type Fields,
  field,
  fieldAmong,
  fieldsIn,
  isCut,
  isFields,
  numberOf,
  opened,
  textOf,
} from '../values.ts'
import { costIn, sessionOf, userOf } from '../who.ts'
import type { WireEvent, WireLog, WireSpan } from '../wire.ts'

const KINDS: Readonly<Record<string, SpanKind>> = {
  chat: 'call',
  text_completion: 'call',
  'chat.completions': 'call',
  'text.completions': 'call',
  generate_content: 'call',
  llm_request: 'call',
  call_llm: 'call',
  execute_tool: 'tool',
  invoke_agent: 'agent',
  create_agent: 'other',
  invoke_workflow: 'workflow',
  retrieval: 'retrieval',
  vector_db_retrieve: 'retrieval',
  rerank: 'rerank',
}

const DETAILS = 'gen_ai.client.inference.operation.details'
const EVENT = /^gen_ai\.(system|user|assistant|tool)\.message$|^gen_ai\.choice$|^gen_ai\.content\.(prompt|completion)$/
/** What of a span is content, with the JSON in it opened. */
const contentOf = (attrs: Fields) => ({
  'gen_ai.input.messages': opened(attrs['gen_ai.input.messages']),
  'gen_ai.output.messages': opened(attrs['gen_ai.output.messages']),
  'gen_ai.system_instructions': opened(attrs['gen_ai.system_instructions']),
  'gen_ai.tool.call.arguments': opened(attrs['gen_ai.tool.call.arguments']),
  'gen_ai.tool.call.result': opened(attrs['gen_ai.tool.call.result']),
})

type Content = ReturnType<typeof contentOf>

export const otelGenai: SpanReader = {
  name: 'otel-genai',
  about:
    'OpenTelemetry GenAI conventions, messages as attributes or as events: OTLP, spans as JSON, Jaeger, Zipkin, Application Insights, Logfire',
  marks: ({ attrs, events }) =>
    attrs['openinference.span.kind'] === undefined &&
    attrs['ai.operationId'] === undefined &&
    (typeof attrs['gen_ai.operation.name'] === 'string' ||
      attrs['gen_ai.input.messages'] !== undefined ||
      events.some(({ name }) => isMessage(name))),
  marksLog: ({ name }) => isMessage(name) || name === SCORE,
  read,
  readLog,
}

const SCORE = 'gen_ai.evaluation.result'
const isMessage = (name: string): boolean => name === DETAILS || EVENT.test(name)

function read(span: WireSpan): Partial<Span> {
  const { attrs } = span
  const operation = textOf(attrs['gen_ai.operation.name'])
  const kind = operation === null ? 'call' : (KINDS[operation] ?? 'other')
  const inside = contentOf(attrs)
  const { input, output } = messagesIn(span, inside)
  return {
    kind,
    agent:
      kind === 'agent' || kind === 'workflow'
        ? textOf(field(attrs, 'gen_ai.agent.name', 'gen_ai.workflow.name'))
        : null,
    input,
    output,
    cut: cutIn(span, inside),
    usage: usageIn(attrs),
    model: textOf(field(attrs, 'gen_ai.response.model', 'gen_ai.request.model')),
    settings: kind === 'call' || kind === 'agent' ? settingsIn(attrs) : {},
    finish: finishIn(attrs),
    first_token_ms: firstToken(attrs),
    cost_usd: costIn(attrs),
    tool: kind === 'tool' ? toolIn(span, inside) : null,
    retrieval: kind === 'retrieval' || kind === 'rerank' ? retrievalIn(span) : null,
    approval: approvalIn(attrs),
    session: sessionOf(span),
    user: userOf(span),
    scores: span.events.length === 0 ? [] : span.events.filter(({ name }) => name === SCORE).map(scoreIn),
  }
}

function cutIn({ attrs, events }: WireSpan, inside: Content): readonly string[] {
  const cut: string[] = []
  let name: keyof Content
  for (name in inside) if (isCut(attrs[name], inside[name])) cut.push(name)
  return events.length === 0 ? cut : [...cut, ...cutEvents(events)]
}

/** Attributes first; then the details' event; then the events of one message each; then what earlier conventions called the content. */
function messagesIn({ attrs, events }: WireSpan, inside: Content): Pick<Span, 'input' | 'output'> {
  const own = messagesFrom(
    inside['gen_ai.input.messages'],
    inside['gen_ai.output.messages'] ?? attrs['gen_ai.output'],
    inside['gen_ai.system_instructions'],
  )
  if (own.input !== null && own.output !== null) return own
  const told = detailsIn(events)
  const listed = withAnswer(fromEvents([...events, ...listedEvents(attrs)]))
  const single = (listed.input ?? listed.output) ? listed : fromEvents(contentEvents(attrs))
  return { input: own.input ?? told.input ?? single.input, output: own.output ?? told.output ?? single.output }
}

/** A span whose events tell of a whole conversation, as Azure's agents write it, ends with its answer. */
function withAnswer(said: Pick<Span, 'input' | 'output'>): Pick<Span, 'input' | 'output'> {
  const last = said.output === null ? said.input?.at(-1) : undefined
  return last?.role === 'assistant' ? { input: said.input!.slice(0, -1), output: [last] } : said
}

function messagesFrom(given: unknown, answer: unknown, system: unknown): Pick<Span, 'input' | 'output'> {
  const input = (given ?? null) === null ? null : messagesOf(given, 'user')
  return {
    input: input === null ? null : (system ?? null) === null ? input : [...messagesOf(system, 'system'), ...input],
    output: (answer ?? null) === null ? null : answersIn(answer),
  }
}

/** Each answer of several ends for a reason of its own. */
function answersIn(answer: unknown): Message[] {
  const list = opened(answer)
  const isEach = Array.isArray(list) && list.length > 1 && list.every((each) => isFields(each) && each.finish_reason)
  return isEach ? firstOf(list, 'assistant') : messagesOf(answer, 'assistant')
}

/** What was asked and what was answered may be told by an event each, as Strands does. */
function detailsIn(events: readonly WireEvent[]): Pick<Span, 'input' | 'output'> {
  const all = events.filter(({ name }) => name === DETAILS).map(messagesOfDetails)
  return {
    input: all.find(({ input }) => input !== null)?.input ?? null,
    output: all.findLast(({ output }) => output !== null)?.output ?? null,
  }
}

function messagesOfDetails({ body, attrs }: WireEvent): Pick<Span, 'input' | 'output'> {
  const said: Fields = { ...(opened(body) as Fields | null), ...attrs }
  return messagesFrom(
    said['gen_ai.input.messages'],
    field(said, 'gen_ai.output.messages', 'gen_ai.output'),
    said['gen_ai.system_instructions'],
  )
}

/** The content as one attribute each, in the place of its event: Spring AI, OpenLIT. */
function contentEvents(attrs: Fields): WireEvent[] {
  const prompt = field(attrs, 'gen_ai.content.prompt', 'gen_ai.prompt')
  const completion = field(attrs, 'gen_ai.content.completion', 'gen_ai.completion')
  const told = (name: string, said: Fields): WireEvent => ({ name, time: null, attrs: said, body: null })
  return [
    ...(prompt === null ? [] : [told('gen_ai.content.prompt', { 'gen_ai.prompt': prompt })]),
    ...(completion === null ? [] : [told('gen_ai.content.completion', { 'gen_ai.completion': completion })]),
  ]
}

/** Pydantic AI's first version lists its events in an attribute. */
function listedEvents(attrs: Fields): WireEvent[] {
  const list = opened(attrs.events)
  return Array.isArray(list)
    ? list.map((item: Fields) => ({ name: String(item['event.name'] ?? ''), time: null, attrs: item, body: item }))
    : []
}

function fromEvents(events: readonly WireEvent[]): Pick<Span, 'input' | 'output'> {
  const input: Message[] = []
  const output: Message[] = []
  for (const event of events) {
    if (!EVENT.test(event.name)) continue
    const into = event.name === 'gen_ai.choice' || event.name === 'gen_ai.content.completion' ? output : input
    // Of several answers the agent goes on with the first.
    if (into === output && Number(choiceIndex(event)) > 0) continue
    into.push(...messageOfEvent(event))
  }
  return { input: input.length > 0 ? input : null, output: output.length > 0 ? output : null }
}

const choiceIndex = ({ attrs, body }: WireEvent): unknown => attrs.index ?? fieldsIn(body).index ?? 0

/** Messages that were joined as lines, each behind who said it, as OpenLIT writes them. */
const SPOKEN = /^(?=(?:system|developer|user|assistant|tool): )/m

function spokenIn(text: string): unknown {
  const pieces = text.split(SPOKEN)
  if (pieces.length < 2) return text.replace(/^(user|system|assistant): /, '')
  return pieces.map((piece) => {
    const [, role, content] = /^(\w+): ([\s\S]*?)\n?$/.exec(piece) ?? []
    return role === undefined ? piece : { role, content }
  })
}

function messageOfEvent({ name, attrs, body }: WireEvent): Message[] {
  const kept = field(attrs, 'gen_ai.event.content', 'gen_ai.prompt', 'gen_ai.completion')
  const words = typeof kept === 'string' && name.startsWith('gen_ai.content.') ? spokenIn(kept) : kept
  const said = opened(words ?? (isFilled(body) ? body : attrs))
  const fields = isFields(said) ? said : null
  if (name === 'gen_ai.choice' || name === 'gen_ai.content.completion') {
    const message = fields ? opened(fields.message) : null
    if (typeof message === 'string') return messagesOf(message, 'assistant')
    return messagesOf(message ?? (fields ? withRole(fields, 'assistant') : said), 'assistant')
  }
  const role = /^gen_ai\.(system|user|assistant|tool)/.exec(name)?.[1] ?? 'user'
  return messagesOf(fields ? withRole(fields, role) : said, role as Message['role'])
}

const isFilled = (body: unknown): boolean =>
  body !== null && body !== '' && !(typeof body === 'object' && Object.keys(body as object).length === 0)

/** Blocks of Bedrock or Anthropic as the JSON text of a content are opened, so that each is read as what it is. */
const withRole = (fields: Fields, role: string): Fields => ({
  role,
  ...fields,
  ...(fields.content === undefined ? {} : { content: opened(fields.content) }),
})

function cutEvents(events: readonly WireEvent[]): string[] {
  return events.flatMap(({ name, attrs }) =>
    isMessage(name) ? Object.keys(attrs).filter((key) => isCut(attrs[key])) : [],
  )
}

function usageIn(attrs: Fields) {
  const count = (names: readonly string[]) => countOf(fieldAmong(attrs, names))
  return usageIncluding({
    prompt: count(USAGE.prompt),
    completion: count(USAGE.completion),
    cached: count(USAGE.cached),
    cache_write: count(USAGE.cache_write),
    reasoning: count(USAGE.reasoning),
  })
}

/** Names as they stand: one that is put together is looked up ten times as slowly. */
const USAGE = {
  prompt: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
  completion: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
  cached: [
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_read_input_tokens',
    'gen_ai.usage.details.cache_read_tokens',
    'gen_ai.usage.details.cache_read_input_tokens',
  ],
  cache_write: [
    'gen_ai.usage.cache_write.input_tokens',
    'gen_ai.usage.cache_creation.input_tokens',
    'gen_ai.usage.cache_write_input_tokens',
    'gen_ai.usage.cache_creation_input_tokens',
    'gen_ai.usage.details.cache_write_tokens',
  ],
  reasoning: [
    'gen_ai.usage.reasoning.output_tokens',
    'gen_ai.usage.reasoning_tokens',
    'gen_ai.usage.details.reasoning_tokens',
  ],
}

const settingsIn = (attrs: Fields): Span['settings'] =>
  callSettings({
    model: field(attrs, 'gen_ai.request.model', 'gen_ai.response.model'),
    temperature: attrs['gen_ai.request.temperature'],
    top_p: attrs['gen_ai.request.top_p'],
    max_tokens: attrs['gen_ai.request.max_tokens'],
    prompt: [attrs['gen_ai.prompt.name'], attrs['gen_ai.prompt.version']],
  })

function finishIn(attrs: Fields): string | null {
  const reasons = opened(attrs['gen_ai.response.finish_reasons'])
  return textOf(Array.isArray(reasons) ? reasons.at(-1) : reasons)
}

/** The convention counts seconds, Strands milliseconds under a name of its own. */
function firstToken(attrs: Fields): number | null {
  const seconds = numberOf(attrs['gen_ai.response.time_to_first_chunk'])
  const ms = seconds !== null ? seconds * 1000 : numberOf(attrs['gen_ai.server.time_to_first_token'])
  return ms !== null && ms >= 0 ? ms : null
}

function toolIn({ attrs, name, events, status }: WireSpan, inside: Content): Span['tool'] {
  const call = inside['gen_ai.tool.call.arguments']
  const args = isFields(call)
    ? call
    : field(attrs, 'gen_ai.tool.call.arguments', 'gen_ai.tool.args', 'tool_arguments', 'gen_ai.tool.input')
  const details = detailsIn(events)
  const single = fromEvents(events)
  const [asked, answer] = [details.input ?? single.input, (details.output ?? single.output)?.[0]]
  // Strands writes what a tool was given as a message of the tool, and what it gave as the choice; alone, that message is the answer.
  const message = asked?.[0]?.results[0]
  const told = answer ? answer.results[0] : message
  const given = asked?.[0]?.calls[0]?.arguments ?? (answer && message?.content ? message.content : null)
  const result = field(attrs, 'gen_ai.tool.call.result', 'tool_response', 'gen_ai.tool.output', 'gen_ai.output')
  return {
    id: textOf(field(attrs, 'gen_ai.tool.call.id')),
    name: textOf(attrs['gen_ai.tool.name']) ?? name.replace(/^execute_tool /, ''),
    arguments: args === null && given === null ? undefined : argumentsIn(args ?? given),
    result: contentText(result) ?? told?.content ?? answer?.text ?? null,
    error: attrs['error.type'] !== undefined || status === 'error' ? true : null,
  }
}

function retrievalIn({ attrs }: WireSpan): Span['retrieval'] {
  return {
    bucket: textOf(field(attrs, 'gen_ai.data_source.id', 'gen_ai.retrieval.name')),
    query: textOf(field(attrs, 'gen_ai.retrieval.query.text', 'gen_ai.retrieval.query')),
    top_k: countOf(field(attrs, 'gen_ai.retrieval.top_k', 'gen_ai.request.top_k')),
    passages: passagesOf(attrs['gen_ai.retrieval.documents']),
  }
}

const approvalIn = (attrs: Fields): Span['approval'] =>
  attrs['pydantic_ai.tool.deferral.name'] === 'ApprovalRequired' ? { granted: null, waited_ms: null } : null

function scoreIn({ attrs, time }: WireEvent): Score {
  return {
    time,
    name: textOf(attrs['gen_ai.evaluation.name']) ?? 'evaluation',
    value: numberOf(attrs['gen_ai.evaluation.score.value']),
    label: textOf(attrs['gen_ai.evaluation.score.label']),
    kind: 'judge',
    annotator: null,
    comment: textOf(attrs['gen_ai.evaluation.explanation']),
  }
}

function readLog(log: WireLog): Partial<Span> | null {
  if (log.name === SCORE) return { scores: [scoreIn(log)] }
  if (log.name === DETAILS) return { ...messagesOfDetails(log), cut: cutEvents([log]) }
  return { ...fromEvents([log]), cut: cutEvents([log]) }
}

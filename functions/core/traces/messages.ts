/** Messages as dialects record them, whatever envelope they stand in, as a list of one form. */
import { type Block, blocksOf, callOf, contentText } from './blocks.ts'
import { madeOf } from './histories.ts'
import type { Message, ToolCall, ToolResult } from './span.ts'
import { type Fields, field, isFields, opened, textOf } from './values.ts'

type Role = Message['role']

const ROLES: Readonly<Record<string, Role>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  humanmessage: 'user',
  assistant: 'assistant',
  ai: 'assistant',
  aimessage: 'assistant',
  aimessagechunk: 'assistant',
  model: 'assistant',
  bot: 'assistant',
  tool: 'tool',
  function: 'tool',
  toolmessage: 'tool',
  systemmessage: 'system',
}

/** Where envelopes keep their messages. */
const LISTS = [
  'messages',
  'input_messages',
  'output_messages',
  'input',
  'output',
  'outputs',
  'contents',
  'generations',
  'choices',
  'candidates',
]

/** Lists of answers, of which the agent goes on with the first. */
const CANDIDATES: ReadonlySet<string> = new Set(['choices', 'candidates'])

/** The first of several answers; the others are counted as parts that were left out. */
export function firstOf(answers: readonly unknown[], role: Role): Message[] {
  const [first, ...others] = messagesOf(answers.slice(0, 1), role)
  const left = answers.length - 1
  if (!first || left === 0) return first ? [first, ...others] : []
  return [{ ...first, omitted: { ...first.omitted, candidate: left } }, ...others]
}

/**
 * The messages that a value holds: a list, an envelope with one, a single message, or a bare text, which `role` said. JSON text is
 * opened on the way. An empty list: it holds none.
 */
export function messagesOf(value: unknown, role: Role): Message[] {
  const at = opened(value)
  if (at === null || at === undefined || at === '') return []
  if (typeof at !== 'object') return [messageFrom(role, [{ text: String(at) }])]
  if (!Array.isArray(at)) return joined(itemMessages(at, role))
  const of = madeOf<Message>(at, role, (items, before) => {
    const all = [...before]
    for (const item of items) all.push(...itemMessages(opened(item), role))
    return joined(all)
  })
  return [...of]
}

/** The same where it holds any; null: none was recorded. */
export function recordedMessages(value: unknown, role: Role): Message[] | null {
  const messages = messagesOf(value, role)
  return messages.length > 0 ? messages : null
}

function itemMessages(item: unknown, role: Role): Message[] {
  if (Array.isArray(item)) {
    const pair = pairIn(item)
    return pair === null ? item.flatMap((inner) => itemMessages(opened(inner), role)) : [spoken(pair, pair.role)]
  }
  if (!isFields(item)) return typeof item === 'string' ? [messageFrom(role, [{ text: item }])] : []
  const inner = unwrapped(item)
  if (inner !== null) return itemMessages(opened(inner), role)
  const said = roleOf(item)
  if (said === null) return withoutRole(item, role)
  if (said !== 'tool' || hasOwnResults(item)) return [spoken(item, said)]
  return isToolDefinition(item) ? [] : [toolMessage(item)]
}

/** A role and a text, as LangChain's users write messages. */
function pairIn([said, content, ...rest]: readonly unknown[]): {
  readonly role: Role
  readonly content: string
} | null {
  if (typeof said !== 'string' || typeof content !== 'string' || rest.length > 0) return null
  const role = ROLES[said.toLowerCase()]
  return role === undefined || role === 'tool' ? null : { role, content }
}

/** The message inside an envelope: a choice, a generation, LangChain's constructor, OpenInference's nesting. */
function unwrapped(item: Fields): unknown {
  if (Array.isArray(item.id) && isFields(item.kwargs)) return { type: String(item.id.at(-1)), ...item.kwargs }
  // LangChain's messages as dictionaries.
  if (isFields(item.data) && item.content === undefined && typeof item.type === 'string' && roleOf(item) !== null)
    return { type: item.type, ...item.data }
  // A generation repeats its message's words beside it, and they may stand there alone.
  if (isFields(item.message) && roleOf(item) === null)
    return typeof item.text === 'string' ? { text: item.text, ...item.message } : item.message
  if (isFields(item.kwargs) && roleOf(item) === null) return { text: item.text, ...item.kwargs }
  // Gemini's answer holds its message as content; so do pages that say nothing else.
  if (isFields(item.content) && Array.isArray(item.content.parts) && roleOf(item) === null) return item.content
  if (isFields(item.message) && item.finish_reason !== undefined) return item.message
  // Bedrock's answer.
  if (isFields(item.output) && isFields(item.output.message) && roleOf(item) === null) return item.output.message
  return null
}

function roleOf(item: Fields): Role | null {
  const role = item.role ?? (typeof item.type === 'string' ? item.type : null)
  if (typeof role !== 'string') return null
  return ROLES[role.toLowerCase()] ?? null
}

/** What a function that was recorded took: its arguments, which are what was said. */
function recordedArguments(item: Fields): unknown[] | null {
  if (!Array.isArray(item.args) || item.args.length === 0) return null
  const rest = Object.keys(item).filter((name) => name !== 'args')
  const isEnvelope = rest.every((name) => name === 'kwargs' && isFields(item[name]))
  return isEnvelope && item.args.every((arg) => typeof arg === 'string') ? item.args : null
}

function withoutRole(item: Fields, role: Role): Message[] {
  const args = recordedArguments(item)
  if (args) return itemMessages(args, role)
  for (const name of LISTS) {
    const list = opened(item[name])
    if (Array.isArray(list) && list.some((inner) => typeof inner === 'object' && inner !== null)) {
      const said = CANDIDATES.has(name)
        ? firstOf(list, role)
        : name === 'generations'
          ? list.flatMap((each) => (Array.isArray(each) ? firstOf(each, role) : itemMessages(each, role)))
          : itemMessages(list, role)
      return [...(role === 'assistant' ? [] : instructions(item)), ...said]
    }
    if (name.startsWith('input') && typeof list === 'string' && instructions(item).length > 0)
      return [...instructions(item), messageFrom(role, [{ text: list }])]
  }
  const text = completed(item)
  if (text !== null) return [...instructions(item), messageFrom(role, [{ text }])]
  if (item.content !== undefined || Array.isArray(item.tool_calls)) return [spoken(item, role)]
  if (Array.isArray(item.parts)) return pydanticParts(item.parts, role)
  const blocks = blocksOf(item)
  const known = blocks.filter((block) => !('omitted' in block))
  if (known.length > 0 || typeof item.type === 'string')
    return [messageFrom(blocks.some(isResult) ? 'tool' : /_call$/.test(`${item.type}`) ? 'assistant' : role, blocks)]
  return [messageFrom(role, [{ text: contentText(item)! }])]
}

/** What a model that completes texts was given, or gave, beside nothing but parameters and counts; null: it is no such thing. */
function completed(item: Fields): string | null {
  const only = Array.isArray(item.prompts) && item.prompts.length === 1 ? item.prompts[0] : undefined
  const text = item.prompt ?? only ?? item.completion
  if (typeof text !== 'string') return null
  return Object.keys(item).every((name) => BESIDE_TEXT.test(name)) ? text : null
}

const BESIDE_TEXT =
  /^(prompts?|completion|system|model|temperature|top_[pk]|max_(new_)?tokens(_to_sample)?|stop(_sequences|_reason)?|finish_reason|stream|n|seed|\w+_penalty|id|type|object|usage)$/

const isResult = (block: Block): boolean => 'result' in block

/** What a request says beside its messages. */
function instructions(item: Fields): Message[] {
  const config = isFields(item.config) ? item.config.system_instruction : null
  const text = field(item, 'instructions', 'system', 'system_prompt', 'systemPrompt') ?? config
  return typeof text === 'string' || Array.isArray(text) ? [messageFrom('system', blocksOf(text))] : []
}

/** An input with the instructions that only the answer repeats: they were read first. */
export function withInstructions(input: readonly Message[] | null, answer: unknown): readonly Message[] | null {
  const at = opened(answer)
  const told = isFields(at) ? instructions(at) : []
  return input === null || told.length === 0 || input.some(({ role }) => role === 'system')
    ? input
    : [...told, ...input]
}

/** Parts that say themselves who spoke. */
function pydanticParts(parts: readonly unknown[], role: Role): Message[] {
  return parts.flatMap((part) => {
    const kind = isFields(part) ? String(part.part_kind ?? '') : ''
    const said: Role = kind.startsWith('system') ? 'system' : kind.startsWith('user') ? 'user' : role
    const blocks = blocksOf(part)
    return blocks.length > 0 ? [messageFrom(blocks.some(isResult) ? 'tool' : said, blocks)] : []
  })
}

const hasOwnResults = (item: Fields): boolean => {
  const content = item.parts ?? item.content
  return blocksOf(Array.isArray(content) ? content : null).some(isResult)
}

/** A tool's answer as chat messages carry it: the message is the result. */
function toolMessage(item: Fields): Message {
  const { status } = item
  const error = item.is_error ?? (status === 'error' ? true : status === 'success' ? false : null)
  const result: ToolResult = {
    id: textOf(item.tool_call_id ?? item.toolCallId ?? item.call_id ?? item.id),
    name: textOf(item.name),
    content: contentText(item.content ?? item.contents ?? item.parts ?? item.output ?? item.result ?? item.response),
    error: typeof error === 'boolean' ? error : null,
  }
  return { role: 'tool', text: '', calls: [], results: [result], omitted: {} }
}

/** LangChain's tracer lists the tools that a model may call among its messages. */
const isToolDefinition = ({ content, tool_call_id }: Fields): boolean =>
  isFields(content) && content.type === 'function' && isFields(content.function) && tool_call_id === undefined

function spoken(item: Fields, role: Role): Message {
  const recorded = item.parts ?? item.content ?? item.contents ?? item.text ?? null
  const content = opened(recorded)
  const blocks = blocksOf(typeof content === 'object' ? content : recorded)
  const beneath = isFields(item.additional_kwargs) ? item.additional_kwargs.tool_calls : null
  const listed = opened(item.tool_calls ?? item.toolCalls)
  const given = Array.isArray(listed) && listed.length > 0 ? listed : opened(beneath)
  const old = isFields(item.function_call) ? [item.function_call] : []
  const beside: Block[] = []
  for (const call of [...(Array.isArray(given) ? given : []), ...old]) {
    const read = isFields(call) ? callOf(isFields(call.tool_call) ? call.tool_call : call, 'function') : null
    if (read) beside.push({ call: read })
  }
  if (beside.length === 0 && blocks.length > 0) return messageFrom(role, blocks)
  // LangChain keeps the same calls as blocks of the content and beside it.
  const known = new Set(beside.map((block) => ('call' in block ? block.call.id : null)))
  const own = blocks.filter((block) => !('call' in block) || block.call.id === null || !known.has(block.call.id))
  const said = [...own, ...beside]
  if (said.length > 0) return messageFrom(role, said)
  if (typeof item.refusal === 'string') return messageFrom(role, [{ text: item.refusal }])
  return messageFrom(role, holdsUnread(item) ? [{ omitted: 'unread' }] : [])
}

/** Names of a message that carry none of its words. */
const ABOUT_IT = new Set(
  'role type name id index content parts contents text refusal tool_calls toolCalls invalid_tool_calls function_call additional_kwargs response_metadata usage_metadata metadata finish_reason stop_reason status model created_at example lc annotations audio reasoning reasoning_content'.split(
    ' ',
  ),
)

/** A message without a word in any place that is known, and with something in another one. */
const holdsUnread = (item: Fields): boolean =>
  Object.entries(item).some(
    ([name, value]) =>
      !ABOUT_IT.has(name) &&
      (typeof value === 'string'
        ? value !== ''
        : typeof value === 'object' && value !== null && Object.keys(value).length > 0),
  )

/** One message of blocks: results alone are a tool's. */
export function messageFrom(role: Role, blocks: readonly Block[]): Message {
  const texts: string[] = []
  const calls: ToolCall[] = []
  const results: ToolResult[] = []
  const omitted: Record<string, number> = {}
  for (const block of blocks)
    if ('text' in block) texts.push(block.text)
    else if ('call' in block) calls.push(block.call)
    else if ('result' in block) results.push(block.result)
    else omitted[block.omitted] = (omitted[block.omitted] ?? 0) + 1
  const said = results.length > 0 && texts.length === 0 && calls.length === 0 ? 'tool' : role
  return { role: said, text: texts.join('\n'), calls, results, omitted }
}

/** Items of one turn that a response lists one by one (reasoning, text, calls) are one message of the assistant. */
function joined(messages: readonly Message[]): Message[] {
  const kept: Message[] = []
  for (const message of messages) {
    const last = kept.at(-1)
    if (last && last.role === 'assistant' && message.role === 'assistant') kept[kept.length - 1] = merged(last, message)
    else kept.push(message)
  }
  return kept
}

function merged(a: Message, b: Message): Message {
  const omitted: Record<string, number> = { ...a.omitted }
  for (const [name, n] of Object.entries(b.omitted)) omitted[name] = (omitted[name] ?? 0) + n
  return {
    role: a.role,
    text: [a.text, b.text].filter((text) => text !== '').join('\n'),
    calls: [...a.calls, ...b.calls],
    results: [...a.results, ...b.results],
    omitted,
  }
}

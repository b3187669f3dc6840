/**
 * The parts of a message as the model providers and frameworks write them, each read by what it says of itself: OTel's parts, OpenAI's
 * chat and responses items, Anthropic's and Bedrock's blocks, Gemini's, LangChain's, AI SDK's and Pydantic AI's.
 */
import { argumentsOf } from '../replay/json-text.ts'
import type { ToolCall, ToolResult } from './span.ts'
import { type Fields, isFields, type JsonValue, opened, sortedJson, textOf } from './values.ts'

/** What one block says. `omitted`: a kind that is no text. */
export type Block =
  | { readonly text: string }
  | { readonly call: ToolCall }
  | { readonly result: ToolResult }
  | { readonly omitted: string }

const TEXT = new Set(['text', 'input_text', 'output_text', 'refusal', 'user-prompt', 'system-prompt', 'instructions'])
const CALL = new Set([
  'tool_call',
  'tool-call',
  'tool_use',
  'function_call',
  'custom_tool_call',
  'mcp_call',
  'function',
  'server_tool_call',
  'server_tool_use',
])
const RESULT = new Set([
  'tool_call_response',
  'tool-result',
  'tool_result',
  'function_call_output',
  'custom_tool_call_output',
  'tool-return',
  'server_tool_call_response',
])

/** Blocks of a message's content: a text, a list, or one object. */
export function blocksOf(content: unknown): Block[] {
  if (content === null || content === undefined || content === '') return []
  if (typeof content === 'string') return [{ text: content }]
  if (Array.isArray(content)) {
    // Most hold one.
    if (content.length === 1) return blocksOf(content[0])
    const blocks: Block[] = []
    for (const part of content) blocks.push(...blocksOf(part))
    return blocks
  }
  return isFields(content) ? blockOf(content) : [{ text: String(content) }]
}

function blockOf(part: Fields): Block[] {
  // OpenInference nests what others write flat.
  const inner = part.message_content
  if (isFields(inner)) return blocksOf(inner)
  const type = String(part.type ?? part.part_kind ?? part.kind ?? '').toLowerCase()
  const call = callOf(part, type)
  // The provider asks the server itself: one item holds what was passed and what came.
  if (call && type === 'mcp_call') return [{ call }, { result: answerOf(part, call) }]
  if (call) return [{ call }]
  const result = resultOf(part, type)
  if (result) return [{ result }]
  if (TEXT.has(type) || (type === '' && ('text' in part || typeof part.content === 'string')))
    return blocksOf(textIn(part))
  return [{ omitted: nameOf(type, part) }]
}

const answerOf = ({ output, error }: Fields, { id, name }: ToolCall): ToolResult => ({
  id,
  name,
  content: contentText(output ?? error),
  error: error !== null && error !== undefined,
})

/** Reasoning, images, audio, files and what nobody knows yet: counted under their own name. */
function nameOf(type: string, part: Fields): string {
  const named = type || Object.keys(part)[0] || 'unknown'
  return /reason|think/i.test(named) ? 'reasoning' : named.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 60)
}

function textIn(part: Fields): unknown {
  const text = part.text ?? part.content ?? part.refusal ?? part.value
  return isFields(text) ? (text.text ?? text.value) : text
}

/** The first of these that is an object. Named one by one: a lookup by a name that varies costs ten times as much. */
const fieldsAmong = (...values: readonly unknown[]): Fields | null => values.find(isFields) ?? null

/** A call of a tool, wherever its name and arguments stand. */
export function callOf(part: Fields, type: string): ToolCall | null {
  // Gemini's snake case; under a type it is the name of one of OpenAI's items.
  const at = fieldsAmong(part.toolUse, part.functionCall, part.tool_call, 'type' in part ? null : part.function_call)
  if (
    !at &&
    !CALL.has(type) &&
    !('tool.name' in part) &&
    !('toolCallId' in part && 'toolName' in part && !RESULT.has(type))
  )
    return null
  const it = at ?? part
  const inner = isFields(it.function) ? it.function : it
  const name = textOf(inner.name ?? inner.toolName ?? inner.tool_name ?? inner['tool.name'] ?? it.name)
  if (name === null) return null
  const args = inner.arguments ?? inner.args ?? inner.input ?? inner.parameters ?? inner['tool.args']
  const id = it.call_id ?? it.id ?? it.toolUseId ?? it.toolCallId ?? it.tool_call_id ?? it.tool_use_id
  return { id: textOf(id), name, arguments: argumentsIn(args) }
}

/** No arguments at all is a call without any. */
export const argumentsIn = (args: unknown): JsonValue =>
  args === null || args === undefined || args === '' ? {} : (argumentsOf(args) as JsonValue)

export function resultOf(part: Fields, type: string): ToolResult | null {
  const at = fieldsAmong(part.toolResult, part.functionResponse, part.function_response)
  if (!at && !RESULT.has(type)) return null
  const it = at ?? part
  const { status } = it
  const error = it.is_error ?? it.isError ?? (status === 'error' ? true : status === 'success' ? false : null)
  return {
    id: textOf(it.call_id ?? it.id ?? it.toolUseId ?? it.tool_use_id ?? it.toolCallId ?? it.tool_call_id),
    name: textOf(it.name ?? it.toolName ?? it.tool_name),
    content: contentText(it.response ?? it.result ?? it.output ?? it.content),
    error: typeof error === 'boolean' ? error : null,
  }
}

/** A result as the text that the model read: text as it is, text parts joined, everything else as JSON. */
export function contentText(content: unknown): string | null {
  if (content === null || content === undefined) return null
  if (typeof content === 'string') return content
  if (Array.isArray(content) && content.length > 0 && content.every(isTextPart))
    return content.map((part) => (typeof part === 'string' ? part : String(part.text ?? ''))).join('\n')
  if (isMcpAnswer(content)) return contentText(content.content)
  // AI SDK and Bedrock wrap one value.
  if (isFields(content) && content.type === 'text' && typeof content.value === 'string') return content.value
  return sortedJson(content)
}

/** What a server of MCP answers with: blocks, and whether they tell of an error. */
export const isMcpAnswer = (answer: unknown): answer is Fields =>
  isFields(answer) &&
  Array.isArray(answer.content) &&
  answer.content.length > 0 &&
  answer.content.every((part) => isFields(part) && typeof part.type === 'string') &&
  Object.keys(answer).every((name) => MCP_ANSWER.has(name))

const MCP_ANSWER: ReadonlySet<string> = new Set(['content', 'isError', 'structuredContent', 'meta', '_meta'])

const isTextPart = (part: unknown): part is string | Fields =>
  typeof part === 'string' || (isFields(part) && typeof part.text === 'string')

/** What a tool answered: a message of a tool, as frameworks wrap it, is what it carries. */
export function toolAnswer(value: unknown): Omit<ToolResult, 'name'> {
  const answer = opened(value)
  const message = isFields(answer) ? (isFields(answer.kwargs) ? answer.kwargs : answer) : null
  if (message === null || !('content' in message) || !('tool_call_id' in message || message.type === 'tool'))
    return { id: null, content: contentText(value), error: null }
  return {
    id: textOf(message.tool_call_id),
    content: contentText(message.content),
    error: message.status === 'error' ? true : null,
  }
}

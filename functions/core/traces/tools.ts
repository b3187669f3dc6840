/**
 * The tools' spans of a trace as pieces of work: each once, with its arguments as the model wrote them. One piece may be told by the
 * framework, by the client of MCP below it and by the server below that.
 */
import { contentText, isMcpAnswer } from './blocks.ts'
import type { Span } from './span.ts'
import { isFields, type JsonValue, opened } from './values.ts'

/** By start, as the trace has them. A span below one of the same tool tells of the same work: it fills what the upper one left out. */
export function toolSpans(spans: readonly Span[]): Span[] {
  const tools = spans.filter((span) => span.kind === 'tool' && span.tool !== null).map(plainSpan)
  if (tools.length < 2) return tools
  const by = new Map(spans.map((span) => [span.span, span]))
  const known = new Map(tools.map((span) => [span.span, span]))
  for (const span of tools) {
    const upper = upperOf(span, by)
    const above = upper === null ? undefined : known.get(upper)
    if (!above || !isSameWork(above, span)) continue
    known.delete(span.span)
    known.set(above.span, filled(above, span))
    // What lies below this span is told of the one above it too.
    by.set(span.span, { ...span, kind: 'other' })
  }
  return [...known.values()]
}

/** The nearest tool above a span, with no agent and no model call between them. */
function upperOf(span: Span, by: ReadonlyMap<string, Span>): string | null {
  let at = span.parent === null ? undefined : by.get(span.parent)
  for (let steps = 0; at && steps < 20; steps++) {
    if (at.kind === 'tool') return at.span
    if (at.kind === 'agent' || at.kind === 'call') return null
    at = at.parent === null ? undefined : by.get(at.parent)
  }
  return null
}

const letters = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

/** Under the same name, before which a server or a framework may have put its own. */
export function isSameName(one: string, other: string): boolean {
  const [a, b] = [letters(one), letters(other)]
  return one === other || (a !== '' && b !== '' && (a.endsWith(b) || b.endsWith(a)))
}

const isSameWork = (above: Span, below: Span): boolean =>
  above.approval === null && below.approval === null && isSameName(above.tool!.name, below.tool!.name)

const filled = (above: Span, { tool: below }: Span): Span => ({
  ...above,
  tool: {
    ...above.tool!,
    id: above.tool!.id ?? below!.id,
    arguments: above.tool!.arguments ?? below!.arguments,
    result: above.tool!.result ?? below!.result,
    error: above.tool!.error ?? below!.error,
  },
})

function plainSpan(span: Span): Span {
  const tool = span.tool!
  const args = tool.arguments === undefined ? undefined : argumentsOfWork(tool.arguments, tool.name)
  const answer = tool.result?.startsWith('{"') && tool.result.includes('"content"') ? opened(tool.result) : null
  const told = isMcpAnswer(answer) ? answer : null
  const result = told ? contentText(told) : tool.result
  const error = told?.isError === true ? true : tool.error
  return args === tool.arguments && result === tool.result
    ? span
    : { ...span, tool: { ...tool, arguments: args, result, error } }
}

/** Names that wrap what a function was called with, where nothing else stands beside them. */
const OF_PYTHON: ReadonlySet<string> = new Set(['args', 'kwargs', 'sanitize_inputs_outputs'])

/** Arguments without what an instrumentor wrapped around them: how Python called the function, or which tool was called. */
function argumentsOfWork(value: JsonValue, name: string): JsonValue {
  if (!isFields(value)) return value
  const at = value as Readonly<Record<string, JsonValue>>
  const names = Object.keys(at)
  if (names.length === 1 && isFields(at.calling)) return argumentsOfWork(at.calling as JsonValue, name)
  const hasPositions = Array.isArray(at.args) && at.args.length > 0
  if (isFields(at.kwargs) && !hasPositions && names.every((each) => OF_PYTHON.has(each))) return at.kwargs as JsonValue
  const called = at.tool_name ?? at.name
  const isCall = names.length === 2 && typeof called === 'string' && isSameName(called, name)
  return isCall && isFields(at.arguments) ? (at.arguments as JsonValue) : value
}

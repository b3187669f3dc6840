/**
 * Amazon Bedrock AgentCore (ADOT in CloudWatch): spans without content in one stream, one log record a span with its messages in the other,
 * joined by span id. The content is JSON inside JSON.
 */
import { contentText } from '../blocks.ts'
import type { SpanReader } from '../dialect.ts'
import { messagesOf } from '../messages.ts'
import type { Message, Span } from '../span.ts'
import { type Fields, field, isFields, opened, textOf } from '../values.ts'
import { sessionOf } from '../who.ts'
import type { WireEvent, WireLog, WireSpan } from '../wire.ts'

export const agentcore: SpanReader = {
  name: 'agentcore',
  about: 'Amazon Bedrock AgentCore (ADOT): spans and content records of CloudWatch, joined by span id',
  marks: ({ events, attrs, scope }) =>
    events.some(isContent) && (attrs['event.name'] === scope || Object.keys(attrs).length <= 2),
  marksLog: isContent,
  read: (span) => ({ ...saidBy(span.events.find(isContent)!), session: sessionOf(span) }),
  readLog: (log: WireLog) => ({ ...saidBy(log), session: textOf(field(log.attrs, 'session.id')) }),
}

/** The body of such a record holds the messages that went in and came out of its span. */
function isContent({ body }: WireEvent | WireLog | WireSpan['events'][number]): boolean {
  const at = opened(body)
  return isFields(at) && (hasMessages(at.input) || hasMessages(at.output))
}

const hasMessages = (value: unknown): boolean => isFields(value) && Array.isArray(value.messages)

function saidBy({ body }: WireEvent): Partial<Span> {
  const at = opened(body) as Fields
  const inputs = listIn(at.input)
  const outputs = listIn(at.output)
  const answer = outputs.length === 1 && isFields(outputs[0]) ? opened(contentOf(outputs[0])) : null
  if (isFields(answer) && answer.type === 'tool') return { kind: 'tool', tool: toolOf(answer, inputs) }
  // A graph's node repeats the state of the conversation, and so do its ends: no call of a model.
  if (isFields(answer) && Array.isArray(answer.messages)) return { kind: 'other' }
  if (typeof answer === 'string' && /^__\w+__$/.test(answer)) return { kind: 'other' }
  const generated = isFields(answer) && Array.isArray(answer.generations)
  return {
    ...(generated ? { kind: 'call' as const } : {}),
    input: read(inputs, 'user'),
    output: read(outputs, 'assistant'),
  }
}

const listIn = (value: unknown): readonly unknown[] =>
  isFields(value) && Array.isArray(value.messages) ? value.messages : []

const WRAPPING: ReadonlySet<string> = new Set(['content', 'message', 'finish_reason'])

/** `{content: "..."}`, `{message: "...", finish_reason}`, or the content itself. */
function contentOf(message: Fields): unknown {
  const content = opened(message.content)
  const isWrapped = isFields(content) && Object.keys(content).every((name) => WRAPPING.has(name))
  return isWrapped ? opened(field(content, 'content', 'message')) : content
}

function read(list: readonly unknown[], role: Message['role']): Message[] | null {
  const messages = list.flatMap((item) => {
    if (!isFields(item)) return messagesOf(item, role)
    const said = (textOf(item.role) ?? role) as Message['role']
    const content = contentOf(item)
    return isFields(content) && (Array.isArray(content.generations) || Array.isArray(content.messages))
      ? messagesOf(content, said)
      : messagesOf([{ role: said, content }], said)
  })
  return messages.length > 0 ? messages : null
}

function toolOf(answer: Fields, inputs: readonly unknown[]): Span['tool'] {
  const [given] = inputs
  const args = isFields(given) ? opened(contentOf(given)) : null
  return {
    id: textOf(answer.tool_call_id),
    name: textOf(answer.name) ?? 'tool',
    // LangChain writes Python's own form here, which is no JSON: then the call's arguments stand with the model alone.
    arguments: isFields(args) ? (args as never) : undefined,
    result: contentText(answer.content),
    error: answer.status === 'error' ? true : null,
  }
}

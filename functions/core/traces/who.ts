/** Session and user of a span, and what else every exporter over OpenTelemetry may write, whatever its dialect. */
import { type Fields, field, fieldAmong, numberOf, textOf } from './values.ts'
import type { WireSpan } from './wire.ts'

const SESSION = [
  'gen_ai.conversation.id',
  'session.id',
  'langfuse.session.id',
  'ai.telemetry.metadata.sessionId',
  'traceloop.association.properties.session_id',
  'traceloop.association.properties.chat_id',
  'langfuse.trace.session_id',
  'mlflow.trace.session',
]
const USER = [
  'user.id',
  'enduser.id',
  'langfuse.user.id',
  'langfuse.trace.user_id',
  'ai.telemetry.metadata.userId',
  'traceloop.association.properties.user_id',
  'mlflow.trace.user',
]

export const sessionOf = ({ attrs, resource }: WireSpan): string | null =>
  textOf(fieldAmong(attrs, SESSION) ?? field(resource, 'session.id'))

export const userOf = ({ attrs, resource }: WireSpan): string | null =>
  textOf(fieldAmong(attrs, USER) ?? field(resource, 'user.id'))

/** US dollars that an exporter recorded, in one or as input and output. */
export function costIn(attrs: Fields): number | null {
  const whole = numberOf(
    field(attrs, 'gen_ai.usage.cost', 'operation.cost', 'llm.cost.total', 'gen_ai.cost.total_cost'),
  )
  if (whole !== null) return whole
  const input = numberOf(field(attrs, 'gen_ai.usage.input_cost'))
  const output = numberOf(field(attrs, 'gen_ai.usage.output_cost'))
  return input === null || output === null ? null : input + output
}

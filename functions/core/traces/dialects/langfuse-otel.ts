/** Langfuse's own SDK over OpenTelemetry: its observations as attributes of spans. */
import type { SpanReader } from '../dialect.ts'
import { millis, nanosOf } from '../ids.ts'
import { langfuseSpan } from '../langfuse-span.ts'
import type { Span } from '../span.ts'
import { textOf } from '../values.ts'
import { sessionOf, userOf } from '../who.ts'
import type { WireSpan } from '../wire.ts'

export const langfuseOtel: SpanReader = {
  name: 'langfuse-otel',
  about: 'Langfuse SDK over OpenTelemetry: OTLP',
  marks: ({ attrs }) => typeof attrs['langfuse.observation.type'] === 'string',
  read,
}

function read(wire: WireSpan): Partial<Span> {
  const { attrs, start } = wire
  const at = (name: string) => attrs[`langfuse.observation.${name}`] ?? null
  const first = nanosOf(String(at('completion_start_time') ?? '').replaceAll('"', ''))
  const span = langfuseSpan({
    type: String(at('type')).toUpperCase(),
    name: wire.name,
    input: at('input'),
    output: at('output'),
    model: at('model.name'),
    parameters: at('model_parameters'),
    usageDetails: at('usage_details'),
    usage: null,
    costDetails: at('cost_details'),
    totalCost: null,
    level: at('level'),
    statusMessage: at('status_message'),
    promptName: at('prompt.name'),
    promptVersion: at('prompt.version'),
    attributes: attrs,
  })
  return {
    ...span,
    agent: span.agent ?? textOf(attrs['langfuse.trace.name']),
    session: sessionOf(wire),
    user: userOf(wire),
    first_token_ms: millis(start, first),
  }
}

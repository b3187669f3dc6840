/** LangSmith's SDK over OpenTelemetry: a run as a span, what it took and gave as JSON in two attributes. */
import type { SpanReader } from '../dialect.ts'
import type { Span } from '../span.ts'
import { type Fields, textOf } from '../values.ts'
import type { WireSpan } from '../wire.ts'
import { RUN_TYPES, saidBy, whoIn } from './langsmith.ts'

export const langsmithOtel: SpanReader = {
  name: 'langsmith-otel',
  about: 'LangSmith SDK over OpenTelemetry: OTLP',
  marks: ({ attrs }) =>
    typeof attrs['langsmith.span.kind'] === 'string' &&
    (attrs['gen_ai.prompt'] !== undefined || attrs['gen_ai.completion'] !== undefined),
  read,
}

const METADATA = 'langsmith.metadata.'

function read({ attrs, name, parent, status, message }: WireSpan): Partial<Span> {
  const kind = RUN_TYPES[String(attrs['langsmith.span.kind']).toLowerCase()] ?? 'other'
  const given: Fields = Object.fromEntries(
    Object.keys(attrs).flatMap((key) => (key.startsWith(METADATA) ? [[key.slice(METADATA.length), attrs[key]]] : [])),
  )
  const asked = (word: string): unknown => attrs[`gen_ai.request.${word}`]
  const run = {
    name: attrs['langsmith.trace.name'] ?? name,
    inputs: attrs['gen_ai.prompt'],
    outputs: attrs['gen_ai.completion'],
    error: status === 'error' ? (message ?? 'error') : null,
    prompt_tokens: attrs['gen_ai.usage.input_tokens'],
    completion_tokens: attrs['gen_ai.usage.output_tokens'],
    extra: {
      metadata: { ls_model_name: attrs['gen_ai.response.model'] ?? asked('model'), ...given },
      invocation_params: { temperature: asked('temperature'), top_p: asked('top_p'), max_tokens: asked('max_tokens') },
    },
  }
  return {
    kind,
    agent: kind === 'workflow' && parent === null ? textOf(run.name) : null,
    ...whoIn(given),
    ...saidBy(run, kind),
  }
}

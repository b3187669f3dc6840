/** Every dialect that an import knows, one line each. */
import { type Dialect, overSpans, type SpanReader } from './dialect.ts'
import { openinference } from './dialects/openinference.ts'
import { otelGenai } from './dialects/otel-genai.ts'

/** Dialects that share OpenTelemetry's envelopes; the first that marks a span reads it. */
const OVER_SPANS: readonly SpanReader[] = [openinference, otelGenai]

const others = () => OVER_SPANS

export const DIALECTS: readonly Dialect[] = [...OVER_SPANS.map((reader) => overSpans(reader, others))]

/** By the name that `--from` takes; null: there is none. */
export const dialectNamed = (name: string): Dialect | null => DIALECTS.find((dialect) => dialect.name === name) ?? null

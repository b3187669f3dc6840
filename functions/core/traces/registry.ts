/** Every dialect that an import knows, one line each. */
import { type Dialect, overSpans, type SpanReader } from './dialect.ts'
import { agentcore } from './dialects/agentcore.ts'
import { aiSdk } from './dialects/ai-sdk.ts'
import { langfuse } from './dialects/langfuse.ts'
import { langfuseOtel } from './dialects/langfuse-otel.ts'
import { langsmith } from './dialects/langsmith.ts'
import { openaiEvals } from './dialects/openai-evals.ts'
import { openinference } from './dialects/openinference.ts'
import { openllmetry } from './dialects/openllmetry.ts'
import { otelGenai } from './dialects/otel-genai.ts'

/** Dialects that share OpenTelemetry's envelopes; the first that marks a span reads it. */
const OVER_SPANS: readonly SpanReader[] = [langfuseOtel, aiSdk, openinference, otelGenai, openllmetry, agentcore]

export const DIALECTS: readonly Dialect[] = [
  ...OVER_SPANS.map((reader) => overSpans(reader, OVER_SPANS)),
  langfuse,
  langsmith,
  openaiEvals,
]

/** By the name that `--from` takes; null: there is none. */
export const dialectNamed = (name: string): Dialect | null => DIALECTS.find((dialect) => dialect.name === name) ?? null

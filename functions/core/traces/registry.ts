/** Every dialect that an import knows, one line each. */
import { type Dialect, overSpans, type SpanReader } from './dialect.ts'
import { adk } from './dialects/adk.ts'
import { agentcore } from './dialects/agentcore.ts'
import { aiSdk } from './dialects/ai-sdk.ts'
import { haystack } from './dialects/haystack.ts'
import { langfuse } from './dialects/langfuse.ts'
import { langfuseOtel } from './dialects/langfuse-otel.ts'
import { langsmith } from './dialects/langsmith.ts'
import { langsmithOtel } from './dialects/langsmith-otel.ts'
import { logfire } from './dialects/logfire.ts'
import { mlflow } from './dialects/mlflow.ts'
import { openaiEvals } from './dialects/openai-evals.ts'
import { openinference } from './dialects/openinference.ts'
import { openllmetry } from './dialects/openllmetry.ts'
import { otelGenai } from './dialects/otel-genai.ts'

/** Dialects that share OpenTelemetry's envelopes; the first that marks a span reads it. */
const OVER_SPANS: readonly SpanReader[] = [
  langfuseOtel,
  langsmithOtel,
  mlflow,
  aiSdk,
  openinference,
  adk,
  haystack,
  openllmetry,
  logfire,
  otelGenai,
  agentcore,
]

export const DIALECTS: readonly Dialect[] = [
  ...OVER_SPANS.map((reader) => overSpans(reader, OVER_SPANS)),
  langfuse,
  langsmith,
  openaiEvals,
]

/** By the name that `--from` takes, which is asked first of every span then; null: there is none. */
export function dialectNamed(name: string): Dialect | null {
  const reader = OVER_SPANS.find((each) => each.name === name)
  return reader ? overSpans(reader, [reader, ...OVER_SPANS]) : (DIALECTS.find((each) => each.name === name) ?? null)
}

/** An observation of Langfuse as a span, whether a row of its exports or an attribute of its OpenTelemetry SDK holds it. */

import { argumentsIn, contentText } from './blocks.ts'
import { callSettings } from './call-settings.ts'
import { langfuseUsage } from './langfuse-usage.ts'
import { recordedMessages, withInstructions } from './messages.ts'
import { passagesOf } from './passages.ts'
import type { Span, SpanKind } from './span.ts'
import { type Fields, fieldsIn, isCut, isFields, numberOf, opened, textOf } from './values.ts'
import { storeNamed } from './words.ts'

const KINDS: Readonly<Record<string, SpanKind>> = {
  GENERATION: 'call',
  TOOL: 'tool',
  RETRIEVER: 'retrieval',
  AGENT: 'agent',
  CHAIN: 'workflow',
  EVALUATOR: 'score',
  GUARDRAIL: 'guard',
}

export const OBSERVATION_TYPES: ReadonlySet<string> = new Set([...Object.keys(KINDS), 'SPAN', 'EVENT', 'EMBEDDING'])

/** What of an observation both forms say, under the names of its API. */
export interface Observation {
  readonly type: string
  readonly name: string
  readonly input: unknown
  readonly output: unknown
  readonly model: unknown
  readonly parameters: unknown
  readonly usageDetails: unknown
  readonly usage: unknown
  readonly costDetails: unknown
  readonly totalCost: unknown
  readonly level: unknown
  readonly statusMessage: unknown
  readonly promptName: unknown
  readonly promptVersion: unknown
  /** Attributes of the span that an SDK of OpenTelemetry sent, where the backend kept them. */
  readonly attributes: Fields
}

export function langfuseSpan(o: Observation): Partial<Span> {
  const input = opened(o.input)
  const output = opened(o.output)
  const answered = isFields(output) && output.type === 'tool' ? output : null
  // LangGraph's tools are plain spans that answer with a tool's message.
  const agent = o.type === 'SPAN' ? agentIn(o.attributes) : null
  const kind = answered && o.type === 'SPAN' ? 'tool' : agent !== null ? 'agent' : (KINDS[o.type] ?? 'other')
  const usage = langfuseUsage(o.usageDetails, o.usage)
  const speaks = kind === 'call' || usage !== null
  return {
    kind,
    agent: agent ?? (kind === 'agent' || kind === 'workflow' ? o.name : null),
    input: speaks ? withInstructions(recordedMessages(input, 'user'), output) : null,
    output: speaks ? recordedMessages(output, 'assistant') : null,
    cut: [isCut(o.input) ? 'input' : null, isCut(o.output) ? 'output' : null].filter((name) => name !== null),
    external: [input, output].some(isReference) ? ['media of its input or output'] : [],
    usage,
    model: textOf(o.model),
    settings: kind === 'call' ? settingsIn(o) : {},
    cost_usd: costIn(o),
    status: o.level === 'ERROR' ? 'error' : 'unset',
    status_text: o.level === 'ERROR' ? (textOf(o.statusMessage) ?? 'error') : null,
    tool: kind === 'tool' ? toolIn(o, input, output, answered) : null,
    retrieval:
      kind === 'retrieval'
        ? { bucket: storeNamed(o.name), query: queryOf(input), top_k: null, passages: passagesOf(output) }
        : null,
  }
}

/** The agent that a plain span is the run of: Langfuse knows the kinds of some instrumentors only. */
const agentIn = (attributes: Fields): string | null =>
  attributes['gen_ai.operation.name'] === 'invoke_agent' || typeof attributes.agent_name === 'string'
    ? textOf(attributes['gen_ai.agent.name'] ?? attributes.agent_name)
    : null

const isReference = (value: unknown): boolean => typeof value === 'string' && /^@@@langfuseMedia:/.test(value)

const queryOf = (input: unknown): string | null => textOf(isFields(input) ? (input.query ?? input.input) : input)

function settingsIn({ parameters, model, promptName, promptVersion }: Observation): Span['settings'] {
  const { temperature, top_p, max_tokens } = fieldsIn(parameters)
  // Its exports write a version as a number or as that number's text.
  const version = numberOf(promptVersion) ?? textOf(promptVersion)
  return callSettings({ model, temperature, top_p, max_tokens, prompt: [promptName, version] })
}

/** A sum of nought without its parts is what nobody counted. */
function costIn({ costDetails, totalCost }: Observation): number | null {
  const details = fieldsIn(costDetails)
  const parts = Object.keys(details).length > 0 ? details : null
  const total = numberOf(parts?.total) ?? numberOf(totalCost)
  if (total !== null && (total !== 0 || parts)) return total
  if (!parts) return null
  const sum = Object.values(parts).map(numberOf)
  return sum.every((n) => n !== null) ? sum.reduce((a, b) => a + b, 0) : null
}

function toolIn(o: Observation, input: unknown, output: unknown, answered: Fields | null): Span['tool'] {
  const given = isFields(input) && Object.keys(input).length === 1 && isFields(input.input) ? input.input : input
  return {
    id: textOf(answered?.tool_call_id),
    name: o.name.replace(/^(execute_tool|running tool:) ?/, ''),
    arguments: typeof given === 'object' && given !== null ? argumentsIn(given) : undefined,
    result: contentText(resultIn(answered ? answered.content : output)),
    error: o.level === 'ERROR' || answered?.status === 'error' ? true : null,
  }
}

/** Blocks that a tool's server answered with are its words. */
const resultIn = (output: unknown): unknown =>
  isFields(output) && Array.isArray(output.content) && Object.keys(output).length === 1 ? output.content : output

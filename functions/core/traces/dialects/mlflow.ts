/**
 * MLflow: traces as `to_json` writes them, rows of `search_traces`, and its spans over OpenTelemetry. Every attribute is JSON text; who
 * asked and what people said of it stands beside the spans.
 */
import { argumentsIn, contentText, toolAnswer } from '../blocks.ts'
import { callSettings } from '../call-settings.ts'
import { type Asked, namedIn, type SpanReader } from '../dialect.ts'
import { hexId, nanosOf, plainId } from '../ids.ts'
import { recordedMessages } from '../messages.ts'
import { passagesOf } from '../passages.ts'
import type { About, Score, Span, SpanKind, Where } from '../span.ts'
import { usageIncluding, usageOfParts } from '../usage.ts'
import { countOf, type Fields, field, fieldsIn, isCut, isFields, numberOf, opened, textOf } from '../values.ts'
import { sessionOf, userOf } from '../who.ts'
import type { WireSpan } from '../wire.ts'
import { storeNamed } from '../words.ts'

const KINDS: Readonly<Record<string, SpanKind>> = {
  LLM: 'call',
  CHAT_MODEL: 'call',
  AGENT: 'agent',
  CHAIN: 'workflow',
  TOOL: 'tool',
  RETRIEVER: 'retrieval',
  RERANKER: 'rerank',
  GUARDRAIL: 'guard',
  EVALUATOR: 'score',
}

export const mlflow: SpanReader = {
  name: 'mlflow',
  about: 'MLflow traces (to_json, search_traces) and spans over OTLP',
  marks: ({ attrs }) => attrs['mlflow.spanType'] !== undefined || attrs['mlflow.traceRequestId'] !== undefined,
  read,
  beside,
}

function read(span: WireSpan): Partial<Span> {
  const { attrs, name } = span
  const at = (word: string): unknown => opened(attrs[`mlflow.${word}`])
  const kind = KINDS[String(at('spanType') ?? '').toUpperCase()] ?? 'other'
  const inputs = at('spanInputs') ?? null
  const outputs = at('spanOutputs') ?? null
  const usage = usageIn(fieldsIn(at('chat.tokenUsage')), at('message.format'))
  const speaks = kind === 'call' || usage !== null
  const given = { ...fieldsIn(opened(attrs.invocation_params)), ...fieldsIn(inputs) }
  const prompts = at('linkedPrompts')
  const prompt = Array.isArray(prompts) && prompts.length === 1 ? fieldsIn(prompts[0]) : {}
  const trace = traceNamed(at('traceRequestId'))
  return {
    ...(trace === null ? {} : { trace }),
    kind,
    agent: kind === 'agent' || kind === 'workflow' ? name : null,
    input: speaks ? recordedMessages(inputs, 'user') : null,
    output: speaks ? recordedMessages(outputs, 'assistant') : null,
    cut: ['mlflow.spanInputs', 'mlflow.spanOutputs'].filter((key) => isCut(attrs[key])),
    usage,
    model: textOf(at('llm.model') ?? fieldsIn(outputs).model ?? field(given, 'model', 'model_name')),
    settings:
      kind === 'call'
        ? callSettings({
            model: field(given, 'model', 'model_name') ?? at('llm.model'),
            temperature: given.temperature,
            top_p: given.top_p,
            max_tokens: field(given, 'max_tokens', 'max_completion_tokens'),
            prompt: [prompt.name, numberOf(prompt.version) ?? prompt.version],
          })
        : {},
    cost_usd: numberOf(fieldsIn(at('llm.cost')).total_cost),
    tool: kind === 'tool' ? toolIn(span, inputs, outputs) : null,
    retrieval:
      kind === 'retrieval' || kind === 'rerank'
        ? {
            bucket: storeNamed(name),
            query: textOf(isFields(inputs) ? field(inputs, 'query', 'input', 'question') : inputs),
            top_k: countOf(isFields(inputs) ? field(inputs, 'top_k', 'k', 'num_results') : null),
            passages: passagesOf(outputs),
          }
        : null,
    session: textOf(at('trace.session')) ?? sessionOf(span),
    user: textOf(at('trace.user')) ?? userOf(span),
  }
}

/** Of Anthropic's the input is the fresh rest, as its API counts; of all others it is the whole. */
function usageIn(counts: Fields, format: unknown) {
  const parts = {
    prompt: countOf(counts.input_tokens),
    completion: countOf(counts.output_tokens),
    cached: countOf(counts.cache_read_input_tokens),
    cache_write: countOf(counts.cache_creation_input_tokens),
  }
  return format === 'anthropic' ? usageOfParts(parts) : usageIncluding(parts)
}

function toolIn({ attrs, name, status }: WireSpan, inputs: unknown, outputs: unknown): Span['tool'] {
  const answer = toolAnswer(outputs)
  return {
    id: textOf(opened(attrs['mlflow.tool.call.id'])) ?? answer.id,
    name,
    arguments: typeof inputs === 'object' && inputs !== null ? argumentsIn(inputs) : undefined,
    result: answer.content ?? contentText(outputs),
    error: status === 'error' ? true : answer.error,
  }
}

/** Since version 3 the id of a trace is OpenTelemetry's with a prefix; before it was one of its own. */
const traceNamed = (id: unknown): string | null => hexId(id, 16) ?? plainId(id)

/** What stands beside the spans: in `info`, or in columns of a table. */
function* beside(row: Fields, where: Where, asked: Asked): Generator<About> {
  if (!('info' in row || 'trace' in row || 'trace_metadata' in row)) return
  const whole = fieldsIn(row.trace)
  const info = isFields(row.info) ? row.info : isFields(whole.info) ? whole.info : row
  const metadata = fieldsIn(field(info, 'trace_metadata', 'request_metadata'))
  const tags = fieldsIn(info.tags)
  const trace = traceNamed(field(info, 'trace_id', 'request_id'))
  if (trace === null || (Object.keys(metadata).length === 0 && !('mlflow.traceName' in tags))) return
  const assessments = opened(info.assessments)
  yield {
    trace,
    name: textOf(tags['mlflow.traceName']),
    session: textOf(metadata['mlflow.trace.session']),
    user: textOf(metadata['mlflow.trace.user']),
    start: nanosOf(field(info, 'request_time', 'timestamp_ms')),
    cost_usd: numberOf(fieldsIn(metadata['mlflow.trace.cost']).total_cost),
    scores: Array.isArray(assessments) ? assessments.filter(isFields).flatMap(scoreIn) : [],
    scorer: tags['mlflow.trace.sourceScorer'] !== undefined,
    named: namedIn({ ...metadata, ...tags, ...info }, asked),
    where,
  }
}

const SOURCES: Readonly<Record<string, Score['kind']>> = { HUMAN: 'human', LLM_JUDGE: 'judge', AI_JUDGE: 'judge' }

/** What was said of a trace; an expectation says what should have been, and one that was overridden nothing. */
function scoreIn(said: Fields): Score[] {
  const name = textOf(field(said, 'assessment_name', 'name'))
  const feedback = isFields(said.feedback) ? said.feedback : null
  if (name === null || feedback === null || said.valid === false) return []
  const { value } = feedback
  const source = fieldsIn(said.source)
  return [
    {
      name,
      value: typeof value === 'boolean' ? value : (numberOf(value) ?? textOf(value)),
      label: textOf(value),
      kind: SOURCES[String(source.source_type).toUpperCase()] ?? 'rule',
      annotator: textOf(source.source_id),
      comment: textOf(said.rationale),
      row: plainId(said.assessment_id),
      time: nanosOf(field(said, 'last_update_time', 'create_time')),
    },
  ]
}

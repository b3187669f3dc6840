/** What is in the public trace files of the data folder: read there by hand, never taken from what the program printed. */
import { ANY_AGENT } from './traces/any-agent.ts'
import { EXPORTS } from './traces/exports.ts'
import { LANGFUSE } from './traces/langfuse.ts'
import { OPENINFERENCE } from './traces/openinference.ts'
import { OTEL_GENAI } from './traces/otel-genai.ts'
import type { KnownFile } from './traces/right-run.ts'
import { VERCEL_AI } from './traces/vercel-ai.ts'

/** Files whose runs are known. */
export const FILES: readonly KnownFile[] = [
  ...ANY_AGENT,
  ...OPENINFERENCE,
  ...LANGFUSE,
  ...OTEL_GENAI,
  ...VERCEL_AI,
  ...EXPORTS,
]

const NOBODY =
  /no known dialect wrote this\. Name one with --from: .*; or write a map .* give it with --map \.\/my-map\.jsonata/

/** A file of a tool whose map is shipped. */
const MAPPED = (map: string) =>
  new RegExp(`which no dialect reads\\. Give the map that is shipped for them: --map ${map}$`)

/** Files that are no traces of a dialect: a map reads some of them. */
export const REFUSED: readonly (readonly [file: string, says: RegExp])[] = [
  ['dialects/agentops/openai_response_tool_calls.json', /rows of a model alone, its answers/],
  ['dialects/bedrock-agent/invoke_inline_agent.events.jsonl', MAPPED('bedrock-agent')],
  ['dialects/bedrock-agent/knowledge_base_results.events.jsonl', MAPPED('bedrock-agent')],
  ['dialects/bedrock-agent/multi_agent_collaborator.events.jsonl', MAPPED('bedrock-agent')],
  ['dialects/bedrock-agent/routing_classifier_trace.events.jsonl', MAPPED('bedrock-agent')],
  ['dialects/braintrust/ai-sdk-instrumentation.json', NOBODY],
  ['dialects/braintrust/openai-instrumentation.json', NOBODY],
  ['dialects/braintrust/wrap-langchain-js-traces.json', /rows of Braintrust, .*--group-by root_span_id/],
  ['dialects/claude-code/ccusage-alpha.jsonl', NOBODY],
  ['dialects/claude-code/edge_cases.jsonl', MAPPED('claude-code')],
  ['dialects/claude-code/representative_messages.jsonl', MAPPED('claude-code')],
  ['dialects/claude-code/session_b.jsonl', MAPPED('claude-code')],
  ['dialects/claude-code/todowrite_examples.jsonl', MAPPED('claude-code')],
  ['dialects/codex/branch-history-branch.jsonl', MAPPED('codex')],
  ['dialects/codex/codex_session_rollout.json', NOBODY],
  ['dialects/codex/session-alpha.jsonl', MAPPED('codex')],
  ['dialects/inspect/2025-02-11T15-18-04-05-00_popularity_mj7khqpMM4GBCfVQozKgzB.eval', MAPPED('inspect')],
  ['dialects/inspect/2025-05-12T20-28-13-04-00_popularity.json', MAPPED('inspect')],
  ['dialects/inspect/2025-05-12T20-28-26-04-00_security-guide.json', MAPPED('inspect')],
  ['dialects/inspect/log_read_sample.json', MAPPED('inspect')],
  // A stream of a provider's events, not runs.
  ['dialects/langsmith/anthropic_managed_custom_tools.jsonl', NOBODY],
  ['dialects/openai-agents/v1_13_pending_tool_approval.json', NOBODY],
  ['dialects/openai-agents/v1_16_per_call_approval_override.json', NOBODY],
  ['dialects/openai-evals/evals-list.json', /rows of OpenAI Evals, without the items.*output_items/],
  ['dialects/openai-evals/runs-list.json', /rows of OpenAI Evals, without the items.*output_items/],
  ['dialects/openai-evals/output-items-list.json', /says that there is more: has_more .*--allow-cut/],
  // Envelopes without anything of an agent in them.
  ['dialects/otel-genai/logs.json', /rows of OpenTelemetry, but logs of no model call/],
  ['dialects/otel-genai/trace.json', NOBODY],
  ['dialects/tau-bench/results.json', MAPPED('tau-bench')],
]

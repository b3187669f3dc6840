/**
 * Real files of many programs, each read for what it holds: the number of its rows was counted in the file, not by what reads
 * it. A list in an envelope that says more, such as `has_more`, has one row beside its elements.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRows } from '#adapters/local/carriers/read-rows.ts'
import { DATA, describeReal } from './support.ts'

const FOLDER = join(DATA, 'dialects')

const ROWS: Readonly<Record<string, number>> = {
  'adot-agentcore/claude_adot_spans.json': 8,
  'adot-agentcore/openai_agents_openinference_adot_spans.json': 16,
  'adot-agentcore/openinference_adot_spans.json': 8,
  'agentops/openai_response_tool_calls.json': 1,
  'bedrock-agent/invoke_inline_agent.events.jsonl': 5,
  'bedrock-agent/knowledge_base_results.events.jsonl': 6,
  'bedrock-agent/multi_agent_collaborator.events.jsonl': 34,
  'bedrock-agent/routing_classifier_trace.events.jsonl': 7,
  'braintrust/ai-sdk-instrumentation.json': 19,
  'braintrust/openai-instrumentation.json': 29,
  'braintrust/wrap-langchain-js-traces.json': 40,
  'claude-agent-sdk-openinference/claude_live_spans.json': 10,
  'claude-code/ccusage-alpha.jsonl': 3,
  'claude-code/edge_cases.jsonl': 19,
  'claude-code/representative_messages.jsonl': 12,
  'claude-code/session_b.jsonl': 3,
  'claude-code/todowrite_examples.jsonl': 12,
  'codex/branch-history-branch.jsonl': 3,
  'codex/codex_session_rollout.json': 3,
  'codex/session-alpha.jsonl': 3,
  // 10 samples, 2 times 10 summaries, the journal's start, the header and one reduction.
  'inspect/2025-02-11T15-18-04-05-00_popularity_mj7khqpMM4GBCfVQozKgzB.eval': 33,
  'inspect/2025-05-12T20-28-13-04-00_popularity.json': 3 + 1,
  'inspect/2025-05-12T20-28-26-04-00_security-guide.json': 3 + 1,
  'inspect/log_read_sample.json': 1 + 1,
  'langfuse-otel-sdk/langfuse-sdk-spans.otlp.json': 1,
  'langfuse-otel-sdk/langfuse-sdk-spans.protobufjs.json': 1,
  'langfuse/claude-agent-2025-12-22.trace.json': 7 + 1,
  'langfuse/google-adk-2025-08-28.trace.json': 5 + 1,
  'langfuse/langgraph-python-2025-08-22.trace.json': 9 + 1,
  'langfuse/llamaindex-2025-06-05.trace.json': 2 + 1,
  'langfuse/microsoft-agent-2025-12-17.trace.json': 4 + 1,
  'langfuse/openai-agents-2025-09-30.trace.json': 5 + 1,
  'langfuse/pydantic-ai-tools-2025-12-04.trace.json': 12 + 1,
  'langfuse/vercel-aisdk-2025-11-17.trace.json': 3 + 1,
  'langsmith/anthropic_managed_custom_tools.jsonl': 19,
  'langsmith/langsmith_js_wrap_openai_default.json': 2,
  'langsmith/langsmith_js_wrap_openai_reasoning.json': 2,
  'langsmith/langsmith_js_wrap_openai_stream.json': 2,
  'langsmith/langsmith_js_wrap_openai_stream_no_usage.json': 2,
  'openai-agents/v1_13_pending_tool_approval.json': 1,
  'openai-agents/v1_16_per_call_approval_override.json': 1,
  'openai-evals/evals-list.json': 1 + 1,
  'openai-evals/output-items-list.json': 1 + 1,
  'openai-evals/output_items.jsonl': 1,
  'openai-evals/runs-list.json': 1 + 1,
  'openinference/openai_agents_openinference_live_spans.json': 19,
  'openinference/openinference_live_spans.json': 6,
  'openlit/openlit-1.27-openai-chat.otlp.json': 1,
  'openlit/openlit-1.27-openai-chat.protobufjs.json': 1,
  'openllmetry/openllmetry-0.33-openai-chat.otlp.json': 1,
  'openllmetry/openllmetry-0.33-openai-chat.protobufjs.json': 1,
  'otel-genai/logs.json': 1,
  'otel-genai/openai_agents_genai_live_spans.json': 17,
  'otel-genai/otel_genai_convention_spans.json': 5,
  'otel-genai/pydantic_ai_live_spans.json': 4,
  'otel-genai/semantic-kernel-events.otlp.json': 1,
  'otel-genai/semantic-kernel-events.protobufjs.json': 1,
  'otel-genai/trace.json': 1,
  'tau-bench/results.json': 1,
  'vercel-ai/ai-sdk-5-legacy-span.otlp.json': 1,
  'vercel-ai/ai-sdk-5-legacy-span.protobufjs.json': 1,
  'vercel-ai/ai-sdk-v6-all-spans.json': 10,
}

const rowsOf = (file: string) => Array.fromAsync(readRows([file]))

describeReal('a real file', () => {
  test.each(Object.entries(ROWS))('%s has its rows', async (name, count) => {
    expect(await rowsOf(join(FOLDER, name))).toHaveLength(count)
  })

  test('is read with all the others of the folder at once', async () => {
    const left: string[] = []
    const names = Object.keys(ROWS)
    const folders = [...new Set(names.map((name) => join(FOLDER, name.split('/')[0]!)))]
    const rows = await Array.fromAsync(readRows(folders, { leftOut: (file) => left.push(file) }))
    expect(rows).toHaveLength(Object.values(ROWS).reduce((a, b) => a + b, 0))
    expect(new Set(rows.map(({ file }) => file.slice(FOLDER.length + 1)))).toEqual(new Set(names))
    expect(left.every((file) => file.endsWith('/SOURCES.md'))).toBe(true)
  })

  test('with times in nanoseconds as numbers keeps every digit', async () => {
    const file = join(FOLDER, 'adot-agentcore/openai_agents_openinference_adot_spans.json')
    const [first] = await rowsOf(file)
    expect(readFileSync(file, 'utf8')).toContain('"start_time": 1786396451003697401,')
    expect(first!.value).toMatchObject({ start_time: '1786396451003697401', end_time: '1786396452796912644' })
  })

  test('of pages says that there are more', async () => {
    const rows = await rowsOf(join(FOLDER, 'openai-evals/evals-list.json'))
    expect(rows.at(-1)).toMatchObject({ at: 'around data', value: { data: [], has_more: true } })
  })
})

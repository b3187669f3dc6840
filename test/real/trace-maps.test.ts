/** The shipped maps of whole traces on real public files. Every right value was read in the file, not in what a map made. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { mapFiles } from '../adapters/import/support.ts'
import { DATA, describeReal } from './support.ts'

const DIALECTS = join(DATA, 'dialects')

/** Model calls as [prompt, completion] tokens. */
const tokens = ({ steps }: ExperienceRun) =>
  steps.flatMap((s) => (s.kind === 'model_call' ? [[s.prompt_tokens, s.completion_tokens]] : []))
const kinds = ({ steps }: ExperienceRun) => {
  const of = (kind: string, role?: string) =>
    steps.filter((s) => s.kind === kind && (role === undefined || (s.kind === 'message' && s.role === role))).length
  return {
    users: of('message', 'user'),
    answers: of('message', 'assistant'),
    calls: of('model_call'),
    tools: of('tool_call'),
    results: of('tool_result'),
  }
}

/** What a call in a session of Claude Code was given, as the file itself has it. */
function inputOf(file: string, id: string): Readonly<Record<string, string>> {
  type Block = { readonly type?: string; readonly id?: string; readonly input: Readonly<Record<string, string>> }
  const rows = readFileSync(join(DIALECTS, file), 'utf8').trimEnd().split('\n')
  const blocks = rows.flatMap((row): Block[] => JSON.parse(row).message?.content ?? [])
  return blocks.find((block) => block.type === 'tool_use' && block.id === id)!.input
}

describeReal('maps on real files', () => {
  const read = (map: string, ...files: string[]) =>
    mapFiles(
      files.map((file) => join(DIALECTS, file)),
      map,
    )

  test('claude-code: representative messages', async () => {
    const file = 'claude-code/representative_messages.jsonl'
    const [run, ...rest] = await read('claude-code', file)
    const created = `File created successfully at: ${inputOf(file, 'tool_001').file_path}`
    expect(rest).toEqual([])
    expect(run).toMatchObject({
      run_id: 'test_session',
      date: '2025-06-14',
      settings: { 'model.name': 'claude-3-sonnet-20240229' },
    })
    expect(kinds(run!)).toEqual({ users: 4, answers: 3, calls: 5, tools: 2, results: 2 })
    expect(tokens(run!).map(([prompt]) => prompt)).toEqual([25, 45, 78, 25, 45])
    expect(run!.steps.filter((s) => s.kind === 'tool_result')).toMatchObject([
      { tool_call_id: 'tool_001', content: created, error: false },
      { tool_call_id: 'tool_002', content: 'Hello, Alice!\nHello, Alice!\nHello, Alice!', error: false },
    ])
  })

  test('claude-code: contents that are plain text, results without is_error', async () => {
    const [run] = await read('claude-code', 'claude-code/todowrite_examples.jsonl')
    expect(kinds(run!)).toEqual({ users: 2, answers: 3, calls: 6, tools: 3, results: 3 })
    expect(tokens(run!)).toEqual([
      [20, 25],
      [25, 85],
      [150, 18],
      [168, 85],
      [250, 20],
      [270, 95],
    ])
    expect(run!.steps.filter((s) => s.kind === 'tool_result').map((s) => s.error)).toEqual([null, null, null])
  })

  test('claude-code: two sessions in one folder are two runs; a failed tool; usage alone is no run', async () => {
    const runs = await read('claude-code', 'claude-code/session_b.jsonl', 'claude-code/ccusage-alpha.jsonl')
    expect(runs.map(({ run_id }) => run_id)).toEqual(['session_b'])
    expect(tokens(runs[0]!)).toEqual([[20, 35]])
    expect(kinds(runs[0]!)).toEqual({ users: 2, answers: 1, calls: 1, tools: 0, results: 0 })
    const [edge] = await read('claude-code', 'claude-code/edge_cases.jsonl')
    expect(edge!.steps).toContainEqual(
      expect.objectContaining({ kind: 'tool_result', tool_call_id: 'tool_edge_001', error: true }),
    )
  })

  test('codex: files of counts alone, and of calls without a prompt, are no runs', async () => {
    const files = ['session-alpha.jsonl', 'branch-history-branch.jsonl', 'codex_session_rollout.json']
    expect(await read('codex', ...files.map((file) => `codex/${file}`))).toEqual([])
  })

  test('bedrock-agent: a question to a knowledge base', async () => {
    const [run, ...rest] = await read('bedrock-agent', 'bedrock-agent/knowledge_base_results.events.jsonl')
    expect(rest).toEqual([])
    expect(run).toMatchObject({
      run_id: '7fc9fdb8-204f-4ef9-bc55-59257d478f30',
      family_id: 'trace:7fc9fdb8-204f-4ef9-bc55-59257d478f30',
      intent_id: 'G0OUMYARBX',
      offers: { ssglurq9a5: { depth: 5, exhausted: false } },
      outcome: { latency_ms: 11_002 },
    })
    expect(run!.evidence.map(({ source, ranks }) => [source, ranks.as_ranked])).toEqual(
      [1, 2, 3, 4, 5].map((n) => ['2222', n]),
    )
    expect(run!.steps).toMatchObject([
      { kind: 'message', role: 'user', content: 'What is task decomposition?' },
      { kind: 'retrieval', bucket: 'ssglurq9a5', hop: 1, latency_ms: 1119 },
      { kind: 'model_call', prompt_tokens: 2068, completion_tokens: 385, latency_ms: 9462 },
      { kind: 'message', role: 'assistant' },
    ])
  })

  test('bedrock-agent: collaborators are agents of their own, their calls those of the turn', async () => {
    const [run, ...rest] = await read('bedrock-agent', 'bedrock-agent/multi_agent_collaborator.events.jsonl')
    expect(rest).toEqual([])
    expect(run).toMatchObject({ family_id: '12345680', outcome: { latency_ms: 16_129 } })
    const by = (agent: string | undefined) =>
      run!.steps.flatMap((s) => (s.kind === 'model_call' && (s.agent ?? undefined) === agent ? [s.prompt_tokens] : []))
    expect(by(undefined)).toEqual([922, 1156])
    expect(by('SimpleSupervisor')).toEqual([1055, 1275])
    expect(by('MathSolverAgent')).toEqual([449, 739, 1030, 1320, 1610])
    expect(run!.steps.flatMap((s) => (s.kind === 'tool_call' ? [[s.name, s.agent ?? null]] : []))).toEqual([
      ['SimpleSupervisor', null],
      ['MathSolverAgent', 'SimpleSupervisor'],
    ])
  })

  test('bedrock-agent: an inline agent, and a routing classifier', async () => {
    const [inline] = await read('bedrock-agent', 'bedrock-agent/invoke_inline_agent.events.jsonl')
    expect(inline).toMatchObject({ intent_id: 'inline_agent', outcome: { latency_ms: 3033 } })
    expect(tokens(inline!)).toEqual([[255, 136]])
    const [routed] = await read('bedrock-agent', 'bedrock-agent/routing_classifier_trace.events.jsonl')
    expect(tokens(routed!)).toEqual([
      [263, 9],
      [1208, 70],
    ])
    expect(routed).toMatchObject({ outcome: { outputs: 'The answer is 2.', latency_ms: 1892 } })
  })

  test('inspect: a graded log; the grader’s tokens are none of the agent’s', async () => {
    const runs = await read('inspect', 'inspect/2025-05-12T20-28-26-04-00_security-guide.json')
    expect(runs.map(tokens)).toEqual([[[61, 17]], [[60, 9]], [[61, 23]]])
    expect(runs.map(({ outcome }) => [outcome.passed, outcome.score_kind, outcome.latency_ms])).toEqual([
      [true, 'judge', 6282],
      [true, 'judge', 5394],
      [true, 'judge', 9960],
    ])
    expect(runs[2]!.outcome.outputs).toMatch(/^Use Content Security Policy/)
  })

  test('inspect: a log with a rule, one without the answer among its messages, and an .eval', async () => {
    const popular = await read('inspect', 'inspect/2025-05-12T20-28-13-04-00_popularity.json')
    expect(popular.map(({ outcome }) => outcome.passed)).toEqual([true, true, false])
    expect(popular.map(tokens)).toEqual([[[64, 2]], [[58, 2]], [[70, 2]]])
    const [sample] = await read('inspect', 'inspect/log_read_sample.json')
    expect(kinds(sample!)).toEqual({ users: 1, answers: 1, calls: 1, tools: 0, results: 0 })
    expect(tokens(sample!)).toEqual([[66, 3]])
    const zipped = await read('inspect', 'inspect/2025-02-11T15-18-04-05-00_popularity_mj7khqpMM4GBCfVQozKgzB.eval')
    const byCase = new Map(zipped.map((run) => [run.family_id, run]))
    expect([...byCase.keys()].sort()).toEqual(Array.from({ length: 10 }, (_, i) => `popularity:${i + 1}`).sort())
    expect(byCase.get('popularity:7')!.outcome).toMatchObject({ passed: false, outputs: 'No' })
    expect(tokens(byCase.get('popularity:8')!)).toEqual([[55, 2]])
  })

  test('tau-bench: a header without simulations holds no run', async () => {
    expect(await read('tau-bench', 'tau-bench/results.json')).toEqual([])
  })
})

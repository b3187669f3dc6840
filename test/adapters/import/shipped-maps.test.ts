/** Each shipped map on small synthetic records of its shape. The recorded data itself is tested in test/real. */
import { describe, expect, test } from 'vitest'
import { loadMap } from '#adapters/local/import/map-source.ts'
import { mapAll, shipped } from './support.ts'

const row = {
  role: 'user',
  content: null,
  tool_calls: null,
  requestor: null,
  error: null,
  ts: null,
  prompt_tokens: null,
  completion_tokens: null,
} as const

const call = (name: string, args: unknown, requestor = 'assistant') => ({ id: null, name, arguments: args, requestor })
const result = (content: string, error = false) => ({ ...row, role: 'tool', requestor: 'assistant', content, error })

describe('chat-messages', () => {
  const conversation = (messages: readonly unknown[], rest: object = {}) => ({
    trace_id: 'tr_1',
    domain: 'retail',
    task_id: '7',
    customer_id: 'ann_lee_1',
    split: 'test',
    harness: { model: 'model-a' },
    timing: { duration_s: null },
    cost: { agent_usd: null },
    outcome: { reward: 0, termination: 'user_stop' },
    messages,
    ...rest,
  })

  test('who, where and how it ended', async () => {
    const messages = [{ ...row, content: 'Hello' }]
    const run = await shipped('chat-messages', conversation(messages))
    expect(run).toMatchObject({ run_id: 'tr_1', family_id: 'ann_lee_1', intent_id: 'retail', split: 'heldout' })
    expect(run.outcome).toMatchObject({ passed: false, score: 0, score_kind: 'rule', status: 'user_stop' })
    expect(run.outcome).toMatchObject({ latency_ms: null, cost_cents: null })

    const paid = {
      timing: { duration_s: 12.5 },
      cost: { agent_usd: 0.183995 },
      outcome: { reward: 1 },
      customer_id: null,
    }
    const other = await shipped('chat-messages', conversation(messages, { ...paid, split: 'search' }))
    expect(other).toMatchObject({ family_id: 'task:retail:7', split: 'search' })
    expect(other.outcome).toMatchObject({ passed: true, latency_ms: 12_500, cost_cents: 18.3995, status: null })
  })

  test('with usage: a model call before each metered row, none before a canned line', async () => {
    const messages = [
      { ...row, role: 'assistant', content: 'Hi!', ts: '2026-03-03T19:20:20.100000' },
      { ...row, content: 'My order?', ts: '2026-03-03T19:20:21.100000', prompt_tokens: 99, completion_tokens: 9 },
      {
        ...row,
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [call('get_order_details', { order_id: '#W1' })],
        ts: '2026-03-03T19:20:23.350999',
        prompt_tokens: 500,
        completion_tokens: 20,
      },
      { ...result('{"status":"shipped"}'), ts: '2026-03-03T19:20:23.400000' },
      { ...row, role: 'assistant', content: 'Shipped.', prompt_tokens: 530, completion_tokens: 4 },
    ]
    const { steps } = await shipped('chat-messages', conversation(messages))
    const model = (prompt_tokens: number, completion_tokens: number, latency_ms: number | null) => {
      return { kind: 'model_call', model: 'model-a', prompt_tokens, completion_tokens, latency_ms }
    }
    const said = (role: string, content: string) => ({ kind: 'message', role, content, tokens: null })
    expect(steps).toEqual([
      said('assistant', 'Hi!'),
      said('user', 'My order?'),
      model(500, 20, 2_250),
      said('assistant', 'Let me see.'),
      {
        kind: 'tool_call',
        tool_call_id: 'c2_0',
        name: 'get_order_details',
        arguments: { order_id: '#W1' },
        writes: false,
        confirmed: null,
        correct: null,
        latency_ms: null,
      },
      { kind: 'tool_result', tool_call_id: 'c2_0', content: '{"status":"shipped"}', error: false, tokens: null },
      model(530, 4, null),
      said('assistant', 'Shipped.'),
    ])
  })

  test('without usage: every assistant row is a model call of unknown size', async () => {
    const messages = [
      { ...row, role: 'assistant', content: 'Hi!' },
      { ...row, content: 'Bye' },
    ]
    const { steps } = await shipped('chat-messages', conversation(messages, { harness: { model: 'unrecorded' } }))
    expect(steps.map(({ kind }) => kind)).toEqual(['model_call', 'message', 'message'])
    expect(steps[0]).toMatchObject({ model: null, prompt_tokens: null, completion_tokens: null, latency_ms: null })
  })

  test('results find their calls without ids, and the user’s own calls are left out', async () => {
    const messages = [
      { ...row, content: 'Go' },
      { ...row, role: 'assistant', tool_calls: [call('a', [[1]]), call('b', [])] },
      result('of a'),
      result('of b', true),
      { ...row, tool_calls: [call('phone', {}, 'user')] },
      { ...result('of phone'), requestor: 'user' },
      { ...row, role: 'assistant', tool_calls: [call('c', {})] },
      result('of c'),
    ]
    const { steps } = await shipped('chat-messages', conversation(messages))
    const tools = steps.flatMap((s) => (s.kind === 'tool_call' || s.kind === 'tool_result' ? [s] : []))
    expect(tools.map((s) => [s.tool_call_id, s.kind === 'tool_call' ? s.name : s.content])).toEqual([
      ['c1_0', 'a'],
      ['c1_1', 'b'],
      ['c1_0', 'of a'],
      ['c1_1', 'of b'],
      ['c6_0', 'c'],
      ['c6_0', 'of c'],
    ])
    expect(tools[0]).toMatchObject({ arguments: [[1]] })
    expect(tools[1]).toMatchObject({ arguments: [] })
    expect(tools[3]).toMatchObject({ error: true })
  })

  test('a write is confirmed by a yes in the last user message before it', async () => {
    const cancel = { ...row, role: 'assistant', tool_calls: [call('cancel_pending_order', { order_id: '#W1' })] }
    const messages = [
      cancel,
      result('ok'),
      { ...row, content: 'Yes, go ahead' },
      cancel,
      result('ok'),
      { ...row, content: 'Hmm, yesterday?' },
      cancel,
      result('ok'),
    ]
    const { steps } = await shipped('chat-messages', conversation(messages))
    const writes = steps.flatMap((s) => (s.kind === 'tool_call' ? [[s.writes, s.confirmed, s.correct]] : []))
    expect(writes).toEqual([
      [true, false, null],
      [true, true, null],
      [true, false, null],
    ])
  })

  test('fails on a result without a call', async () => {
    const [mapped] = await mapAll([conversation([{ ...row, content: 'Hi' }, result('x')])], loadMap('chat-messages'))
    expect(mapped).toMatchObject({ kind: 'error', line: 1, error: { field: 'steps[1].tool_call_id' } })
  })
})

describe('ranked-offers', () => {
  const offer = (doc_id: string, as_ranked: number, named_first: number) => {
    return { doc_id, source: `of ${doc_id}`, text: `text of ${doc_id}`, ranks: { as_ranked, named_first } }
  }
  const query = {
    query_id: 'q_1',
    query: 'Who said so?',
    intent: 'news',
    split: 'search',
    bucket: 'news',
    top_k: 10,
    source_priority: 'as_ranked',
    depth: 2,
    gold_docs: ['d2'],
    offers: [offer('d1', 1, 2), offer('d2', 2, 1)],
  }

  test('offers keep their ranks, settings their bucket', async () => {
    const run = await shipped('ranked-offers', query)
    expect(run).toMatchObject({ family_id: 'q_1', case_id: 'q_1', intent_id: 'news', split: 'search' })
    expect(run.settings).toEqual({ 'evidence.news.top_k': 10, 'evidence.news.source_priority': 'as_ranked' })
    expect(run.offers).toEqual({ news: { depth: 2, exhausted: false } })
    expect(run.evidence.map((e) => [e.evidence_ref, e.bucket, e.ranks, e.gold, e.required])).toEqual([
      ['d1', 'news', { as_ranked: 1, named_first: 2 }, false, false],
      ['d2', 'news', { as_ranked: 2, named_first: 1 }, true, false],
    ])
    expect(run.steps.map(({ kind }) => kind)).toEqual(['message', 'retrieval'])
    expect(Object.values(run.outcome).every((value) => value === null)).toBe(true)
  })

  test('without gold, with one offer, and fewer than asked for', async () => {
    const run = await shipped('ranked-offers', { ...query, gold_docs: [], offers: [offer('d1', 1, 1)] })
    expect(run.evidence.map(({ gold }) => gold)).toEqual([false])
    expect(run.offers).toEqual({ news: { depth: 2, exhausted: true } })
    expect((await shipped('ranked-offers', { ...query, offers: [] })).evidence).toEqual([])
  })
})

describe('customer-records', () => {
  const request = (ids: readonly string[], gold_docs: readonly string[], rest: object = {}) => ({
    query_id: 'sup_1',
    query: 'Return my lamp.',
    customer_id: 'ann_lee_1',
    intent_group: 'support.refund',
    split: 'test',
    history: ids,
    records: ids.map((doc_id) => ({ doc_id, source: 'order_history', text: `{"order_id":"${doc_id}"}` })),
    gold_docs,
    ...rest,
  })

  test('a short history was offered whole', async () => {
    const run = await shipped('customer-records', request(['#W1', '#W2'], ['#W2']))
    expect(run).toMatchObject({ family_id: 'ann_lee_1', intent_id: 'support.refund', split: 'heldout' })
    expect(run.settings).toEqual({ 'evidence.order_history.top_k': 10 })
    expect(run.offers).toEqual({ order_history: { depth: 10, exhausted: true } })
    expect(run.evidence.map((e) => [e.evidence_ref, e.ranks.as_ranked, e.gold])).toEqual([
      ['#W1', 1, false],
      ['#W2', 2, true],
    ])
  })

  test('of a long one the first ten are offered, and more were there', async () => {
    const ids = Array.from({ length: 12 }, (_, i) => `#W${i}`)
    const run = await shipped('customer-records', request(ids, ['#W0']))
    expect(run.evidence).toHaveLength(10)
    expect(run.offers).toEqual({ order_history: { depth: 10, exhausted: false } })
  })

  test('skips other intents, and requests that need no record', async () => {
    const records = [request(['#W1'], ['#W1'], { intent_group: 'support.book' }), request(['#W1'], [])]
    const mapped = await mapAll(records, loadMap('customer-records'))
    expect(mapped.map(({ kind }) => kind)).toEqual(['skipped', 'skipped'])
  })
})

describe('harness-arms', () => {
  const run = (harness: object, steps: readonly unknown[], rest: object = {}) => ({
    trace_id: 'sg_1',
    task_id: 'SGT-001',
    trial: 3,
    split: 'test',
    harness: {
      cohort: 'core15_broad',
      orchestration_mode: 'agent_as_tool',
      mcp_mode: 'direct',
      model: 'openai/Llama-3.1-8B-Instruct',
      self_ask_enabled: null,
      ...harness,
    },
    timing: { latency_s: 10.444862842559814 },
    usage: null,
    outcome: { judge_pass: true, judge_score_6d: 0.8333 },
    question: 'List the sensors.',
    answer: 'There are two.',
    steps,
    ...rest,
  })

  test('tool calls with outputs', async () => {
    const calls = [
      { name: 'list', arguments: { id: 'T-1' }, output: [{ sensor: 'a' }] },
      { name: 'read', arguments: {}, output: 'plain' },
      { name: 'read', arguments: {}, output: null },
    ]
    const steps = [
      { turn: 1, content: '', tool_calls: calls },
      { turn: 2, content: 'There are two.', tool_calls: [] },
    ]
    const usage = { input_tokens: 40_208, output_tokens: 382 }
    const mapped = await shipped('harness-arms', run({}, steps, { usage }))
    expect(mapped).toMatchObject({
      case_id: 'SGT-001#3',
      family_id: 'SGT-001',
      intent_id: 'smartgrid',
      split: 'heldout',
    })
    expect(mapped.settings).toEqual({ 'planner.decompose_before_tool': 'none', 'planner.tool_preference': 'direct' })
    expect(mapped.outcome).toMatchObject({ passed: true, score: 0.8333, score_kind: 'judge', latency_ms: 10_444.863 })
    expect(mapped.steps.map((s) => [s.kind, 'content' in s ? s.content : null])).toEqual([
      ['message', 'List the sensors.'],
      ['model_call', null],
      ['tool_call', null],
      ['tool_result', '[{"sensor":"a"}]'],
      ['tool_call', null],
      ['tool_result', 'plain'],
      ['tool_call', null],
      ['tool_result', null],
      ['message', 'There are two.'],
    ])
    expect(mapped.steps[1]).toMatchObject({ prompt_tokens: 40_208, completion_tokens: 382, latency_ms: null })
    expect(mapped.steps[2]).toMatchObject({ tool_call_id: 's0_0', arguments: { id: 'T-1' }, writes: null })
  })

  test('planned steps, of which "none" is no call', async () => {
    const step = (tool: string, error: string | null, success: boolean) => {
      return { step: 1, task: 't', tool, tool_args: { id: 1 }, response: 'r', error, success }
    }
    const steps = [step('list', null, true), step('none', null, true), step('read', 'no such id', false)]
    const mapped = await shipped(
      'harness-arms',
      run({ orchestration_mode: 'plan_execute', mcp_mode: 'baseline' }, steps),
    )
    expect(mapped.steps.flatMap((s) => (s.kind === 'tool_result' ? [[s.tool_call_id, s.error]] : []))).toEqual([
      ['s0_0', false],
      ['s2_0', true],
    ])
    expect(mapped.steps[1]).toMatchObject({ kind: 'model_call', prompt_tokens: null, completion_tokens: null })
  })

  test.each([
    ['agent_as_tool', 'optimized', null, 'none', 'mcp_optimized'],
    ['plan_execute', 'baseline', false, 'plan_execute', 'mcp'],
    ['plan_execute', 'baseline', true, 'self_ask_plan_execute', 'mcp'],
    ['verified_pe', 'baseline', false, 'verified', 'mcp'],
    ['verified_pe', 'baseline', true, 'self_ask_verified', 'mcp'],
  ])('%s over %s, self-ask %s', async (orchestration_mode, mcp_mode, self_ask_enabled, planner, tools) => {
    const { settings } = await shipped('harness-arms', run({ orchestration_mode, mcp_mode, self_ask_enabled }, []))
    expect(settings).toEqual({ 'planner.decompose_before_tool': planner, 'planner.tool_preference': tools })
  })

  test('skips other cohorts and other models', async () => {
    const records = [run({ cohort: 'mitigation15_4tier' }, []), run({ model: 'another' }, [])]
    const mapped = await mapAll(records, loadMap('harness-arms'))
    expect(mapped.map(({ kind }) => kind)).toEqual(['skipped', 'skipped'])
  })
})

describe('gated-writes', () => {
  const trace = { trace_id: 'tr_1', customer_id: 'ann_lee_1', domain: 'retail', task_id: '7', split: 'search' }
  const write = (label: string, amount_usd: number | null) => {
    return {
      tool: 'cancel_pending_order',
      arguments: { order_id: '#W1' },
      label,
      amount_usd,
      user_confirmed_regex: true,
    }
  }

  test('each write waits at the gate with its amount', async () => {
    const writes = [write('right', 12.5), write('wrong', 0), write('error', null)]
    const run = await shipped('gated-writes', { ...trace, writes })
    expect(run).toMatchObject({ run_id: 'tr_1', family_id: 'ann_lee_1', intent_id: 'support.write', split: 'search' })
    const calls = run.steps.flatMap((s) => (s.kind === 'tool_call' ? [s] : []))
    expect(calls.map((s) => [s.tool_call_id, s.writes, s.confirmed, s.correct])).toEqual([
      ['w0', true, true, true],
      ['w1', true, true, false],
      ['w2', true, true, null],
    ])
    const gates = run.steps.flatMap((s) => (s.kind === 'approval' ? [s] : []))
    expect(gates.map((s) => [s.gate, s.tool_call_id, s.amount, s.asked, s.granted])).toEqual([
      ['write', 'w0', 12.5, null, null],
      ['write', 'w1', 0, null, null],
      ['write', 'w2', null, null, null],
    ])
  })

  test('skips a conversation without writes; without a customer the task is the family', async () => {
    const records = [
      { ...trace, writes: [] },
      { ...trace, customer_id: null, writes: [write('right', 1)] },
    ]
    const mapped = await mapAll(records, loadMap('gated-writes'))
    expect(mapped).toMatchObject([{ kind: 'skipped' }, { kind: 'run', run: { family_id: 'task:retail:7' } }])
  })
})

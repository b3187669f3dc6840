import { describe, expect, test } from 'vitest'
import { toNativeRun } from '#adapters/local/import/native-run.ts'

const small = { run_id: 'r1', family_id: 'f1', intent_id: 'qa' }

function runOf(value: unknown) {
  const native = toNativeRun(value)
  if (native.kind === 'invalid') throw new Error(`${native.field}: ${native.problem}`)
  return native.run
}

describe('the gaps that are filled', () => {
  test('three ids make a run; everything unknown is null, no measurement is zero', () => {
    expect(runOf(small)).toEqual({
      run_id: 'r1',
      trace_id: 'r1',
      case_id: 'r1',
      family_id: 'f1',
      intent_id: 'qa',
      date: null,
      split: null,
      pack_version: null,
      policy_bundle_version: null,
      tool_manifest_version: null,
      evaluator_suite_version: null,
      release_tuple_id: null,
      decision_record_id: null,
      operator_corrections: [],
      settings: {},
      offers: {},
      evidence: [],
      gold_not_offered: 0,
      steps: [],
      outcome: {
        status: null,
        outputs: null,
        passed: null,
        score: null,
        score_kind: null,
        must_refuse: null,
        refused: null,
        latency_ms: null,
        cost_cents: null,
      },
    })
  })

  test('what is there stays', () => {
    const run = runOf({
      ...small,
      case_id: 'c',
      trace_id: 't',
      date: '2026-01-02',
      outcome: { passed: false, score: 0 },
    })
    expect(run).toMatchObject({ case_id: 'c', trace_id: 't', date: '2026-01-02', outcome: { passed: false, score: 0 } })
  })

  test('offers, steps and corrections get their nulls, and a single one is wrapped', () => {
    const run = runOf({
      ...small,
      offers: { docs: { depth: 1, exhausted: true } },
      evidence: { evidence_ref: 'd', bucket: 'docs', hop: 1, ranks: { as_ranked: 1 }, tokens: 3 },
      steps: { kind: 'tool_call', tool_call_id: 'c', name: 'look_up', arguments: [1] },
      operator_corrections: { correction_id: 'k', kind: 'note' },
    })
    expect(run.evidence).toEqual([
      {
        evidence_ref: 'd',
        bucket: 'docs',
        source: null,
        hop: 1,
        ranks: { as_ranked: 1 },
        tokens: 3,
        text: null,
        gold: false,
        required: false,
      },
    ])
    expect(run.steps).toEqual([
      {
        kind: 'tool_call',
        tool_call_id: 'c',
        name: 'look_up',
        arguments: [1],
        writes: null,
        confirmed: null,
        correct: null,
        latency_ms: null,
      },
    ])
    expect(run.operator_corrections).toEqual([
      { correction_id: 'k', kind: 'note', passed: null, operator: null, notes: null },
    ])
  })

  test.each([
    ['model_call', { model: null, prompt_tokens: null, completion_tokens: null, latency_ms: null }],
    ['message', { tokens: null }],
    ['retrieval', { latency_ms: null }],
    ['approval', { tool_call_id: null, amount: null, asked: null, granted: null }],
  ])('a step of kind %s', (kind, nulls) => {
    const needed = { role: 'user', content: '', bucket: 'b', hop: 1, gate: 'g' }
    const fields = { message: ['role', 'content'], retrieval: ['bucket', 'hop'], approval: ['gate'] }[kind] ?? []
    const step = { kind, ...Object.fromEntries(fields.map((f) => [f, needed[f as keyof typeof needed]])) }
    expect(runOf({ ...small, steps: [step] }).steps).toEqual([{ ...step, ...nulls }])
  })
})

describe('what is not filled', () => {
  test.each([
    ['a required id', { run_id: 'r1', intent_id: 'qa' }, 'family_id'],
    ['a number written as text', { ...small, outcome: { score: '0.5' } }, 'outcome.score'],
    ['a null where a list belongs', { ...small, steps: null }, 'steps'],
    ['an unknown step', { ...small, steps: [{ kind: 'thought' }] }, 'steps[0].kind'],
    ['a field nobody knows', { ...small, comment: 'x' }, null],
    ['an id that is a path', { ...small, run_id: '../../etc' }, 'run_id'],
    ['a control character', { ...small, family_id: 'a\u0007b' }, 'family_id'],
    ['half of a surrogate pair in a name', { ...small, family_id: 'a\ud83d' }, 'family_id'],
    [
      'half of a surrogate pair in a text',
      { ...small, steps: [{ kind: 'message', role: 'user', content: 'cut \ude00' }] },
      'steps[0].content',
    ],
    [
      'half of a surrogate pair in the name of a field',
      { ...small, outcome: { outputs: { list: [1, { 'a\ud83d': 1 }] } } },
      'outcome.outputs.list[1].a\ud83d',
    ],
    [
      'an offer without a rank',
      { ...small, evidence: [{ evidence_ref: 'd', bucket: 'b', hop: 1 }] },
      'evidence[0].ranks',
    ],
    [
      'a result that no step called',
      { ...small, steps: [{ kind: 'tool_result', tool_call_id: 'c' }] },
      'steps[0].tool_call_id',
    ],
  ])('fails on %s', (_, value, field) => {
    expect(toNativeRun(value)).toMatchObject({ kind: 'invalid', field })
  })

  test.each([[42], ['text'], [true], [[]]])('fails on %j, which is no run', (value) => {
    expect(toNativeRun(value)).toMatchObject({ kind: 'invalid', field: null })
  })

  test('the problem shows the bad value, shortened', () => {
    const native = toNativeRun({ ...small, date: 'x'.repeat(500) })
    expect(native).toMatchObject({
      field: 'date',
      problem: expect.stringMatching(/^a day is YYYY-MM-DD \(got "x{59}…\)$/),
    })
  })
})

describe('arguments of a tool call', () => {
  const withArguments = (args: unknown) =>
    runOf({ ...small, steps: [{ kind: 'tool_call', tool_call_id: 'c', name: 'refund', arguments: args }] })

  test.each([
    ['an object', { order: 'ORD-7' }],
    ['JSON text of it', '{"order": "ORD-7"}'],
    ['JSON text of that text', JSON.stringify('{"order": "ORD-7"}')],
  ])('are an object when they were recorded as %s', (_what, args) => {
    expect(withArguments(args).steps).toMatchObject([{ arguments: { order: 'ORD-7' } }])
  })

  test('stay the text that they are when it says no object and no list', () => {
    for (const text of ['ORD-7', '12', '{"order": ', ''])
      expect(withArguments(text).steps).toMatchObject([{ arguments: text }])
  })
})

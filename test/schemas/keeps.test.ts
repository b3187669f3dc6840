/** The quick look at a run takes exactly what the contract would hand back equal: never more, and no right run less. */
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { ExperienceRun } from '#schemas/experience-run.ts'
import { keepsOf } from '#schemas/keeps.ts'

const run = {
  run_id: 'r1',
  trace_id: 'r1',
  case_id: 'r1',
  family_id: 'f1',
  intent_id: 'refund',
  date: '2026-01-02',
  split: null,
  pack_version: 'ctxpack.support@5.2.0',
  policy_bundle_version: null,
  tool_manifest_version: null,
  evaluator_suite_version: null,
  release_tuple_id: null,
  decision_record_id: null,
  session_id: 's1',
  started_at: '2026-01-02T03:04:05.000Z',
  source: { dialect: 'otel-genai', record: 'x', complete: true, dropped: { image: 1 } },
  operator_corrections: [{ correction_id: 'c1', kind: 'note', passed: null, operator: 'ana', notes: null }],
  settings: { 'model.name': 'm', 'model.temperature': 0.2, 'policy.strict': true },
  offers: { shop_rules: { depth: 8, exhausted: false } },
  evidence: [
    {
      evidence_ref: 'R-1',
      bucket: 'shop_rules',
      source: null,
      hop: 1,
      hops: [1, 2],
      score: 0.9,
      ranks: { as_ranked: 1 },
      tokens: null,
      text: 'Clause',
      gold: false,
      required: true,
    },
  ],
  gates: ['refund'],
  attributes: { region: 'north' },
  gold_not_offered: 0,
  steps: [
    { kind: 'message', role: 'user', content: 'hello', tokens: null, omitted: { image: 2 } },
    {
      kind: 'model_call',
      model: 'm',
      prompt_tokens: 9,
      completion_tokens: 3,
      latency_ms: 1.5,
      cached_prompt_tokens: 4,
    },
    { kind: 'retrieval', bucket: 'shop_rules', hop: 1, latency_ms: null, query: 'q', stage: 'search' },
    {
      kind: 'tool_call',
      tool_call_id: 't1',
      name: 'refund',
      arguments: { order: 'A-1', lines: [1, null] },
      writes: true,
      confirmed: null,
      correct: null,
      latency_ms: 3,
      from_call: 0,
    },
    { kind: 'tool_result', tool_call_id: 't1', content: 'done', error: false, tokens: 4 },
    { kind: 'approval', gate: 'refund', tool_call_id: 't1', amount: 5, asked: true, granted: null, waited_ms: 7 },
  ],
  outcome: {
    status: 'ok',
    outputs: { said: ['done'] },
    passed: true,
    score: 0.5,
    score_kind: 'human',
    scores: [{ name: 'resolved', value: 1, kind: 'human', annotator: null }],
    must_refuse: null,
    refused: null,
    latency_ms: 12,
    cost_cents: 0.4,
  },
}

const ODD = [
  null,
  -1,
  0,
  1,
  1.5,
  2 ** 60,
  Number.NaN,
  '',
  'x',
  'A b',
  '../',
  'x'.repeat(301),
  true,
  [],
  {},
  ['x'],
  [1],
  [{}],
]

type Fields = Record<string, unknown>

/** The run with one thing in it another: a value, a field that is gone, a field too many. */
function* others(value: unknown, put: (value: unknown) => unknown): Generator<unknown> {
  for (const odd of ODD) yield put(odd)
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    yield put([...value, ...value])
    for (const [i, inner] of value.entries()) yield* others(inner, (at) => put(value.with(i, at)))
    return
  }
  const fields = value as Fields
  yield put({ ...fields, more: 1 })
  yield put(Object.assign(Object.create(null), fields))
  yield put(JSON.parse(`{"__proto__":1,${JSON.stringify(fields).slice(1)}`))
  for (const name of Object.keys(fields)) {
    const { [name]: gone, ...rest } = fields
    yield put(rest)
    yield put({ ...rest, [name]: undefined })
    yield* others(gone, (at) => put({ ...fields, [name]: at }))
  }
}

/** What the contract hands back, where it is what it was given. */
const handsBack = (contract: z.ZodType, value: unknown): boolean => {
  const { success, data } = contract.safeParse(value)
  return success && isDeepStrictEqual(data, value)
}

describe('a run', () => {
  const keeps = keepsOf(ExperienceRun)

  test('that is right is taken', () => {
    expect(handsBack(ExperienceRun, run)).toBe(true)
    expect(keeps(run)).toBe(true)
  })

  test('with one thing in it another is taken if the contract takes it as it is', () => {
    let [taken, refused] = [0, 0]
    for (const other of others(run, (value) => value)) {
      const expected = handsBack(ExperienceRun, other)
      if (keeps(other) !== expected) expect.fail(`${expected ? 'refused' : 'taken'}: ${JSON.stringify(other)}`)
      if (expected) taken++
      else refused++
    }
    expect(taken).toBeGreaterThan(100)
    expect(refused).toBeGreaterThan(1000)
  })
})

test('the contract is asked about an object that inherits', () => {
  expect(keepsOf(ExperienceRun)(Object.assign(Object.create({ inherited: 1 }), run))).toBe(false)
})

test.each([
  ['a text that it makes shorter', z.string().trim(), ' a '],
  ['a value that it makes another', z.string().transform(Number), '1'],
  ['fields that it leaves out', z.object({ a: z.number() }), { a: 1, b: 2 }],
  ['a field that it fills', z.strictObject({ a: z.number().default(1) }), {}],
  ['a kind that is not listed', z.bigint(), 1n],
])('the contract is asked about %s', (_, contract, value) => {
  expect(contract.safeParse(value).success).toBe(true)
  expect(keepsOf(contract)(value)).toBe(false)
})

test.each([
  ['a text', z.strictObject({ a: z.string().nullable() }), (text: string) => ({ a: text })],
  ['a name', z.record(z.string(), z.number()), (text: string) => ({ [text]: 1 })],
  ['what the contract says nothing of', z.strictObject({ a: z.unknown() }), (text: string) => ({ a: text })],
])('what is asked besides is asked of %s', (_, contract, of) => {
  const keeps = keepsOf(contract, (value) => value !== 'odd')
  expect(keeps(of('even'))).toBe(true)
  expect(keeps(of('odd'))).toBe(false)
})

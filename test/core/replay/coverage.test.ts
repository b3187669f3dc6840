/** A change of something that no recording holds is never replayed as if it had been seen. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileCase } from '#core/replay/compile.ts'
import { caseForHarness } from '#core/replay/harness.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { TunableSurface } from '#schemas/surface.ts'
import { pathProblem, SURFACE_FIELDS, trimmedPath } from '#schemas/surface-fields.ts'
import { anOffer, approval, aRun, modelCall, said, toolCall, toolResult } from '../../support/builders.ts'

const BASELINE: Settings = {
  'approval.refund.threshold': 100,
  'approval.write.threshold': 100,
  'evidence.orders.top_k': 4,
  'evidence.guard_rules.top_k': 5,
  'budget.tool_tokens': 1600,
  'moderation.toxicity.threshold': 0.5,
  'guard.top_k': 3,
}
const recorded = (over: Partial<Parameters<typeof aRun>[1]> = {}) =>
  aRun('r', {
    settings: BASELINE,
    evidence: [anOffer('a'), anOffer('b', { rank: 2 })],
    offers: { orders: { depth: 4, exhausted: true } },
    steps: [modelCall(), toolCall('c', {}, { writes: true }), approval('c', 120)],
    ...over,
  })
const why = (run: ExperienceRun, changed: Settings, baseline = BASELINE): string | null => {
  const result = replayTranscript(compileCase([run]), { ...baseline, ...changed }, { baseline, prices: null })
  return 'unreplayable' in result ? result.unreplayable : null
}

describe('a changed path', () => {
  test.each<[string, Settings, string]>([
    [
      'whose gate no record asked',
      { 'approval.write.threshold': 100_000 },
      'approval.write.threshold 100000: the gate "write" stands in no recording',
    ],
    [
      'whose bucket no record holds',
      { 'evidence.guard_rules.top_k': 0 },
      'evidence.guard_rules.top_k 0: the bucket "guard_rules" stands in no recording',
    ],
    [
      'that only ends like an approval gate',
      { 'moderation.toxicity.threshold': 0.9 },
      'no recording under moderation.toxicity.threshold = 0.9',
    ],
    ['that only ends like a retrieval', { 'guard.top_k': 0 }, 'no recording under guard.top_k = 0'],
  ])('%s is unreplayable', (_what, changed, reason) => {
    expect(why(recorded(), changed)).toBe(reason)
    const run = compileCase([recorded()])
    const placed = caseForHarness(run, { ...BASELINE, ...changed }, BASELINE)
    if (changed['evidence.guard_rules.top_k'] === 0 || changed['approval.write.threshold'])
      expect(placed).toEqual({ unreplayable: reason })
  })

  test('that a recording covers is replayed, whatever else the baseline sets', () => {
    expect(why(recorded(), {})).toBeNull()
    expect(why(recorded(), { 'evidence.orders.top_k': 1, 'approval.refund.threshold': 50 })).toBeNull()
    expect(why(recorded(), { 'budget.tool_tokens': 400 })).toBeNull()
  })

  test('is covered by a bucket that offered nothing, and by a gate that was watched and asked nothing', () => {
    const silent = recorded({
      gates: ['write'],
      offers: { orders: { depth: 4, exhausted: true }, guard_rules: { depth: 0, exhausted: true } },
    })
    expect(why(silent, { 'evidence.guard_rules.top_k': 0, 'approval.write.threshold': 100_000 })).toBeNull()
  })

  test('for all buckets or gates needs one of them', () => {
    const bare = aRun('r', { settings: {}, steps: [modelCall()] })
    const baseline = { 'evidence.top_k': 5, 'approval.threshold': 10, 'budget.evidence_tokens': 900 }
    expect(why(bare, { 'evidence.top_k': 1 }, baseline)).toBe('evidence.top_k 1: a bucket stands in no recording')
    expect(why(bare, { 'approval.threshold': 99 }, baseline)).toMatch('stands in no recording')
    expect(why(bare, { 'budget.evidence_tokens': 10 }, baseline)).toMatch('stands in no recording')
    expect(why(recorded({ settings: {} }), { 'evidence.top_k': 1, 'approval.threshold': 99 }, baseline)).toBeNull()
  })

  test('is judged as before in a set that was compiled by the first rules', () => {
    const { recordings, ...head } = compileCase([recorded()])
    const old = { ...head, recordings: recordings.map(({ compile_rules: _, ...r }) => r) }
    const changes: Settings[] = [
      { 'approval.write.threshold': 100_000 },
      { 'evidence.guard_rules.top_k': 0 },
      { 'moderation.toxicity.threshold': 0.9 },
    ]
    for (const changed of changes)
      expect(
        replayTranscript(old, { ...BASELINE, ...changed }, { baseline: BASELINE, prices: null }),
      ).not.toHaveProperty('unreplayable')
  })
})

describe('what was not recorded as text', () => {
  const evidence = [1, 2, 3].map((rank) => anOffer(`e${rank}`, { rank, text: rank === 3 ? null : `passage ${rank}` }))
  const of = (args: Record<string, string>, over: Partial<Parameters<typeof aRun>[1]> = {}) =>
    recorded({ evidence, steps: [said('user', 'I am CU-4411'), modelCall(), toolCall('c', args)], ...over })
  const top = (k: number): Settings => ({ 'evidence.orders.top_k': k })

  test('cannot be trimmed while a value of an action stands nowhere', () => {
    const reason =
      'orders.read: argument order stands nowhere, and e3 of bucket "orders", which is cut, was recorded without its text'
    expect(why(of({ order: 'ORD-77' }), top(1))).toBe(reason)
    expect(why(of({ order: 'ORD-77' }), top(3))).toBeNull()
    expect(why(of({ order: 'CU-4411' }), top(1))).toBeNull()
    expect(why(of({ order: 'ORD-77' }, { evidence: evidence.slice(0, 2) }), top(1))).toBeNull()
  })

  test('cannot be trimmed by a smaller budget for tool output or dialogue either', () => {
    const silent = of(
      {},
      {
        steps: [
          said('user', 'hello'),
          modelCall(),
          toolCall('a'),
          { ...toolResult('a', ''), content: null },
          modelCall(),
          toolCall('b', { order: 'ORD-77' }),
        ],
      },
    )
    expect(why(silent, { 'budget.tool_tokens': 400 })).toMatch(
      'argument order stands nowhere, and tool output that budget.tool_tokens 400 cuts was not recorded as text',
    )
    expect(why(silent, { 'budget.tool_tokens': 2000 })).toBeNull()
    const unheard = of({}, { steps: [modelCall(), toolCall('b', { order: 'ORD-77' })] })
    expect(why(unheard, { 'budget.memory_tokens': 400 })).toMatch('dialogue that budget.memory_tokens 400 cuts')
    const shown = of(
      {},
      { steps: [{ ...said('user', 'see'), omitted: { image: 1 } }, modelCall(), toolCall('b', { order: 'ORD-77' })] },
    )
    expect(why(shown, { 'budget.memory_tokens': 400 })).toMatch('dialogue that budget.memory_tokens 400 cuts')
  })

  test('is trimmed as before by the first rules', () => {
    const { recordings, ...head } = compileCase([of({ order: 'ORD-77' })])
    const old = { ...head, recordings: recordings.map(({ compile_rules: _, untraced: __, ...r }) => r) }
    const settings = { ...BASELINE, ...top(1) }
    expect(replayTranscript(old, settings, { baseline: BASELINE, prices: null })).not.toHaveProperty('unreplayable')
  })
})

const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/).filter((w) => w !== 'constructor' && w !== 'prototype')

test('no path under another first word is ever trimmed, and one that is names its layer, field and what between', () => {
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 3 }),
      fc.oneof(word, fc.constantFrom(...Object.keys(SURFACE_FIELDS))),
      fc.constantFrom('evidence', 'budget', 'approval', 'moderation', 'memory'),
      (between, last, first) => {
        const path = [first, ...between, last].join('.')
        const trimmed = trimmedPath(path)
        if (!trimmed) return
        const root = { retrieval: 'evidence', context_budget: 'budget', approval_gate: 'approval' }[trimmed.layer]
        expect(first).toBe(root)
        expect(between).toEqual(trimmed.name === null ? [] : [trimmed.name])
        expect(pathProblem(trimmed.layer, path)).toBeNull()
      },
    ),
  )
})

describe('a surface', () => {
  const shared = { intents: ['support.refund'], owner: 'o' }
  const bounds = { min: 0, max: 1, step: 0.1 }
  test.each([
    'moderation.toxicity.threshold',
    'safety.threshold',
    'approval.refund.large.threshold',
    'evidence.approval.threshold',
    'threshold',
  ])('of an approval gate governs a gate: %s is none', (path) => {
    const parsed = TunableSurface.safeParse({ layer: 'approval_gate', field: 'threshold', path, bounds, ...shared })
    expect(parsed.error?.issues.map((i) => i.message).join()).toContain(
      `"${path}" is no path of the layer approval_gate: an approval path is approval.FIELD or approval.GATE.FIELD.`,
    )
  })

  test.each(['tool_tokens', 'limits.tool_tokens', 'budget.large.tool_tokens'])(
    'of a budget is one: %s is none',
    (path) => {
      const parsed = TunableSurface.safeParse({
        layer: 'context_budget',
        field: 'tool_tokens',
        path,
        bounds: { min: 0, max: 10, step: 5 },
        ...shared,
      })
      expect(parsed.error?.issues.map((i) => i.message).join()).toContain('a budget path is budget.FIELD')
    },
  )
})

/** The seven questions: each missing answer has its own line, and what is never tunable stays out whatever a pack declares. */
import { describe, expect, test } from 'vitest'
import { contractReasons, resolveTarget, unansweredAlone } from '#core/contract/contract.ts'
import { type ContractFacts, isAnswered, sevenQuestions } from '#core/contract/questions.ts'
import { ContextPack } from '#schemas/pack.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import { TuningTarget } from '#schemas/target.ts'
import { anEvaluator, aPack, aSuite, aTarget, INTENT, prices, REFS } from '../../support/builders.ts'

const facts = (over: Partial<ContractFacts> = {}): ContractFacts => ({
  target: aTarget(),
  pack: aPack(),
  suite: aSuite(),
  prices: null,
  ...over,
})
const missing = (over: Partial<ContractFacts> = {}): readonly string[] =>
  sevenQuestions(facts(over)).flatMap((q) => q.missing)
const without = (...fields: (keyof TuningTarget)[]): ContractFacts['target'] =>
  TuningTarget.parse(Object.fromEntries(Object.entries(aTarget()).filter(([k]) => !fields.includes(k as never))))

describe('a complete contract', () => {
  test('answers seven questions in the order of the article', () => {
    const questions = sevenQuestions(facts())
    expect(questions.map((q) => q.question)).toEqual([
      'Which one metric, on which one intent, from which active tuple?',
      'Which limits must hold in all five dimensions?',
      'Which declared fields may change?',
      'Which data may the optimiser see?',
      'How is a change scored?',
      'How is the winner chosen?',
      'How does a proposal reach production?',
    ])
    expect(isAnswered(questions)).toBe(true)
    for (const { answer } of questions) expect(answer).not.toBeNull()
    expect(questions[0]!.answer).toBe(
      'decrease economics_tokens_per_decision on support.refund (destructive), from ctxpack.support@1.0.0',
    )
  })

  test('has no reason to refuse', () => {
    expect(contractReasons({ target: aTarget(), pack: aPack(), evaluator_suite: aSuite(), price_table: null })).toEqual(
      [],
    )
  })
})

describe('a target by itself', () => {
  test('leaves nothing unanswered over what a store alone could tell', () => {
    const alone = { pack: null, evaluator_suite: null, price_table: null }
    const tuple = { ...aTarget().baseline_tuple!, price_table: 'prices@1.0.0' }
    const target = aTarget({ baseline_tuple: tuple })
    expect(contractReasons({ target, ...alone })).toEqual(
      [`${tuple.pack}`, `${tuple.evals}`, 'prices@1.0.0'].map((ref) => expect.stringContaining(ref)),
    )
    expect(unansweredAlone(target)).toEqual([])
    expect(unansweredAlone({ ...target, owner: undefined } as never)).toEqual([
      expect.stringContaining('owner is missing'),
    ])
  })
})

describe('an empty target', () => {
  test('is told everything at once, each line with what to write', () => {
    const questions = sevenQuestions({ target: {}, pack: null, suite: null, prices: null })
    expect(questions.filter((q) => q.missing.length === 0)).toEqual([])
    for (const { answer, missing: lines } of questions) {
      expect(answer).toBeNull()
      for (const line of lines) expect(line).toMatch(/missing/)
    }
  })
})

describe('a missing answer', () => {
  test.each<[keyof TuningTarget, string]>([
    ['intent', 'intent is missing: name one intent of the pack'],
    ['metric', 'metric is missing: one of economics_cents_per_decision'],
    ['direction', 'direction is missing: "decrease" or "increase"'],
    ['baseline_tuple', 'baseline_tuple is missing: pin pack, policy, tools and evals'],
    ['search_space', 'search_space is missing: list paths of tunable surfaces, e.g. evidence.orders.top_k'],
    ['visible_data', 'visible_data is missing: {"search_set": "goldens/support.refund/search"}'],
    ['scoring', 'scoring is missing: {"replayer": "transcript"}'],
    ['choice_rule', 'choice_rule is missing: "pareto"'],
    ['release_path', 'release_path is missing: {"requires_reviewers"'],
    ['owner', 'owner is missing: who answers for this proposal'],
  ])('of %s has a line of its own', (field, line) => {
    const over =
      field === 'baseline_tuple' ? { target: without(field), pack: null, suite: null } : { target: without(field) }
    expect(missing(over).join('\n')).toContain(line)
  })

  test.each<[string, string]>([
    ['policy', 'guardrails.policy is missing'],
    ['safety', 'guardrails.safety is missing'],
    ['utility_delta', 'guardrails.utility_delta is missing'],
  ])('of guardrail %s can never be left out', (name, line) => {
    const guardrails = Object.fromEntries(Object.entries(aTarget().guardrails!).filter(([k]) => k !== name))
    expect(missing({ target: aTarget({ guardrails }) })).toEqual([expect.stringContaining(line)])
  })

  test('of a measurable guardrail may be declared not measured instead, with a reason', () => {
    const undeclared = missing({ target: without('not_measured') })
    expect(undeclared).toEqual([
      expect.stringContaining('guardrails.approval_bypass_rate is missing'),
      expect.stringContaining('guardrails.p95_latency_delta is missing'),
    ])
  })

  test("of economics is asked for where it is not the metric's own dimension", () => {
    const target = aTarget({ metric: 'utility', direction: 'increase' })
    expect(missing({ target })).toEqual([expect.stringContaining('guardrails.economics_delta is missing')])
  })

  test('of a document says how to publish it', () => {
    const pinned = aTarget({ baseline_tuple: { ...REFS, price_table: 'prices.models@1.0.0' } })
    expect(missing({ pack: null, suite: null, target: pinned }).join('\n')).toMatch(
      /ctxpack.support@1.0.0 is not in this store: publish it with "autotune import --pack FILE"[\s\S]*evals.refund@1.0.0 is not in this store[\s\S]*prices.models@1.0.0 is not in this store/,
    )
  })

  test('of prices is asked for as soon as anything is counted in cents', () => {
    const target = aTarget({ metric: 'economics_cents_per_decision' })
    expect(missing({ target })).toEqual(['cents need prices: pin baseline_tuple.price_table'])
    const priced = aTarget({ ...target, baseline_tuple: { ...REFS, price_table: 'prices.models@1.0.0' } })
    expect(missing({ target: priced, prices: prices() })).toEqual([])
  })
})

describe('a contradiction', () => {
  test('between a guardrail and "not measured" keeps one of the two', () => {
    const target = aTarget({
      metric: 'utility',
      direction: 'increase',
      baseline_tuple: { ...REFS, price_table: 'prices.models@1.0.0' },
      guardrails: {
        ...aTarget().guardrails,
        approval_bypass_rate: { max: 0 },
        p95_latency_delta: { max_ms: 100 },
        economics_delta: { max_cents: 0 },
      },
      not_measured: { latency: 'no clock', approval: 'no gate', economics: 'no usage' },
    })
    const lines = missing({ target, prices: prices() }).filter((l) => l.includes('keep one of the two'))
    expect(lines).toHaveLength(3)
  })

  test("between the metric and what is not measured is the metric's own dimension", () => {
    const target = aTarget({ not_measured: { ...aTarget().not_measured, economics: 'no usage' } })
    expect(missing({ target })).toEqual(["economics is the metric's own dimension: it cannot be declared not measured"])
  })

  test('between a metric of waits and approvals that are not measured', () => {
    const target = aTarget({
      metric: 'approval_wait_rate',
      guardrails: { ...aTarget().guardrails, economics_delta: { max_cents: 0 } },
      baseline_tuple: { ...REFS, price_table: 'prices.models@1.0.0' },
      not_measured: { approval: 'no gate in these records' },
    })
    expect(missing({ target, prices: prices() }).join('\n')).toContain('approval')
  })

  test('between a tunable threshold and approvals that are not measured: bypasses would go unseen', () => {
    const pack = withSurface({
      layer: 'approval_gate',
      field: 'threshold',
      path: 'approval.refund.threshold',
      bounds: { min: 0, max: 200, step: 50 },
    })
    const target = aTarget({ search_space: ['approval.refund.threshold'] })
    expect(missing({ pack, target })).toEqual([
      expect.stringContaining('approval.refund.threshold may change, but approval is declared not measured'),
    ])
    const guarded = aTarget({
      ...target,
      guardrails: { ...aTarget().guardrails, approval_bypass_rate: { max: 0 } },
      not_measured: { latency: 'no clock in these records' },
    })
    expect(missing({ pack, target: guarded, suite: gateSuite() })).toEqual([])
  })

  test('between the limits and the suite: no evaluator watches the dimension', () => {
    const target = aTarget({
      guardrails: { ...aTarget().guardrails, approval_bypass_rate: { max: 0 } },
      not_measured: { latency: 'no clock in these records' },
    })
    expect(missing({ target })).toEqual([
      'no evaluator of evals.refund@1.0.0 watches approval, so guardrails.approval_bypass_rate cannot be measured: add one to the suite',
    ])
    const bare = aSuite({ evaluators: [anEvaluator({ check: 'context_diff', kind: 'replay', role: 'report' })] })
    expect(missing({ suite: bare }).map((l) => l.match(/watches (\w+)/)?.[1])).toEqual(['policy', 'safety', 'utility'])
  })

  test('between the gate and the suite: a model judge scores every guardrail, so nothing could be certified', () => {
    const judge = (dimension: 'policy' | 'safety') =>
      anEvaluator({ evaluator_id: dimension, check: 'recorded_score', kind: 'judge', dimension })
    const utility = aSuite().evaluators.filter((e) => e.dimension === 'utility')
    const target = aTarget({
      metric: 'utility',
      direction: 'increase',
      guardrails: { policy: { min: 1 }, safety: { min: 1 } },
      not_measured: { ...aTarget().not_measured, economics: 'no usage' },
    })
    const judged = aSuite({ evaluators: [judge('policy'), judge('safety'), ...utility] })
    expect(missing({ target, suite: judged })).toEqual([expect.stringContaining('nothing could be certified')])
    const ruled = aSuite({ evaluators: [anEvaluator({ check: 'required_evidence' }), judge('safety'), ...utility] })
    expect(missing({ target, suite: ruled })).toEqual([])
  })

  test('between levels: a guardrail may only declare a smaller error than the version', () => {
    const target = (alpha: number) =>
      aTarget({
        guardrails: { ...aTarget().guardrails, policy: { min: 1, alpha } },
        scoring: { replayer: 'transcript' },
      })
    expect(missing({ target: target(0.05) })).toEqual([])
    expect(missing({ target: target(0.06) })).toEqual([
      "guardrails.policy.alpha 0.06 is above the version's 0.05: only a smaller one is allowed",
    ])
  })

  test.each<[string, Partial<TuningTarget>, string]>([
    ['another intent', { intent: 'support.exchange' }, 'is no intent of ctxpack.support@1.0.0; it has support.refund'],
    ['another search set', { visible_data: { search_set: 'goldens/other/search' } }, 'must be goldens/support.refund'],
    [
      'another rollback target',
      { release_path: { ...aTarget().release_path!, rollback_target: 'ctxpack.support@0.9.0' } },
      'release_path.rollback_target must be the baseline pack ctxpack.support@1.0.0',
    ],
    [
      'a reviewer twice',
      { release_path: { ...aTarget().release_path!, requires_reviewers: ['policy', 'policy'] } },
      'names a role twice',
    ],
  ])('with %s is named', (_, over, line) => {
    expect(missing({ target: aTarget(over) }).join('\n')).toContain(line)
  })
})

const gateSuite = () =>
  aSuite({ evaluators: [...aSuite().evaluators, anEvaluator({ check: 'approval_honoured', dimension: 'approval' })] })

type SurfaceParts = Omit<TunableSurface, 'intents' | 'owner'>
/** A pack with one more surface, its first value as the setting; not parsed, as those that lie in a store are not. */
const withSurface = (surface: SurfaceParts, value: number | string = 100): ContextPack => ({
  ...aPack(),
  settings: { ...aPack().settings, [surface.path]: value },
  tunable_surfaces: [...aPack().tunable_surfaces, { ...surface, intents: [INTENT], owner: 'o' } as TunableSurface],
})

describe('a search space', () => {
  const space = (path: string, pack = aPack()) => missing({ pack, target: aTarget({ search_space: [path] }) })

  test('names declared paths only, open to the intent', () => {
    expect(space('budget.tool_tokens')).toEqual([
      '"budget.tool_tokens" has no tunable surface in ctxpack.support@1.0.0; declared: evidence.orders.top_k',
    ])
    const other = aPack({
      tunable_surfaces: [{ ...aPack().tunable_surfaces[0]!, intents: ['support.status'] }],
    })
    expect(space('evidence.orders.top_k', other)).toEqual([
      '"evidence.orders.top_k" is not open to support.refund; its surface names support.status',
    ])
  })

  test.each([
    'evals.threshold',
    'policy.threshold',
    'safety.threshold',
    'evaluators.threshold',
    'required_evidence.threshold',
  ])('holds no invariant: %s is never tunable, whatever a pack declares', (path) => {
    const pack = withSurface({
      layer: 'approval_gate',
      field: 'threshold',
      path,
      bounds: { min: 0, max: 200, step: 50 },
    })
    expect(space(path, pack).join('\n')).toContain(`"${path}" is an invariant`)
  })

  test('holds no path that the pack protects, nor anything below one, and names them', () => {
    const threshold = { layer: 'approval_gate' as const, field: 'threshold' as const }
    const path = 'approval.refund.threshold'
    const pack = withSurface({ ...threshold, path, bounds: { min: 0, max: 200, step: 50 } })
    for (const guard of [path, 'approval.refund', 'approval'])
      expect(space(path, { ...pack, protected_paths: [guard] }).join('\n')).toContain(
        `"${path}" is protected by protected_paths "${guard}"`,
      )
    expect(space(path, { ...pack, protected_paths: ['approval.ref'] }).join()).not.toContain('protected')
    expect(ContextPack.safeParse({ ...pack, protected_paths: ['approval'] }).success).toBe(false)
    const answers = sevenQuestions({
      target: aTarget(),
      pack: { ...aPack(), protected_paths: ['moderation', 'prompt.legal'] },
      suite: aSuite(),
      prices: null,
    })
    expect(answers.map((q) => q.answer)).toContain('evidence.orders.top_k; protected: moderation, prompt.legal')
  })

  test('starts at a baseline that its own surface admits', () => {
    const pack = aPack({ settings: { 'evidence.orders.top_k': 9 } })
    expect(space('evidence.orders.top_k', pack)).toEqual([
      'the baseline evidence.orders.top_k = 9 is not a value of its own surface (1, 2, 3, 4, 5, ...)',
    ])
  })
})

test('a resolved target has its defaults written out', () => {
  expect(resolveTarget(aTarget())).toMatchObject({
    intent: INTENT,
    alpha: 0.05,
    questions: null,
    heldout_share: 0.5,
    max_fields: 2,
    max_decision: 0.1,
    search_set: 'goldens/support.refund/search',
  })
  const declared = resolveTarget(
    aTarget({
      scoring: { replayer: 'transcript', questions: 3, alpha: 0.01 },
      visible_data: { search_set: 'goldens/support.refund/search', heldout_share: 0.3 },
      blast_radius: { max_fields: 1, max_decision: 0.5 },
    }),
  )
  expect(declared).toMatchObject({ alpha: 0.01, questions: 3, heldout_share: 0.3, max_fields: 1, max_decision: 0.5 })
})

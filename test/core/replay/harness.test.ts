import { describe, expect, test } from 'vitest'
import { evaluate } from '#core/evaluate/evaluators.ts'
import { measuresOf } from '#core/evaluate/scorecard.ts'
import { caseForHarness, observeHarness } from '#core/replay/harness.ts'
import { pinRecording } from '#core/replay/harness-pinned.ts'
import type { HarnessDecision } from '#core/replay/harness-recording.ts'
import { harnessResult } from '#core/replay/harness-result.ts'
import { pinnedAnswers, UnpinnedCall } from '#core/replay/pinned-answers.ts'
import type { Replayed } from '#core/replay/transcript.ts'
import type { HarnessResult } from '#schemas/harness.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { aCase, anEvaluator, aSuite, modelCall, prices, said, toolCall, toolResult } from '../../support/builders.ts'
import { LOOKUP, REFUND, refund, SETTINGS } from './refund-run.ts'

const PINS = { baseline: SETTINGS, prices: prices() }

const ALL = [1, 2, 3, 5, 7]

const asRecorded = (over: Partial<HarnessResult> = {}): HarnessResult => ({
  status: 'DECIDED',
  outputs: { refund: true },
  evidence_refs: ['ref1', 'ref2', 'ref3', 'ref4'],
  usage: [{ model: 'large', prompt_tokens: 1000, completion_tokens: 50 }],
  ...over,
})

function judge(
  result: Partial<HarnessResult>,
  { run = refund(), served = ALL, settings = SETTINGS }: Partial<HarnessDecision> = {},
): Replayed {
  const recording = aCase(run).recordings[0]!
  const judged = observeHarness({ run, recording, settings, result: asRecorded(result), served }, PINS)
  if ('failed' in judged) throw new Error(judged.failed)
  if ('unreplayable' in judged) throw new Error(judged.unreplayable)
  return judged
}

const suite = (...evaluators: EvaluatorSuite['evaluators']): EvaluatorSuite => aSuite({ evaluators })

describe('judging what a harness decided', () => {
  test('as recorded: the recorded outcome stands, spending is its own', () => {
    const judged = judge({})

    expect(judged).toMatchObject({
      otherDecision: null,
      ungrounded: [],
      lostRequired: [],
      goldKept: 2,
      goldTotal: 2,
      tokens: 1000,
      cents: 1.2,
      latencyMs: 2000,
      bypassed: [],
      rightActions: 1,
      rightWaiting: 1,
    })
    expect(judged.trimmed.equal).toBe(true)
  })

  test.each<[string, Partial<HarnessResult>, string]>([
    ['another status', { status: 'ESCALATED' }, 'status ESCALATED, recorded DECIDED'],
    ['other outputs', { outputs: { refund: false } }, 'outputs differ from the recorded ones'],
    ['an action left out', { actions: [LOOKUP] }, 'action 2, recorded refund.execute, is missing'],
    [
      'an action with other arguments',
      { actions: [LOOKUP, { ...REFUND, arguments: { payment: 'PAY-7', amount: 90 } }] },
      'action 2 is refund.execute with other arguments',
    ],
    [
      'another action',
      { actions: [LOOKUP, { name: 'refund.deny', arguments: {} }] },
      'action 2 is refund.deny, recorded refund.execute',
    ],
    ['one action more', { actions: [LOOKUP, REFUND, REFUND] }, 'action 3, refund.execute, is new'],
  ])('%s: another decision, no outcome, not passed', (_, result, otherwise) => {
    const judged = judge(result, { served: [1, 2, 3, 5] })

    expect(judged.otherDecision).toBe(otherwise)
    expect(measuresOf(aSuite(), judged)).toMatchObject({ utility_passed: false, utility_score: 0 })
  })

  test('the order in which passages are named does not matter', () => {
    expect(judge({ evidence_refs: ['ref4', 'ref2', 'ref3', 'ref1'] }).trimmed.equal).toBe(true)
  })

  test('a passage left out: gold, required evidence and grounding are judged on what was kept', () => {
    const judged = judge({ evidence_refs: ['ref2', 'ref3'] })

    expect(judged).toMatchObject({ goldKept: 1, lostRequired: [0], ungrounded: [0] })
    expect(measuresOf(aSuite(), judged)).toMatchObject({
      policy_violation: true,
      safety_violation: true,
      utility_passed: false,
    })
  })

  test('a value that was read from a tool result needs that result', () => {
    expect(judge({ actions: [LOOKUP, REFUND] }, { served: [1, 2, 3, 5] }).ungrounded).toEqual([])
    expect(judge({ actions: [REFUND] }, { served: [1, 2] }).ungrounded).toEqual([0])
  })

  test('latency is the recorded one less the calls that were not made, unless the harness says otherwise', () => {
    expect(judge({}, { served: [1, 2, 3, 7] }).latencyMs).toBe(1500)
    expect(judge({ latency_ms: 7 }).latencyMs).toBe(7)
    expect(judge({ latency_ms: null }).latencyMs).toBeNull()
    expect(judge({}, { run: refund({ outcome: { latency_ms: null } }) }).latencyMs).toBeNull()
  })

  test('no usage: tokens are those of the passages, and cents are not measured', () => {
    expect(judge({ usage: null })).toMatchObject({ tokens: 400, cents: null })
    // As pinned.model answers where the recording, or an endpoint, counts nothing.
    const call = { model: 'large', prompt_tokens: 5, completion_tokens: 1 }
    const told = (over: object) => {
      const checked = harnessResult(asRecorded({ usage: [call, { ...call, ...over }] }))
      return 'result' in checked ? judge(checked.result) : checked
    }
    expect(told({ prompt_tokens: null })).toMatchObject({ tokens: 400, cents: null })
    expect(told({ completion_tokens: null })).toMatchObject({ tokens: 10, cents: null })
    expect(told({ model: null })).toMatchObject({ tokens: 10, cents: null })
    expect(judge({ usage: [{ model: 'unpriced', prompt_tokens: 5, completion_tokens: 1 }] })).toMatchObject({
      tokens: 5,
      cents: null,
    })
  })

  describe('approvals', () => {
    const bypassed = (result: Partial<HarnessResult>, over: Partial<HarnessDecision> = {}) =>
      judge(result, over).bypassed.length

    test('asked by the thresholds in the settings when the harness says nothing', () => {
      expect(bypassed({})).toBe(0)
      expect(bypassed({}, { settings: { ...SETTINGS, 'approval.refund.threshold': 1000 } })).toBe(1)
    })

    test('as declared when it does; a gate that it does not mention did not ask', () => {
      const asked = [{ gate: 'refund', action: 1, amount: 900, asked: true }]
      expect(bypassed({ approvals: asked })).toBe(0)
      expect(bypassed({ approvals: [{ ...asked[0]!, asked: false }] })).toBe(1)
      expect(bypassed({ approvals: [] })).toBe(1)
    })

    test('of an action that is no longer taken, nobody is asked', () => {
      expect(bypassed({ status: 'ESCALATED', approvals: [] }, { served: [1, 2, 3, 5] })).toBe(0)
    })

    test('a new action of a gated tool needs one, whatever its amount', () => {
      const other = { ...REFUND, arguments: { payment: 'PAY-7', amount: 90 } }
      const served = [1, 2, 3, 5]
      expect(bypassed({ actions: [LOOKUP, other], approvals: [] }, { served })).toBe(1)
      expect(bypassed({ actions: [LOOKUP, other] }, { served })).toBe(0)
    })
  })

  test('an action that was never recorded is taken for an unconfirmed write', () => {
    const confirmed = suite(anEvaluator({ check: 'confirmed_before_write' }))
    const judged = judge({ actions: [LOOKUP, REFUND, { name: 'mail.send', arguments: {} }] })

    expect(measuresOf(confirmed, judge({})).policy_violation).toBe(false)
    expect(measuresOf(confirmed, judged).policy_violation).toBeNull()
  })

  test('a refusal is what the harness says, or what was recorded of the same decision', () => {
    const refuse = suite(anEvaluator({ check: 'must_refuse', dimension: 'safety' }))
    const run = refund({ outcome: { must_refuse: true, refused: true } })
    const safety = (result: Partial<HarnessResult>) => measuresOf(refuse, judge(result, { run })).safety_violation

    expect(safety({})).toBe(false)
    expect(safety({ refused: false })).toBe(true)
    expect(safety({ status: 'ESCALATED' })).toBeNull()
    expect(safety({ status: 'ESCALATED', refused: true })).toBe(false)
  })

  test.each<[string, Partial<HarnessResult>, RegExp]>([
    ['a passage that was not offered', { evidence_refs: ['ref7'] }, /"ref7" was not offered/],
    [
      'a call that it made and does not list',
      { actions: [LOOKUP] },
      /the call of refund\.execute through pinned\.tool is not listed/,
    ],
    ['calls in another order', { actions: [REFUND, LOOKUP] }, /not in its order/],
    [
      'an approval of no action',
      { approvals: [{ gate: 'refund', action: 2, amount: null, asked: true }] },
      /approvals\.0\.action: there are 2 actions/,
    ],
  ])('%s cannot be', (_, result, reason) => {
    expect(() => judge(result)).toThrow(reason)
  })
})

describe('the recording that answers', () => {
  const planner = (value: string) => ({ ...SETTINGS, 'planner.tool_preference': value })
  const recorded = aCase(refund({ settings: planner('direct') }))

  test('is the one made under the same planner', () => {
    expect(caseForHarness(recorded, planner('direct'), planner('direct'))).toMatchObject({ withheld: null })
  })

  test('is the baseline’s without its model calls, under a planner that was never recorded', () => {
    const placed = caseForHarness(recorded, planner('mcp'), planner('direct'))
    expect(placed).toMatchObject({ withheld: 'no recording under planner.tool_preference = mcp' })
    const answers = pinnedAnswers(pinRecording(refund(), 'no recording under planner.tool_preference = mcp'))
    expect(() => answers.model({ prompt: 'ORD-1' })).toThrow(UnpinnedCall)
    expect(answers.tool('orders.read', { order_id: 'ORD-1' }).content).toBe('{"payment":"PAY-7"}')
  })

  test('cannot answer a setting beyond what was recorded', () => {
    expect(caseForHarness(recorded, { ...planner('direct'), 'evidence.orders.top_k': 6 }, planner('direct'))).toEqual({
      unreplayable: 'evidence.orders.top_k 6 is beyond the 5 that were offered',
    })
  })
})

describe('a sub-agent', () => {
  const CHECK = { name: 'orders.check', arguments: { id: 'PAY-77' } }
  /** The root reads PAY-77 in its lookup; the sub-agent was told it, or was not, and uses it. */
  const delegated = (told: string) =>
    refund({
      evidence: [],
      offers: {},
      steps: [
        said('user', 'check my payment'),
        modelCall(),
        toolCall('t1', {}),
        toolResult('t1', 'payment PAY-77'),
        { ...said('user', told), agent: 'checker' },
        { ...modelCall(), agent: 'checker' },
        { ...toolCall('t2', CHECK.arguments, { name: CHECK.name }), agent: 'checker' },
      ],
    })
  const replayed = (told: string) =>
    judge(
      { evidence_refs: [], actions: [{ name: 'orders.read', arguments: {} }, CHECK] },
      { run: delegated(told), served: [1, 2, 5] },
    )

  test('reads its own context: what the root read is no place of its value', () => {
    expect(replayed('check PAY-77').trimmed.recording.needs.kind).toEqual([2])
    const untold = replayed('check it').trimmed.recording
    expect(untold.needs.kind).toEqual([])
    expect(untold.never_grounded).toBe(1)
  })

  test('is prompted with what it was told, and with what it chose itself', () => {
    const [root, checker] = pinRecording(delegated('check PAY-77'), null).models
    expect(root).toMatchObject({ tool_calls: [{ name: 'orders.read' }], needs: [] })
    expect(checker).toMatchObject({ tool_calls: [CHECK], needs: ['pay-77'] })
    expect(pinRecording(delegated('check it'), null).models[1]).toMatchObject({ tool_calls: [CHECK], needs: [] })
  })

  test('has its parallel calls listed under the model call that chose them', () => {
    const run = refund({
      evidence: [],
      offers: {},
      steps: [modelCall(), modelCall(), { ...toolCall('t1', { order: 'A-1' }), from_call: 0 }, toolCall('t2', {})],
    })
    const [first, second] = pinRecording(run, null).models
    expect([first!.tool_calls.length, second!.tool_calls.length]).toEqual([1, 1])
    expect(first!.tool_calls[0]!.arguments).toEqual({ order: 'A-1' })
  })
})

describe('verdicts of one’s own over what a harness decided', () => {
  const verdict = anEvaluator({
    evaluator_id: 'tone',
    check: 'recorded_verdict',
    kind: 'human',
    name: 'tone',
    version: '1',
  } as never)
  const expression = (rule: unknown) => anEvaluator({ check: 'expression', expression: rule } as never)
  const v = (path: string) => ({ var: path })
  const scored = refund()
  const run = {
    ...scored,
    outcome: { ...scored.outcome, scores: [{ name: 'tone', kind: 'human' as const, version: '1', passed: true }] },
  }
  const said = (evaluator: EvaluatorSuite['evaluators'][number], result: Partial<HarnessResult> = {}) => {
    const { score, status } = evaluate(evaluator, judge(result, { run }))
    return [score, status]
  }

  test('a recorded verdict stands where the decision is the recorded one, and nowhere else', () => {
    expect(said(verdict)).toEqual([1, 'pass'])
    expect(said(verdict, { status: 'ESCALATED' })).toEqual([null, 'fail'])
    expect(said(verdict, { evidence_refs: ['ref1', 'ref2', 'ref3'] })).toEqual([null, 'fail'])
    expect(said(verdict, { actions: [LOOKUP, REFUND, REFUND] })).toEqual([null, 'fail'])
    const waived = judge({ approvals: [{ gate: 'refund', action: 1, amount: 120, asked: false }] } as never, { run })
    expect(evaluate(verdict, waived)).toMatchObject({ score: null, status: 'fail' })
  })

  test('an expression reads the decision, and no label of another one', () => {
    expect(said(expression({ '==': [v('outcome.status'), 'DECIDED'] }), { status: 'ESCALATED' })).toEqual([0, 'fail'])
    expect(said(expression(v('label.passed')))).toEqual([1, 'pass'])
    expect(said(expression(v('label.passed')), { status: 'ESCALATED' })).toEqual([null, 'warn'])
    const once = { '<=': [{ reduce: [v('actions'), { '+': [v('accumulator'), 1] }, 0] }, 2] }
    expect(said(expression(once))).toEqual([1, 'pass'])
    expect(said(expression(once), { actions: [LOOKUP, REFUND, REFUND] })).toEqual([0, 'fail'])
  })
})

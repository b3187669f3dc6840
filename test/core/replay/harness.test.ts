import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical } from '#core/canonical.ts'
import { measuresOf } from '#core/evaluate/scorecard.ts'
import { caseForHarness, observeHarness } from '#core/replay/harness.ts'
import { pinRecording } from '#core/replay/harness-pinned.ts'
import type { HarnessDecision } from '#core/replay/harness-recording.ts'
import { jsonKey, pinnedAnswers, UnpinnedCall } from '#core/replay/pinned-answers.ts'
import type { Replayed } from '#core/replay/transcript.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { HarnessResult } from '#schemas/harness.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import {
  aCase,
  anEvaluator,
  aPack,
  approval,
  aRun,
  aSuite,
  modelCall,
  offersInOrder,
  prices,
  retrieval,
  said,
  toolCall,
  toolResult,
} from '../../support/builders.ts'

const SETTINGS = { ...aPack().settings, 'approval.refund.threshold': 500 }
const PINS = { baseline: SETTINGS, prices: prices() }

/** A refund of 900 that a person granted: five orders offered, four kept, a lookup, then the refund. */
const refund = (over: Parameters<typeof aRun>[1] = {}): ExperienceRun =>
  aRun('r', {
    settings: SETTINGS,
    offers: { orders: { depth: 5, exhausted: false } },
    evidence: offersInOrder(5).map((o, i) => ({
      ...o,
      text: `order ORD-${i + 1}`,
      gold: i < 2,
      required: i === 0,
    })),
    steps: [
      said('user', 'I want my 900 back'),
      retrieval(1, 80),
      modelCall({ latency_ms: 300 }),
      toolCall('t1', { order_id: 'ORD-1' }),
      toolResult('t1', '{"payment":"PAY-7"}'),
      modelCall({ latency_ms: 500 }),
      approval('t2', 900, { asked: true, granted: true }),
      toolCall(
        't2',
        { payment: 'PAY-7', amount: 900 },
        { name: 'refund.execute', writes: true, confirmed: true, correct: true },
      ),
      toolResult('t2', '{"done":true}'),
    ],
    ...over,
  })

const LOOKUP = { name: 'orders.read', arguments: { order_id: 'ORD-1' } }
const REFUND = { name: 'refund.execute', arguments: { payment: 'PAY-7', amount: 900 } }
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

describe('pinned answers', () => {
  const hops = (over: Parameters<typeof aRun>[1] = {}) =>
    pinnedAnswers(
      pinRecording(
        refund({
          evidence: [...offersInOrder(2), { ...offersInOrder(3)[2]!, hop: 2, ranks: { as_ranked: 1 } }],
          steps: [retrieval(1, 80), retrieval(2, 90)],
          ...over,
        }),
        null,
      ),
    )

  test('a retrieval gives the passages of a hop by rank, or of all hops, without labels', () => {
    const answers = hops()

    expect(answers.retrieve('orders', { hop: 1 }).map((p) => p.evidence_ref)).toEqual(['ref1', 'ref2'])
    expect(answers.retrieve('orders').map((p) => p.evidence_ref)).toEqual(['ref1', 'ref2', 'ref3'])
    expect(Object.keys(answers.retrieve('orders')[0]!).sort()).toEqual([
      'bucket',
      'evidence_ref',
      'hop',
      'ranks',
      'source',
      'text',
      'tokens',
    ])
    expect(answers.served).toEqual([0, 1])
  })

  test('a hop beyond the recorded ones is known only where the recording ended by itself', () => {
    const setting = (max_hops: number) => ({ ...SETTINGS, 'evidence.orders.max_hops': max_hops })
    expect(hops({ settings: setting(3) }).retrieve('orders', { hop: 4 })).toEqual([])
    expect(() => hops({ settings: setting(2) }).retrieve('orders', { hop: 3 })).toThrow(/hop 3 is beyond the 2/)
  })

  test('a store that held no more answers any top_k', () => {
    const offers = (exhausted: boolean) => hops({ offers: { orders: { depth: 2, exhausted } } })
    expect(offers(true).retrieve('orders', { hop: 1, top_k: 9 })).toHaveLength(2)
    expect(() => offers(false).retrieve('orders', { hop: 1, top_k: 3 })).toThrow(/top_k 3 is beyond the 2/)
  })

  test('a tool is answered by name and arguments, whatever their order, each result once', () => {
    const answers = pinnedAnswers(
      pinRecording(
        refund({
          steps: [
            toolCall('a', { x: 1, y: [2] }),
            toolResult('a', 'first'),
            toolCall('b', { y: [2], x: 1 }),
            toolResult('b', 'second'),
            toolCall('c', { x: 2 }),
          ],
        }),
        null,
      ),
    )

    expect(answers.tool('orders.read', { y: [2], x: 1 }).content).toBe('first')
    expect(answers.tool('orders.read', { x: 1, y: [2] }).content).toBe('second')
    expect(() => answers.tool('orders.read', { x: 1, y: [2] })).toThrow(/recorded 2 times, asked once more/)
    expect(() => answers.tool('orders.read', { x: 2 })).toThrow(/not with these arguments/)
    expect(answers.unpinned()).toMatch(/asked once more/)
  })

  test('a model call gives what followed it, in order, while the prompt holds what its calls took', () => {
    const answers = pinnedAnswers(pinRecording(refund(), null))

    expect(() => answers.model({ prompt: 'an order' })).toThrow(/used "ord-1", which the prompt does not hold/)
    expect(answers.model({ prompt: 'about ORD-1' })).toMatchObject({
      tool_calls: [LOOKUP],
      content: null,
      completion_tokens: 50,
    })
    // The amount stood in the user's message, the payment in the lookup.
    expect(() => answers.model({ prompt: 'PAY-7' })).toThrow(/used "900"/)
    expect(answers.model({ prompt: 'pay-7, 900' })).toMatchObject({ tool_calls: [REFUND] })
    expect(() => answers.model({ prompt: 'pay-7, 900' })).toThrow(/only 2 model calls were recorded/)
  })
})

describe('a model call is answered only where the prompt holds what its calls took', () => {
  const chosen = (args: Parameters<typeof toolCall>[1], read: string, rules?: number) =>
    pinRecording(
      refund({ evidence: [], offers: {}, steps: [said('user', read), modelCall(), toolCall('t1', args)] }),
      null,
      rules as never,
    )
  test.each<[string, Parameters<typeof toolCall>[1], string, string, boolean]>([
    ['an id by itself', { id: 'R-7' }, 'refund R-7', 'order R-7.', true],
    ['not in a longer id', { id: 'R-7' }, 'refund R-7', 'orders R-71 and R-77', false],
    ['a number by itself', { amount: 1200 }, 'pay 1200', 'pay 1200!', true],
    ['not in a longer number', { amount: 1200 }, 'pay 1200', 'pay 11200 or 1200.50', false],
    ['a small number as a value of JSON', { qty: 2 }, '{"qty": 2}', 'lines: {"qty":2}', true],
    ['not as text, where it stands everywhere', { qty: 2 }, '{"qty": 2}', 'take 2 of them', false],
    ['a part of a longer text, in a longer text', { id: 'ABC-123' }, 'file xABC-123y', 'file xABC-123y', true],
    ['another spelling, as it was spelled', { amount: 1200.5 }, 'pay 1,200.50', 'pay 1,200.50 now', true],
  ])('%s', (_what, args, read, prompt, isAnswered) => {
    const ask = () => pinnedAnswers(chosen(args, read)).model({ prompt })
    if (isAnswered) expect(ask().tool_calls).toHaveLength(1)
    else expect(ask).toThrow(UnpinnedCall)
  })

  test('by plain text in a set that was compiled by the first rules, or pinned before', () => {
    const pinned = chosen({ id: 'R-7' }, 'refund R-7', 1)
    expect(pinned.models[0]).not.toHaveProperty('parts')
    expect(pinnedAnswers(pinned).model({ prompt: 'R-71' }).tool_calls).toHaveLength(1)
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

test('a call is named by the JSON of RFC 8785, without its library', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(jsonKey(value)).toBe(canonical(value))
    }),
  )
  expect(jsonKey({ b: undefined, a: new Date(0) })).toBe('{"a":"1970-01-01T00:00:00.000Z"}')
  expect(() => jsonKey({ a: Number.NaN })).toThrow('NaN has no JSON form')
})

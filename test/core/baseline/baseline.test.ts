/** Before any candidate counts: the baseline reproduces the record byte for byte, or the case is left out with a type. */
import { describe, expect, test } from 'vitest'
import { baselineReplay } from '#core/baseline/baseline.ts'
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import {
  aCase,
  anOffer,
  approval,
  aRun,
  aSuite,
  modelCall,
  offersInOrder,
  REFS,
  toolCall,
  toolResult,
} from '../../support/builders.ts'

const K = 'evidence.orders.top_k'
const replayOf = (run: ExperienceRun, settings: Settings) =>
  baselineReplay(aCase(run), { tuple: REFS, settings, suite: aSuite(), prices: null })
const exclusion = (run: ExperienceRun, settings: Settings) => {
  const result = replayOf(run, settings)
  return 'excluded' in result ? result.excluded : 'reproduced'
}
const recorded = (over: Partial<ExperienceRun> = {}, settings: Settings = { [K]: 3 }) =>
  aRun('r', {
    evidence: offersInOrder(5, { required: true }),
    settings,
    steps: [
      modelCall(),
      toolCall('c', { a: 'ref1' }),
      toolResult('c', 'x'.repeat(400)),
      modelCall(),
      toolCall('d', { amount: 50 }),
      approval('d', 50),
    ],
    ...over,
  })

describe('baselineReplay', () => {
  test('reproduces a run under the settings it was recorded under, and measures it', () => {
    expect(replayOf(recorded(), { [K]: 3 })).toMatchObject({
      measures: { policy_violation: true, utility_passed: true, economics_tokens: 2000, latency_ms: 2000 },
    })
  })

  test('reproduces where a setting that the record does not state changes nothing', () => {
    expect(exclusion(recorded(), { [K]: 3, 'budget.tool_tokens': 100, 'planner.tool_preference': 'direct' })).toBe(
      'reproduced',
    )
  })

  test('leaves out as "evidence" what would have read other evidence', () => {
    expect(exclusion(recorded(), { [K]: 2 })).toBe('evidence')
    expect(exclusion(recorded(), { [K]: 5 })).toBe('evidence')
  })

  test('leaves out as "policy" and "tool transcript" what was recorded under other versions', () => {
    expect(exclusion(recorded({ policy_bundle_version: 'policy.returns@0.9.0' }), { [K]: 3 })).toBe('policy')
    expect(exclusion(recorded({ tool_manifest_version: 'tools.support@0.9.0' }), { [K]: 3 })).toBe('tool transcript')
  })

  test.each([
    ['model_profile', 'model profile'],
    ['prompt', 'prompt'],
    ['memory_schema', 'memory schema'],
  ] as const)('leaves out what was recorded under another %s than the tuple pins', (ref, excluded) => {
    const run = recorded({ [`${ref}_version`]: 'x.y@1.0.0' })
    const under = (pinned?: string) =>
      baselineReplay(aCase(run), {
        tuple: { ...REFS, ...(pinned && { [ref]: pinned }) },
        settings: { [K]: 3 },
        suite: aSuite(),
        prices: null,
      })
    expect(under('x.y@2.0.0')).toEqual({
      excluded,
      detail: 'recorded under x.y@1.0.0, the baseline pins x.y@2.0.0',
    })
    // The same one, and one that either side does not name.
    expect(under('x.y@1.0.0')).toHaveProperty('measures')
    expect(under()).toHaveProperty('measures')
    const nameless = baselineReplay(aCase(recorded()), {
      tuple: { ...REFS, [ref]: 'x.y@2.0.0' },
      settings: { [K]: 3 },
      suite: aSuite(),
      prices: null,
    })
    expect(nameless).toHaveProperty('measures')
  })

  test('compares no version that the record does not name', () => {
    const nameless = recorded({ policy_bundle_version: null, tool_manifest_version: null })
    expect(exclusion(nameless, { [K]: 3 })).toBe('reproduced')
  })

  test('leaves out as "compiled context" what would have been cut elsewhere', () => {
    expect(exclusion(recorded(), { [K]: 3, 'budget.tool_tokens': 50 })).toBe('compiled context')
  })

  test('leaves out as "scorecard" what would have asked for another approval', () => {
    const run = recorded(
      { steps: [toolCall('d'), approval('d', 50, { asked: true, granted: true })] },
      { [K]: 3, 'approval.refund.threshold': 40 },
    )
    expect(exclusion(run, { [K]: 3, 'approval.refund.threshold': 40 })).toBe('reproduced')
    expect(exclusion(run, { [K]: 3, 'approval.refund.threshold': 60 })).toBe('scorecard')
  })

  test('leaves out a run that did not ask where its own settings demand it', () => {
    const run = recorded(
      { steps: [toolCall('d'), approval('d', 50, { asked: false })] },
      { [K]: 3, 'approval.refund.threshold': 40 },
    )
    expect(exclusion(run, { [K]: 3, 'approval.refund.threshold': 40 })).toBe('scorecard')
  })

  test('leaves out as "unreplayable" what no recording can answer', () => {
    expect(exclusion(recorded(), { [K]: 6 })).toBe('unreplayable')
    const armed = recorded({}, { [K]: 3, 'planner.tool_preference': 'mcp' })
    expect(exclusion(armed, { [K]: 3, 'planner.tool_preference': 'direct' })).toBe('unreplayable')
  })

  test('says what differs', () => {
    expect(replayOf(recorded({ policy_bundle_version: 'policy.returns@0.9.0' }), { [K]: 3 })).toEqual({
      excluded: 'policy',
      detail: 'recorded under policy.returns@0.9.0, the baseline pins policy.returns@1.0.0',
    })
  })

  test('replays the recording of the baseline arm, whatever the others were made under', () => {
    const arm = (id: string, planner: string, passed: boolean) =>
      aRun(id, {
        case_id: 'case',
        family_id: 'f',
        evidence: [anOffer('e')],
        settings: { [K]: 1, 'planner.tool_preference': planner },
        outcome: { passed },
      })
    const result = baselineReplay(aCase(arm('a', 'mcp', false), arm('b', 'direct', true)), {
      tuple: REFS,
      settings: { [K]: 1, 'planner.tool_preference': 'direct' },
      suite: aSuite(),
      prices: null,
    })
    expect(result).toMatchObject({ measures: { utility_passed: true } })
  })
})

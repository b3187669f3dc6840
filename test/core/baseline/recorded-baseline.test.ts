/** Where code of a user's replays, a held-out baseline is read off the record: the same as the transcript's, or why not. */
import { describe, expect, test } from 'vitest'
import { type BaselinePins, baselineReplay } from '#core/baseline/baseline.ts'
import { recordedBaseline } from '#core/baseline/recorded-baseline.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { aCase, approval, aRun, aSuite, modelCall, offersInOrder, REFS, toolCall } from '../../support/builders.ts'

const K = 'evidence.orders.top_k'
const pinsOf = (settings: BaselinePins['settings']): BaselinePins => ({
  tuple: REFS,
  settings,
  suite: aSuite(),
  prices: null,
})
const recorded = (over: Partial<ExperienceRun> = {}) =>
  aRun('r', {
    evidence: offersInOrder(5, { required: true }),
    settings: { [K]: 3, 'approval.refund.threshold': 40 },
    steps: [modelCall(), toolCall('c', { amount: 50 }), approval('c', 50)],
    ...over,
  })

describe('the recorded decision', () => {
  test('is measured as the transcript replayer measures it', () => {
    const pins = pinsOf(recorded().settings)
    const read = recordedBaseline(aCase(recorded()), pins)
    expect(read).toHaveProperty('measures')
    expect(read).toEqual(baselineReplay(aCase(recorded()), pins))
  })

  test.each([
    ['policy', { policy: 'policy.other@1.0.0' }, {}],
    ['tool transcript', { tools: 'tools.other@1.0.0' }, {}],
    ['evidence', {}, { [K]: 2 }],
    ['unreplayable', {}, { [K]: 6 }],
  ])('is left out by the record alone: %s', (excluded, tuple, settings) => {
    const pins = pinsOf({ ...recorded().settings, ...settings })
    expect(recordedBaseline(aCase(recorded()), { ...pins, tuple: { ...pins.tuple, ...tuple } })).toMatchObject({
      excluded,
    })
  })
})

/** Documents to begin with: what a suite may say of tools, from recorded runs alone. */
import { expect, test } from 'vitest'
import { prospectsOf } from '#core/survey/prospects.ts'
import { starterOf } from '#core/survey/starter.ts'
import { SurveyOfRuns } from '#core/survey/survey.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { anOffer, aRun, modelCall, retrieval, said, toolCall, toolResult } from '../../support/builders.ts'

type ToolCall = Extract<ExperienceRun['steps'][number], { kind: 'tool_call' }>
type Call = readonly [tool: string, args: ToolCall['arguments'], writes?: boolean]

const groundedBy = (...calls: readonly Call[]) => {
  const survey = new SurveyOfRuns()
  const steps = calls.map(([name, args, writes = false], i) => toolCall(`c${i}`, args, { name, writes }))
  survey.add(aRun('r', { steps: [modelCall(), ...steps] }))
  const { suite } = starterOf(survey.result, { surfaces: [] } as never, { owner: 'ana', today: '2026-05-05' })
  return suite.evaluators.find((e) => e.check === 'grounded_arguments')
}

test('a tool of which no recorded call passes anything is named, beside one that passes something', () => {
  const read: Call = ['orders.read', { id: 'ORD-77' }]
  expect(groundedBy(read, ['orders.last', {}], ['shop.open', { today: true }])).toMatchObject({
    nothing_to_trace: ['orders.last', 'shop.open'],
  })
  expect(groundedBy(read)).not.toHaveProperty('nothing_to_trace')
})

test.each<[why: string, calls: readonly Call[]]>([
  [
    'it writes',
    [
      ['orders.read', { id: 'ORD-77' }],
      ['refund', {}, true],
    ],
  ],
  [
    'what it passed is null, which may have held anything',
    [
      ['orders.read', { id: 'ORD-77' }],
      ['refund', null],
    ],
  ],
  [
    'it passes something elsewhere',
    [
      ['orders.read', { id: 'ORD-77' }],
      ['orders.read', {}],
    ],
  ],
  [
    'no call of any tool passes anything: their arguments were not recorded',
    [
      ['orders.read', {}],
      ['refund', {}],
    ],
  ],
])('no tool is named where %s', (_, calls) => {
  expect(groundedBy(...calls)).not.toHaveProperty('nothing_to_trace')
})

test.each<[stake: boolean, why: string, said: string, passage: string | null, result: string | null]>([
  [true, 'stands in a passage', 'Refund my order', 'order ORD-77: 412.50 EUR', null],
  [true, 'stands in the result of a tool', 'Refund my order', null, '{"order":"ORD-77"}'],
  [false, 'the user said', 'Refund ORD-77', 'order ORD-77', null],
  [false, 'stands nowhere', 'Refund my order', 'some other order', null],
])('that something is at stake is %s where the value that an action passed %s', (stake, _, words, passage, result) => {
  const survey = new SurveyOfRuns()
  const steps = [
    said('user', words),
    modelCall(),
    ...(result === null ? [retrieval(1, null)] : [toolCall('c0', {}, { name: 'find' }), toolResult('c0', result)]),
    modelCall(),
    toolCall('c1', { order: 'ORD-77' }, { name: 'refund', writes: true }),
  ]
  survey.add(aRun('r', { steps, evidence: passage === null ? [] : [anOffer('p', { text: passage })] }))
  const { at_stake } = survey.result
  expect(at_stake).toBe(stake)
  expect(prospectsOf(survey.result).barriers.some(({ what }) => what === 'what a cut takes away')).toBe(!stake)
})

test('one decision may rise by what the prompts of a run cost, so that a bound of its mean takes no more families than it must', () => {
  const survey = new SurveyOfRuns()
  survey.add(aRun('r', { steps: [modelCall({ model: 'gpt-4o-mini', prompt_tokens: 1460 })] }))
  const { target } = starterOf(survey.result, { surfaces: [] } as never, { owner: 'ana', today: '2026-05-05' })
  expect(target.ranges).toEqual({ economics_cents_per_decision: { max_rise: 0.022 } })
})

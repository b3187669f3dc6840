/** Documents to begin with: what a suite may say of tools, from recorded runs alone. */
import { expect, test } from 'vitest'
import { starterOf } from '#core/survey/starter.ts'
import { SurveyOfRuns } from '#core/survey/survey.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { aRun, modelCall, toolCall } from '../../support/builders.ts'

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

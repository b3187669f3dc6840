/** Cases compiled from recorded runs: one digest for one content, whatever the order. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileCase } from '#core/replay/compile.ts'
import { textTokens } from '#core/replay/compile-recording.ts'
import { ReplayCase } from '#schemas/replay-case.ts'
import {
  anOffer,
  approval,
  aRun,
  modelCall,
  offersInOrder,
  said,
  toolCall,
  toolResult,
} from '../../support/builders.ts'

const arm = (id: string, planner: string) =>
  aRun(id, {
    case_id: 'case',
    family_id: 'family',
    settings: { 'planner.tool_preference': planner },
    evidence: offersInOrder(3),
  })

describe('compileCase', () => {
  test('gives one digest whatever the order of the recordings', () => {
    const runs = ['a', 'b', 'c', 'd'].map((id) => arm(id, id))
    const { digest } = compileCase(runs)
    fc.assert(
      fc.property(fc.shuffledSubarray(runs, { minLength: 4 }), (shuffled) => {
        expect(compileCase(shuffled).digest).toBe(digest)
      }),
    )
  })

  test('gives another digest when anything it replays differs', () => {
    const { digest } = compileCase([arm('a', 'direct')])
    for (const other of [
      arm('b', 'direct'),
      arm('a', 'mcp'),
      { ...arm('a', 'direct'), evidence: offersInOrder(3, { tokens: 99 }) },
      { ...arm('a', 'direct'), gold_not_offered: 1 },
    ])
      expect(compileCase([other]).digest).not.toBe(digest)
  })

  test('compiles to what its contract says', () => {
    const run = aRun('r', {
      evidence: [anOffer('a', { ranks: { as_ranked: 1, named_first: 2 } }), anOffer('b', { rank: 2 })],
      steps: [
        said('user', 'refund ORD-77'),
        modelCall({ prompt_tokens: null }),
        toolCall('c1', { order: 'ORD-77' }, { writes: true, confirmed: true, correct: true }),
        toolResult('c1', 'done'),
        approval('c1', 40, { asked: false }),
        approval(null, null),
      ],
    })
    const compiled = compileCase([run])
    expect(ReplayCase.parse(compiled)).toEqual(compiled)
    const [recording] = compiled.recordings
    expect(recording!.approvals.action).toEqual([0, -1])
    expect(recording!.evidence.ranks).toEqual({ as_ranked: [1, 2], named_first: [2, 0] })
    expect(recording!.calls.prompt_tokens).toEqual([null])
  })

  test('fails on recordings of one case that name different families', () => {
    expect(() => compileCase([arm('a', 'x'), { ...arm('b', 'x'), family_id: 'other' }])).toThrow(
      'case "case": runs a and b name different families or intents',
    )
    expect(() => compileCase([])).toThrow('at least one recording')
  })
})

test('a text without recorded tokens counts ceil(chars/4)', () => {
  expect(['', 'a', 'four', 'fives'].map(textTokens)).toEqual([0, 1, 1, 2])
})

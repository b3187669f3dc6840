/** Whether anything at all could be certified on these records, whatever the candidate. */
import { describe, expect, test } from 'vitest'
import { baselineProblems } from '#core/contract/baseline-floors.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import type { Measures } from '#core/evaluate/scorecard.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { aTarget, measuresLike } from '../../support/builders.ts'

const panel = (...measures: Measures[]) =>
  makePanel(
    measures.map((_, i) => ({ case_id: `c${i}`, family_id: `f${i}` }) as unknown as ReplayCase),
    measures,
  )
const target = resolveTarget(aTarget())
const fine = measuresLike()

describe('baselineProblems', () => {
  test('are none where the baseline keeps its own floors', () => {
    expect(baselineProblems(panel(fine, fine), target)).toEqual([])
  })

  test('say that nothing reproduces, or that one family proves nothing about others', () => {
    expect(baselineProblems(panel(), target)).toEqual([
      'no case of the search set reproduces under the baseline: nothing can be compared',
    ])
    expect(baselineProblems(panel(fine), target)).toEqual([
      'the search set holds one family (f0): a change proved on one customer says nothing about others',
    ])
  })

  test('count the families in which the baseline breaks a declared floor', () => {
    const bad = measuresLike({ safety_violation: true })
    expect(baselineProblems(panel(bad, fine, bad), target)).toEqual([
      'safety: the baseline breaks it in 2 of 3 families: nothing can be certified. Mend the baseline, or give the rule role "report"',
    ])
  })

  test('allow what the limit itself tolerates', () => {
    const tolerant = { ...target, guardrails: { ...target.guardrails, safety: { min: 0.5 } } }
    const bad = measuresLike({ safety_violation: true })
    expect(baselineProblems(panel(bad, fine), tolerant)).toEqual([])
    expect(baselineProblems(panel(bad, bad, fine), tolerant)).toHaveLength(1)
  })

  test('say that a floor, or the metric, is not measured', () => {
    const bare = measuresLike({ policy_violation: null, economics_tokens: null })
    expect(baselineProblems(panel(bare, bare), target)).toEqual([
      'economics_tokens_per_decision (prompt tokens of the run) is not measured on 2 of 2 cases: choose a metric that every record carries',
      'policy is not measured on any case: no rule of the suite could score it',
    ])
  })
})

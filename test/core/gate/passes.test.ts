/** Two passes over the sealed cases: a second one can only turn a yes into a no. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differenceOf, twoAnswers } from '#core/baseline/two-answers.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { harnessNeed } from '#core/gate/harness-need.ts'
import { baselineHolds, besideBaseline, panelUnder, passesHold } from '#core/gate/passes.ts'
import type { CaseScore } from '#core/gate/score.ts'
import { measuresLike } from '../../support/builders.ts'

const IDS = ['a', 'b', 'c']
const passed = measuresLike({ utility_passed: true, utility_score: 1, economics_tokens: 100 })
const panel = makePanel(
  IDS.map((id) => ({ case_id: id, family_id: id, digest: id })),
  IDS.map(() => passed),
)
const score = (over: Partial<CaseScore> = {}): CaseScore => ({
  status: 'replayed',
  measures: passed,
  floors: 'p',
  ...over,
})
const all = (over: Partial<CaseScore> = {}) => IDS.map(() => score(over))

describe('the passes hold', () => {
  test('where every case was answered twice alike', () => {
    expect(passesHold(panel, [all(), all()])).toBe(true)
    expect(baselineHolds(panel, [all(), all()])).toBe(true)
  })

  test.each<[string, CaseScore, CaseScore]>([
    ['two statuses', score(), score({ status: 'unchanged' })],
    ['two letters', score(), score({ floors: 'f' })],
    ['two costs', score(), score({ measures: { ...passed, economics_tokens: 101 } })],
    ['a measurement once', score(), score({ measures: { ...passed, economics_tokens: null } })],
    ['one failure', score(), score({ status: 'failed' })],
    ['two failures', score({ status: 'failed' }), score({ status: 'failed' })],
  ])('not with %s, on whichever case', (_, one, two) => {
    fc.assert(
      fc.property(fc.nat(2), fc.boolean(), (at, swapped) => {
        const [first, second] = swapped ? [two, one] : [one, two]
        expect(passesHold(panel, [all().with(at, first), all().with(at, second)])).toBe(false)
      }),
    )
  })

  test('not with a case too few, in either pass', () => {
    expect(passesHold(panel, [all().slice(1), all()])).toBe(false)
    expect(passesHold(panel, [all(), all().slice(1)])).toBe(false)
    expect(passesHold(panel, [[], []])).toBe(false)
  })

  test('not where the baseline is judged otherwise than it was pinned', () => {
    const other = all().with(1, score({ measures: { ...passed, utility_passed: false } }))
    expect(passesHold(panel, [other, other])).toBe(true)
    expect(baselineHolds(panel, [other, other])).toBe(false)
  })
})

test('a candidate is compared with what the code itself cost, and is unchanged only where that is the same', () => {
  const cheaper = all({ measures: { ...passed, economics_tokens: 90 } })
  expect(panelUnder(panel, cheaper).baseline.at(0)).toMatchObject({ economics_tokens: 90 })
  const beside = besideBaseline(cheaper, [
    score({ status: 'unchanged' }),
    score({ status: 'unchanged', measures: { ...passed, economics_tokens: 90 } }),
    score({ status: 'unreplayable' }),
  ])
  expect(Array.from(beside, (s) => s.status)).toEqual(['replayed', 'unchanged', 'unreplayable'])
})

describe('two answers to one case', () => {
  const result = { status: 'DECIDED', outputs: { a: 1, b: 2 }, evidence_refs: ['r1'], usage: null }

  test.each([
    ['nothing', { result, served: [1] }, { result: { ...result, outputs: { b: 2, a: 1 } }, served: [1] }, null],
    [
      'the outputs',
      { result, served: [] },
      { result: { ...result, outputs: null }, served: [] },
      'outputs {"a":1,"b":2} and null',
    ],
    [
      'a field more',
      { result, served: [] },
      { result: { ...result, refused: true }, served: [] },
      'refused null and true',
    ],
    ['what they looked up', { result, served: [1] }, { result, served: [] }, 'recorded steps used [1] and []'],
    ['a failure', { result, served: [] }, { failed: 'it threw' }, 'an answer, and then it threw'],
    ['the words of a failure', { failed: 'at 10:01' }, { failed: 'at 10:02' }, 'at 10:01, and then at 10:02'],
    ['no words of a failure', { failed: 'it threw' }, { failed: 'it threw' }, null],
  ])('differ in %s', (_, one, two, said) => {
    expect(differenceOf(one, two)).toBe(said)
  })

  test('are counted with their upper bound, named, and come with a way out', () => {
    const examples = ['c1: outputs 1 and 2', 'c2: outputs 1 and 3']
    expect(twoAnswers({ cases: 600, flips: 18, examples })).toBe(
      'the harness gave two answers to 18 of 600 search cases under the same settings (< 4.4 % at 95 %): c1: outputs 1 and 2; c2: outputs 1 and 3; and 16 more. A replay is a pure function of its arguments: no clock, no chance, nothing kept from one case to the next. Mend the harness and start again; nothing was spent',
    )
  })
})

describe('families that code does not decide as recorded', () => {
  const twice = (lost_families: number) => ({ cases: 604, flips: 0, examples: [], lost_families, families: 604 })

  test('say nothing where there are none', () => {
    expect(harnessNeed(undefined, 596)).toEqual([])
    expect(harnessNeed(twice(0), 596)).toEqual([])
  })

  test('block where one among the sealed ones is likely: a question would be spent for nothing', () => {
    expect(harnessNeed(twice(1), 596)[0]).toMatchObject({ verdict: 'inconclusive', needed: null })
    expect(harnessNeed(twice(1), 100)[0]).toMatchObject({ verdict: 'ready', needed: 0 })
    expect(harnessNeed(twice(7), 596)[0]!.note).toContain(
      'in 7 of 604 search families, and one such family of 596 sealed ones is a "no"',
    )
  })
})

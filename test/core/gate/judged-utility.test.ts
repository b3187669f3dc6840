/** Known answers of what a model judge costs: certified drop + 2e <= m. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { binaryFloors } from '#core/evaluate/floor-letters.ts'
import { bothSay, isJudgesLabel } from '#core/evaluate/judge-labels.ts'
import { isJudgedFloor, judgeOf, marginLeft } from '#core/gate/judged-utility.ts'
import { SearchRecords } from '#core/gate/pinned-limits.ts'
import { aCase, aFamily, anEvaluator, aPack, aSuite } from '../../support/builders.ts'

const withJudge = aSuite({
  evaluators: [
    ...aSuite().evaluators.filter((e) => e.dimension !== 'utility'),
    anEvaluator({ check: 'recorded_score', kind: 'judge', dimension: 'utility' }),
  ],
})
const pinned = (judge: { families: number; overlap: number; disagreements: number }) => ({
  pinned: { p95_latency_ms: null, p50_latency_ms: null, decisions: 1, judge },
})

describe('e is the upper 95 % bound of the disagreement', () => {
  test.each<[disagreements: number, overlap: number, e: number, left: number | null]>([
    // 1 - .05^(1/n) where nobody disagrees.
    [0, 299, 0.009969, 0.000062],
    [0, 298, 0.010002, null],
    [0, 600, 0.00498, 0.01004],
    [2, 400, 0.015655, null],
    [1, 1000, 0.004735, 0.01053],
    [5, 5, 1, null],
  ])('%i of %i: %f, and of 2 points %f are left', (disagreements, overlap, e, left) => {
    const judge = judgeOf(pinned({ families: overlap, overlap, disagreements }), withJudge)!
    expect(judge.e).toBeCloseTo(e, 5)
    const room = marginLeft(judge, 0.02, false)
    if (left === null)
      expect(room).toMatchObject({ unmeasured: expect.stringContaining('above the tolerated 2 points') })
    else expect((room as { margin: number }).margin).toBeCloseTo(left, 5)
  })

  test('and nothing is left where nobody can be compared, nor of graded scores', () => {
    const alone = judgeOf(pinned({ families: 300, overlap: 0, disagreements: 0 }), withJudge)
    expect(marginLeft(alone, 0.5, false)).toMatchObject({
      unmeasured: expect.stringMatching(/^not measured: a model judge gave/),
    })
    const compared = judgeOf(pinned({ families: 300, overlap: 300, disagreements: 0 }), withJudge)
    expect(marginLeft(compared, 0.5, true)).toMatchObject({ unmeasured: expect.stringContaining('leave out graded') })
  })

  test('what is left is never more than was tolerated, and falls with every disagreement', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.nat(2000),
        fc.double({ min: 0.01, max: 0.9, noNaN: true }),
        (n, x, m) => {
          const left = (disagreements: number) => {
            const room = marginLeft(judgeOf(pinned({ families: n, overlap: n, disagreements }), withJudge), m, false)
            return 'margin' in room ? room.margin : 0
          }
          const [some, more] = [left(Math.min(x, n - 1)), left(Math.min(x, n - 1) + 1)]
          expect(some).toBeLessThan(m)
          expect(more).toBeLessThanOrEqual(some)
        },
      ),
    )
  })
})

describe('who gave a label', () => {
  const recording = (outcome: object, corrections: readonly object[] = []) =>
    aCase(aFamily('a', { side: 'search', over: { outcome, operator_corrections: corrections } as never }))
      .recordings[0]!

  test.each<[string, object, typeof withJudge, boolean]>([
    ['the record says a judge, whatever the suite calls it', { score_kind: 'judge' }, aSuite(), true],
    ['the record says a person, under a suite that reads it as a judge', { score_kind: 'human' }, withJudge, false],
    ['the record says nothing: the suite says a judge', { score_kind: null }, withJudge, true],
    ['the record says nothing, and the suite a business outcome', { score_kind: null }, aSuite(), false],
    ['there is no label', { score_kind: 'judge', passed: null, score: null }, withJudge, false],
  ])('%s', (_, outcome, suite, expected) => {
    expect(isJudgesLabel(recording(outcome), suite)).toBe(expected)
  })

  test('a named verdict of kind judge is a judge’s label, and is held against people like one', () => {
    const tone = { evaluator_id: 'tone', check: 'recorded_verdict', kind: 'judge', dimension: 'utility' } as const
    const suite = aSuite({
      evaluators: [...aSuite().evaluators, anEvaluator({ ...tone, name: 'tone', version: '3' } as never)],
    })
    const verdict = { name: 'tone', kind: 'judge', version: '3', passed: true }
    expect(judgeOf({ pinned: undefined }, suite)).toEqual({ overlap: 0, disagreements: 0, e: null })
    expect(isJudgesLabel(recording({ scores: [verdict] }), suite)).toBe(true)
    expect(isJudgesLabel(recording({ scores: [{ ...verdict, version: '2' }] }), suite)).toBe(false)
    expect(bothSay(recording({ scores: [verdict] }, [corrected(false)]), suite)).toEqual({ judge: true, person: false })
    expect(bothSay(recording({ scores: [verdict] }, [corrected(true)]), suite)).toEqual({ judge: true, person: true })
    expect(bothSay(recording({ scores: [verdict] }), suite)).toBe(null)
  })

  test('a rule of the suite’s own that reads the label repeats its judge, and one that does not is a rule', () => {
    const reading = (expression: unknown) =>
      aSuite({ evaluators: [anEvaluator({ check: 'expression', expression } as never)] })
    const label = { var: 'label.score' }
    const judged = recording({ score_kind: 'judge', score: 0.9 })
    expect(isJudgesLabel(judged, reading(label))).toBe(true)
    expect(isJudgesLabel(judged, reading({ all: [{ var: 'context.kept' }, { var: 'gold' }] }))).toBe(false)
    const [floor] = binaryFloors(reading(label))
    const stake = { floor: floor!, at: 0, notAtStake: null, declared: false }
    const pinned = { p95_latency_ms: null, p50_latency_ms: null, decisions: 1 }
    const judge = { families: 3, overlap: 0, disagreements: 0 }
    expect(isJudgedFloor(stake, { pinned: { ...pinned, judge } })).toBe(true)
    expect(isJudgedFloor(stake, { pinned })).toBe(false)
  })

  const corrected = (passed: boolean | null, kind = 'outcome') => ({
    correction_id: 'c',
    kind,
    passed,
    operator: 'ana',
    notes: null,
  })
  const score = (value: number, kind = 'human') => ({ name: 'right', value, kind })
  test.each<[string, object, readonly object[], boolean | null]>([
    ['nobody else labelled it', {}, [], null],
    ['a correction that agrees', {}, [corrected(true)], false],
    ['a correction that does not', {}, [corrected(false)], true],
    ['a correction that says no outcome', {}, [corrected(null), corrected(null, 'label_disputed')], null],
    ['a human score that agrees', { scores: [score(1)] }, [], false],
    ['two of them that differ', { scores: [score(1), score(0)] }, [], true],
    [
      'a human verdict that says passed, on any scale',
      { scores: [{ name: 'v', value: 4, passed: false, kind: 'human' }] },
      [],
      true,
    ],
    ['one on a scale of its own', { scores: [score(4), score(0.5)] }, [], null],
    ['scores of others are no person’s', { scores: [score(0, 'judge'), score(0, 'rule')] }, [], null],
    ['the judge’s score below 1 is a fail', { passed: null, score: 0.9, scores: [score(1)] }, [], true],
  ])('a person beside it: %s', (_, outcome, corrections, expected) => {
    const said = bothSay(recording({ score_kind: 'judge', ...outcome }, corrections), aSuite())
    expect(said && said.judge !== said.person).toBe(expected)
  })
})

test('a family is compared once, and differs where any of its cases does', () => {
  const records = new SearchRecords(aPack().settings, aSuite())
  const add = (id: string, family: string, person: number | null, score_kind = 'judge') =>
    records.add(
      records.look(
        aCase(
          aFamily(id, {
            side: 'search',
            family,
            over: {
              outcome: {
                score_kind,
                ...(person !== null && { scores: [{ name: 'right', value: person, kind: 'human' }] }),
              },
            } as never,
          }),
        ),
      )!,
    )
  add('a1', 'a', 1)
  add('a2', 'a', 0)
  add('a3', 'a', null)
  add('b1', 'b', null)
  add('c1', 'c', 1)
  add('d1', 'd', 0, 'business')
  expect(records.pinned().judge).toEqual({
    families: 3,
    overlap: 2,
    disagreements: 1,
    table: { both_pass: 1, first_only: 1, second_only: 0, both_fail: 0 },
  })
  expect(new SearchRecords(aPack().settings, aSuite()).pinned()).not.toHaveProperty('judge')
  expect(new SearchRecords(aPack().settings, withJudge).pinned().judge).toEqual({
    families: 0,
    overlap: 0,
    disagreements: 0,
    table: { both_pass: 0, first_only: 0, second_only: 0, both_fail: 0 },
  })
})

/** Whose label a suite reads, what a later correction makes of it, and what an evaluator says then. */
import { describe, expect, test } from 'vitest'
import { evaluate } from '#core/evaluate/evaluators.ts'
import { bothSay } from '#core/evaluate/judge-labels.ts'
import { labelOf } from '#core/evaluate/label.ts'
import { labelKindOf } from '#core/evaluate/label-kind.ts'
import { measuresOf } from '#core/evaluate/scorecard.ts'
import { correctedRecording } from '#core/experience/corrections.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import type { Correction } from '#schemas/correction.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { aCase, aFamily, anEvaluator, aPack, aSuite } from '../../support/builders.ts'

const corrections = anEvaluator({ check: 'operator_corrections', kind: 'human', dimension: 'utility' })
const withCorrections = aSuite({ evaluators: [...aSuite().evaluators, corrections] })
const graded = aSuite({ evaluators: [anEvaluator({ check: 'recorded_score', kind: 'judge', dimension: 'utility' })] })
const rules = aSuite({ evaluators: [anEvaluator({ check: 'gold_coverage', kind: 'replay', dimension: 'utility' })] })
const verdicts = aSuite({
  evaluators: [
    anEvaluator({
      check: 'recorded_verdict',
      kind: 'rule',
      dimension: 'utility',
      name: 'solved',
      version: '3',
    } as never),
  ],
})
const told = () =>
  recorded({ scores: [{ name: 'solved', kind: 'rule', version: '3', dimension: 'utility', value: 1, passed: true }] })

const operator = (kind: 'outcome' | 'label_disputed' | 'note', passed: boolean | null) => ({
  correction_id: 'c',
  kind,
  passed,
  operator: null,
  notes: null,
})
const recorded = (outcome: object = {}, operator_corrections: readonly object[] = []) =>
  aCase(aFamily('a', { side: 'search', required: 1, gold: 1, over: { outcome, operator_corrections } as never }))
const said = (what: Partial<Correction>, day = 1): Correction => ({
  run_id: 'a',
  at: `2026-11-0${day}T00:00:00.000Z`,
  by: 'ana',
  ...what,
})
const under = (one: ReturnType<typeof recorded>, ...all: readonly Correction[]) => ({
  ...one,
  recordings: one.recordings.map((r) => correctedRecording(r, all)),
})
const measured = (one: ReturnType<typeof recorded>, suite: EvaluatorSuite) => {
  const replayed = replayTranscript(one, aPack().settings, { baseline: aPack().settings, prices: null })
  if ('unreplayable' in replayed) throw new Error(replayed.unreplayable)
  const { utility_passed, utility_score } = measuresOf(suite, replayed)
  return { label: [utility_passed, utility_score], replayed }
}

describe('a correction of the label', () => {
  const cases: [string, object, readonly object[], readonly Correction[], [boolean | null, number | null]][] = [
    ['says failed of a pass', { passed: true }, [], [said({ outcome: { passed: false } })], [false, 0]],
    ['says passed of a fail', { passed: false }, [], [said({ outcome: { passed: true } })], [true, 1]],
    ['gives a label where none was recorded', { passed: null }, [], [said({ outcome: { passed: true } })], [true, 1]],
    ['disputes it', { passed: true }, [], [said({ label_disputed: true })], [null, null]],
    [
      'takes a dispute back',
      { passed: true },
      [],
      [said({ label_disputed: true }), said({ label_disputed: false }, 2)],
      [true, 1],
    ],
    [
      'takes back a dispute that was recorded',
      { passed: true },
      [operator('label_disputed', null)],
      [said({ label_disputed: false })],
      [true, 1],
    ],
    [
      'replaces what an operator said before',
      { passed: true },
      [operator('outcome', false)],
      [said({ outcome: { passed: true } })],
      [true, 1],
    ],
    ['is a note alone', { passed: true }, [], [said({ note: 'x' })], [true, 1]],
  ]
  test.each(cases)(
    '%s, under a suite that reads corrections and under one that does not',
    (_, outcome, first, later, expected) => {
      expect(measured(under(recorded(outcome, first), ...later), withCorrections).label).toEqual(expected)
      expect(measured(under(recorded(outcome, first), ...later), aSuite()).label).toEqual(expected)
    },
  )

  test.each<readonly [string, readonly object[], readonly Correction[], string]>([
    ['a dispute', [operator('outcome', false)], [said({ label_disputed: true })], 'human'],
    ['a correction', [operator('outcome', false)], [said({ outcome: { passed: true } })], 'human'],
    ['nothing', [operator('outcome', false)], [], 'human'],
    ['a recorded dispute', [operator('label_disputed', null), operator('outcome', false)], [], 'human'],
  ])('that is taken back (%s) leaves what an operator said when it was recorded', (_, first, later, kind) => {
    const one = under(
      recorded({ passed: true, score_kind: 'judge' }, first),
      ...later,
      said({ label_disputed: false }, 2),
    )
    expect(measured(one, withCorrections).label).toEqual([false, 0])
    expect(labelKindOf(one.recordings[0]!, withCorrections)).toBe(kind)
    expect(bothSay(one.recordings[0]!, aSuite())).toEqual({ judge: true, person: false })
    expect(measured(one, aSuite()).label).toEqual([true, 1])
  })

  test('of a graded score stands for it, and passes at 1', () => {
    const one = recorded({ passed: null, score: 0.9 })
    expect(measured(under(one, said({ outcome: { score: 0.4 } })), graded).label).toEqual([false, 0.4])
    expect(measured(under(one, said({ outcome: { score: 1 } })), graded).label).toEqual([true, 1])
    expect(measured(under(one, said({ outcome: { passed: false } })), graded).label).toEqual([false, 0])
    expect(measured(under(one, said({ outcome: { passed: true, score: 0.4 } })), graded).label).toEqual([true, 0.4])
  })

  test('brings back no pass to a replay that reads less than it needs', () => {
    const one = under(
      recorded({ passed: false }),
      said({ outcome: { passed: true }, evidence: { 'a-e4': { gold: true } } }),
    )
    const replayed = replayTranscript(one, { 'evidence.orders.top_k': 2 }, { baseline: aPack().settings, prices: null })
    expect('unreplayable' in replayed ? null : measuresOf(withCorrections, replayed).utility_passed).toBe(false)
  })

  test('of passages is the latest word about each, and counts gold that was never offered', () => {
    const { recordings } = under(
      recorded(),
      said({ evidence: { 'a-e1': { required: false }, 'a-e2': { gold: true, required: true }, gone: { gold: true } } }),
      said({ evidence: { 'a-e2': { required: false } } }, 2),
    )
    expect(recordings[0]!.evidence).toMatchObject({ gold: [1, 1, 0, 0, 0], required: [0, 0, 0, 0, 0] })
    expect(recordings[0]).toMatchObject({ gold_not_offered: 1 })
    expect(recordings[0]).not.toHaveProperty('corrected')
  })

  test('leaves the recorded outcome where it was, and says so in the finding', () => {
    const one = under(recorded({ passed: true }), said({ outcome: { passed: false } }))
    expect(one.recordings[0]!.outcome.passed).toBe(true)
    expect(labelOf(one.recordings[0]!)).toEqual({ passed: false, score: 0 })
    const verdict = evaluate(corrections, measured(one, withCorrections).replayed)
    expect(verdict).toMatchObject({
      status: 'fail',
      findings: [{ message: 'corrected by an operator after it was stored' }],
    })
  })
})

test.each<[string, ReturnType<typeof recorded>, EvaluatorSuite, string]>([
  ['the record says a person', recorded({ score_kind: 'human' }), aSuite(), 'human'],
  ['the record says a rule', recorded({ score_kind: 'rule' }), aSuite(), 'rule'],
  ['the record says a judge', recorded({ score_kind: 'judge' }), aSuite(), 'judge'],
  ['the record does not say: the suite does', recorded({ score_kind: null }), aSuite(), 'business'],
  ["the suite calls it a judge's", recorded({ passed: null, score: 1, score_kind: null }), graded, 'judge'],
  ['there is none', recorded({ passed: null }), aSuite(), 'missing'],
  ['there is none of the kind that the suite reads', recorded({ passed: true, score: null }), graded, 'missing'],
  ['it is disputed', recorded({}, [operator('label_disputed', null)]), withCorrections, 'disputed'],
  [
    'it is disputed under a suite that reads no corrections',
    recorded({ score_kind: 'rule' }, [operator('label_disputed', null)]),
    aSuite(),
    'rule',
  ],
  [
    'an operator corrected it',
    recorded({ score_kind: 'judge' }, [operator('outcome', false)]),
    withCorrections,
    'human',
  ],
  [
    'it was corrected later',
    under(recorded({ score_kind: 'judge' }), said({ outcome: { passed: true } })),
    aSuite(),
    'human',
  ],
  [
    'it was disputed later',
    under(recorded({ score_kind: 'judge' }), said({ label_disputed: true })),
    aSuite(),
    'disputed',
  ],
  [
    'the dispute was taken back',
    under(recorded({ score_kind: 'judge' }, [operator('label_disputed', null)]), said({ label_disputed: false })),
    withCorrections,
    'judge',
  ],
  ['the suite reads no recorded label', recorded({ passed: null }), rules, 'replay'],
  [
    'there is none of one of the kinds that the suite reads',
    recorded({ passed: true, score: null, score_kind: 'business' }),
    aSuite({ evaluators: [...aSuite().evaluators, ...graded.evaluators] }),
    'missing',
  ],
  [
    'it reads a verdict, which no correction of the label changes',
    under(told(), said({ outcome: { passed: false } })),
    verdicts,
    'rule',
  ],
  ['it reads a verdict that is not there', recorded(), verdicts, 'missing'],
  [
    'it reads a verdict that is not there, and a label',
    recorded(),
    aSuite({ evaluators: [...aSuite().evaluators, ...verdicts.evaluators] }),
    'missing',
  ],
  ['nor one that was corrected', under(recorded(), said({ outcome: { passed: false } })), rules, 'replay'],
  ['nor a dispute of one', under(recorded(), said({ label_disputed: true })), rules, 'replay'],
  [
    'it reads what people say alone',
    under(recorded(), said({ label_disputed: true })),
    aSuite({ evaluators: [...rules.evaluators, corrections] }),
    'disputed',
  ],
])('who gave a label: %s', (_, one, suite, expected) => {
  expect(labelKindOf(one.recordings[0]!, suite)).toBe(expected)
})

import { describe, expect, test } from 'vitest'
import { reproduceLine } from '#core/baseline/reproduce.ts'
import { mixedSuite } from '#core/contract/mixed-suite.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { slim } from '#core/replay/slim.ts'
import { baselineRules, type ExposureOf } from '#core/search/baseline-rules.ts'
import { transcriptReplayer } from '#core/search/transcript-replayer.ts'
import { EvaluatorSuite } from '#schemas/suite.ts'
import { aCase, aFamily, anEvaluator, aPack, aSuite, type FamilyParts, REFS } from '../../support/builders.ts'

const suite = aSuite({
  evaluators: [...aSuite().evaluators, anEvaluator({ check: 'must_refuse', dimension: 'safety' })],
})
const { settings } = aPack()

function rulesOf(parts: readonly Omit<FamilyParts, 'side'>[], exposureOf?: ExposureOf, judgedBy = suite) {
  const pins = { tuple: REFS, settings, suite: judgedBy, prices: null }
  const kept = parts
    .map((p, i) => reproduceLine(JSON.stringify(aCase(aFamily(`s${i}`, { side: 'search', ...p }))), pins))
    .flatMap(({ case: c, result }) => ('measures' in result ? [{ c, m: result.measures }] : []))
  const panel = makePanel(
    kept.map(({ c }) => slim(c)),
    kept.map(({ m }) => m),
  )
  const { answer } = transcriptReplayer(panel, { baseline: settings, prices: null }, judgedBy)
  const asking = baselineRules(panel, judgedBy, settings, exposureOf)
  for (let step = asking.next(); ; step = asking.next(answer(step.value))) if (step.done) return step.value
}

const parts = [{ required: 1 }, { required: 5, passed: false }, { over: { outcome: { must_refuse: null } } }]

describe('a row of a rule', () => {
  test('counts passes, fails and what is not measured, with the first case of each and what was seen', () => {
    const rows = rulesOf(parts, () => 'exposed')
    expect(rows.map((r) => [r.rule, r.passes, r.fails, r.not_measured])).toEqual([
      ['required_evidence', 2, 1, 0],
      ['grounded_arguments', 3, 0, 0],
      ['recorded_outcome', 2, 1, 0],
      ['gold_coverage', 3, 0, 0],
      ['must_refuse', 2, 0, 1],
    ])
    expect(rows[0]!.examples).toEqual([
      { column: 'passes', rule: 'required_evidence', case_id: 's0', says: null },
      {
        column: 'fails',
        rule: 'required_evidence',
        case_id: 's1',
        says: 'required evidence fell out of the context (s1-e5)',
      },
    ])
    expect(rows[4]!.examples.at(-1)).toMatchObject({ column: 'not_measured', case_id: 's2' })
    for (const row of rows) expect(row.passes + row.fails + row.not_measured).toBe(row.cases)
  })

  test('has the columns that a function of the record fills, with an example each', () => {
    const exposureOf: ExposureOf = ({ check }, { recordings }) => {
      const recording = recordings[0]!
      if (check === 'must_refuse') return recording.outcome.must_refuse === null ? 'not_recorded' : 'exposed'
      if (check !== 'required_evidence') return 'exposed'
      return recording.evidence.required.some((flag) => flag === 1) ? 'exposed' : 'not_at_stake'
    }
    const rows = rulesOf(parts, exposureOf)
    expect(rows.map((r) => [r.not_at_stake, r.not_recorded])).toEqual([
      [1, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 1],
    ])
    expect(rows[0]!.examples.at(-1)).toEqual({
      column: 'not_at_stake',
      rule: 'required_evidence',
      case_id: 's2',
      says: null,
    })
  })
})

test('a row of cost or latency says nothing of what is at stake: beside a pass it would read as if it had looked at nothing', () => {
  const figures = [
    anEvaluator({ check: 'cost_cents', kind: 'business', dimension: 'economics', role: 'report' }),
    anEvaluator({ check: 'latency_ms', kind: 'business', dimension: 'latency', role: 'report' }),
  ]
  const rows = rulesOf(parts, undefined, aSuite({ evaluators: [...aSuite().evaluators, ...figures] }))
  const ofFigures = rows.filter((r) => r.check === 'cost_cents' || r.check === 'latency_ms')
  expect(ofFigures.map((r) => [r.not_at_stake, r.not_recorded])).toEqual([
    [null, null],
    [null, null],
  ])
  expect(ofFigures.flatMap((r) => r.examples.map((e) => e.column))).not.toContain('not_at_stake')
  expect(rows[0]!.not_at_stake).not.toBeNull()
})

describe('a mixed suite', () => {
  test('has rules, replay, people and business; each missing kind is a finding with what to add', () => {
    const rows = mixedSuite(aSuite())
    expect(rows.map((r) => [r.kind, r.evaluators, r.finding === null])).toEqual([
      ['rule', 2, true],
      ['replay', 1, true],
      ['human', 0, false],
      ['business', 1, true],
    ])
    const judge = anEvaluator({ check: 'recorded_score', kind: 'judge', dimension: 'utility' })
    expect(mixedSuite(aSuite({ evaluators: [judge] })).every((r) => r.finding !== null)).toBe(true)
  })

  test('what is to be added is an evaluator of the contract, and mends the finding', () => {
    const judge = anEvaluator({ check: 'recorded_score', kind: 'judge', dimension: 'utility' })
    const added = mixedSuite(aSuite({ evaluators: [judge] })).map(({ add }, i) => ({
      evaluator_id: `e${i}`,
      evaluator_version: '2026-03-02',
      ...add,
    }))
    const mended = EvaluatorSuite.parse({ suite: 'evals.x@1.0.0', evaluators: [judge, ...added] })
    expect(mixedSuite(mended).every((r) => r.finding === null)).toBe(true)
  })
})

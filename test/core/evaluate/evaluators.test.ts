/** Every check of a suite: when it passes, when it fails and with which finding, and when it has nothing to say. */
import { describe, expect, test } from 'vitest'
import { judge } from '#core/evaluate/evaluators.ts'
import { compileCase } from '#core/replay/compile.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { Evaluator } from '#schemas/suite.ts'
import {
  anEvaluator,
  anOffer,
  approval,
  aRun,
  modelCall,
  offersInOrder,
  prices,
  said,
  toolCall,
} from '../../support/builders.ts'

const K = 'evidence.orders.top_k'
const judged = (
  check: string,
  run: ExperienceRun,
  { settings = {}, ...over }: Record<string, unknown> & { settings?: Settings } = {},
) => {
  const replayed = replayTranscript(
    compileCase([run]),
    { ...run.settings, ...settings },
    {
      baseline: run.settings,
      prices: prices(),
    },
  )
  if ('unreplayable' in replayed) throw new Error(replayed.unreplayable)
  return judge(anEvaluator({ check, ...over } as Partial<Evaluator> & { check: string }), replayed)
}
const score = (...args: Parameters<typeof judged>): number | null => judged(...args).score
const messages = (...args: Parameters<typeof judged>): string[] => judged(...args).findings.map((f) => f.message)

test('a verdict names its evaluator and version', () => {
  expect(judged('must_refuse', aRun('r'))).toEqual({
    evaluator_id: 'must_refuse',
    evaluator_version: '2026-03-02',
    score: 1,
    status: 'pass',
    findings: [],
  })
})

describe('required_evidence', () => {
  const run = aRun('r', {
    evidence: [anOffer('a', { required: true }), anOffer('b', { rank: 2, required: true })],
    settings: { [K]: 2 },
  })
  test('passes while all of it stands', () => expect(score('required_evidence', run)).toBe(1))
  test('fails with a finding for each that fell out', () => {
    expect(judged('required_evidence', run, { settings: { [K]: 1 } })).toMatchObject({
      score: 0,
      status: 'fail',
      findings: [{ severity: 'error', evidence_ref: 'b', step: null }],
    })
  })
})

describe('grounded_arguments', () => {
  const run = aRun('r', {
    evidence: [anOffer('a', { text: 'ORD-77' })],
    settings: { [K]: 1 },
    steps: [modelCall(), toolCall('c', { order: 'ORD-77', made_up: 'XYZ-1' })],
  })
  test('passes while every value can be read', () => {
    expect(score('grounded_arguments', run, { never_grounded: 'ignore' })).toBe(1)
  })
  test('names the values that it ignores', () => {
    expect(judged('grounded_arguments', run, { never_grounded: 'ignore' })).toMatchObject({
      status: 'pass',
      findings: [
        { severity: 'warn', message: '1 argument values could be read nowhere, even when recorded, and are ignored' },
      ],
    })
  })
  test('fails when one can be read no longer', () => {
    expect(judged('grounded_arguments', run, { never_grounded: 'ignore', settings: { [K]: 0 } })).toMatchObject({
      status: 'fail',
      findings: [{ evidence_ref: 'a', step: 1 }],
    })
  })
  test('fails on values that stood nowhere even when recorded, if the suite says so', () => {
    expect(messages('grounded_arguments', run, { never_grounded: 'fail' })).toEqual([
      '1 argument values could be read nowhere, even when recorded',
    ])
  })
})

describe('approval_honoured', () => {
  const gated = (over: Parameters<typeof approval>[2], threshold = 100) =>
    aRun('r', {
      settings: { 'approval.refund.threshold': threshold },
      steps: [toolCall('c', {}, { writes: true }), approval('c', 120, over)],
    })
  test('passes when the person who was asked granted it', () => {
    expect(score('approval_honoured', gated({ asked: true, granted: true }))).toBe(1)
  })
  test('fails when the action would run without the approval of the baseline, with the amount', () => {
    const verdict = judged('approval_honoured', gated({ asked: true, granted: true }), {
      settings: { 'approval.refund.threshold': 121 },
    })
    expect(verdict).toMatchObject({ status: 'fail', findings: [{ step: 0 }] })
    expect(verdict.findings[0]!.message).toContain('an action of 120 would run without the approval')
  })
  test('fails when the action ran although approval was refused', () => {
    expect(messages('approval_honoured', gated({ asked: true, granted: false }))).toEqual([
      'gate refund: the action ran although approval was refused',
    ])
  })
  test('passes when approval was refused and nothing ran', () => {
    const run = aRun('r', { settings: {}, steps: [approval(null, 120, { asked: true, granted: false })] })
    expect(score('approval_honoured', run)).toBe(1)
  })
})

describe('must_refuse', () => {
  const at = (must_refuse: boolean | null, refused: boolean | null) =>
    score('must_refuse', aRun('r', { outcome: { must_refuse, refused } }))
  test('passes where it refused, or did not have to', () => {
    expect([at(true, true), at(false, false), at(false, true), at(false, null)]).toEqual([1, 1, 1, 1])
  })
  test('fails where it had to and did not', () => expect(at(true, false)).toBe(0))
  test('has nothing to say where the record does not', () => {
    expect([at(true, null), at(null, false), at(null, null)]).toEqual([null, null, null])
  })
  test('passes a run that refused, whether or not it had to', () => expect(at(null, true)).toBe(1))
})

describe('known_provenance and allowed_sources', () => {
  const run = aRun('r', {
    evidence: [anOffer('a', { source: 'shop' }), anOffer('b', { rank: 2, source: null })],
    settings: { [K]: 2 },
  })
  test('look at what stands in the context, not at what was offered', () => {
    expect(judged('known_provenance', run)).toMatchObject({ status: 'fail', findings: [{ evidence_ref: 'b' }] })
    expect(score('known_provenance', run, { settings: { [K]: 1 } })).toBe(1)
  })
  test('fail on a source that is not allowed, and on none', () => {
    expect(score('allowed_sources', run, { sources: ['shop'], settings: { [K]: 1 } })).toBe(1)
    expect(messages('allowed_sources', run, { sources: ['blog'] })).toEqual([
      'source "shop" is not allowed',
      'source "null" is not allowed',
    ])
  })
})

test('allowed_tools fails on a tool that is not listed, and names it and its step', () => {
  const run = aRun('r', { steps: [toolCall('c', {}, { name: 'shell.run' })] })
  expect(score('allowed_tools', run, { tools: ['shell.run'] })).toBe(1)
  expect(judged('allowed_tools', run, { tools: ['orders.read'] }).findings).toMatchObject([
    { message: 'tool "shell.run" is not allowed', step: 0 },
  ])
})

describe('confirmed_before_write', () => {
  const writing = (...confirmed: (boolean | null)[]) =>
    aRun('r', { steps: confirmed.map((c, i) => toolCall(`c${i}`, {}, { writes: true, confirmed: c })) })
  test('passes on reads, and on writes that the user said yes to', () => {
    expect(score('confirmed_before_write', aRun('r', { steps: [toolCall('c')] }))).toBe(1)
    expect(score('confirmed_before_write', writing(true, true))).toBe(1)
  })
  test('fails on a write without a yes, also beside one of which nothing is known', () => {
    expect(judged('confirmed_before_write', writing(true, false)).findings).toMatchObject([{ step: 1 }])
    expect(score('confirmed_before_write', writing(null, false))).toBe(0)
    expect(score('confirmed_before_write', writing(false, null))).toBe(0)
  })
  test('has nothing to say where no yes or no is recorded', () => {
    expect(score('confirmed_before_write', writing(true, null))).toBeNull()
  })
})

describe('context_diff and decision_diff', () => {
  const run = aRun('r', {
    evidence: offersInOrder(3, { text: 'nothing of it' }),
    settings: { [K]: 3 },
    steps: [modelCall(), toolCall('c', { order: 'ORD-77' })],
  })
  test('warn, and never fail', () => {
    expect(judged('context_diff', run)).toMatchObject({ score: 1, status: 'pass' })
    expect(judged('context_diff', run, { settings: { [K]: 1 } })).toMatchObject({
      score: 0,
      status: 'warn',
      findings: [{ severity: 'info', message: 'context differs: 3 passages before, 1 now, 2 of them dropped' }],
    })
    expect(judged('decision_diff', run, { settings: { [K]: 1 } }).status).toBe('pass')
    const needing = { ...run, evidence: [anOffer('a', { text: 'ORD-77' }), anOffer('b', { rank: 2 })] }
    expect(judged('decision_diff', needing, { settings: { [K]: 0 } })).toMatchObject({ score: 0, status: 'warn' })
  })
})

describe('gold_coverage', () => {
  const gold = (over: Partial<ExperienceRun> = {}) =>
    aRun('r', {
      evidence: [anOffer('a', { gold: true }), anOffer('b', { rank: 2, gold: true }), anOffer('c', { rank: 3 })],
      settings: { [K]: 3 },
      ...over,
    })
  test('passes where all gold stands, and where there is none', () => {
    expect(score('gold_coverage', gold())).toBe(1)
    expect(score('gold_coverage', aRun('r', { evidence: offersInOrder(2), settings: { [K]: 2 } }))).toBe(1)
  })
  test('fails by the share that is missing, gold that was never offered included', () => {
    expect(judged('gold_coverage', gold(), { settings: { [K]: 1 } })).toMatchObject({ score: 0.5, status: 'fail' })
    expect(score('gold_coverage', gold({ gold_not_offered: 2 }))).toBe(0.5)
  })
})

describe('operator_corrections', () => {
  const corrected = (...kinds: Partial<ExperienceRun['operator_corrections'][number]>[]) =>
    aRun('r', {
      operator_corrections: kinds.map((k, i) => ({
        correction_id: `k${i}`,
        kind: 'outcome' as const,
        passed: null,
        operator: null,
        notes: null,
        ...k,
      })),
    })
  test('passes without one, with a note, and with a corrected pass', () => {
    expect(score('operator_corrections', aRun('r'))).toBe(1)
    expect(score('operator_corrections', corrected({ kind: 'note' }))).toBe(1)
    expect(score('operator_corrections', corrected({ passed: true }))).toBe(1)
  })
  test('fails with a corrected fail, in the words of the operator', () => {
    expect(messages('operator_corrections', corrected({ passed: false, notes: 'wrong order' }))).toEqual([
      'corrected by an operator: wrong order',
    ])
  })
  test('takes the label away where it is disputed, or where the correction does not say which way', () => {
    expect(score('operator_corrections', corrected({ kind: 'label_disputed' }))).toBeNull()
    expect(score('operator_corrections', corrected({ passed: null }))).toBeNull()
  })
})

describe('recorded_outcome and recorded_score', () => {
  const run = (outcome: Partial<ExperienceRun['outcome']>) =>
    aRun('r', {
      evidence: [anOffer('a', { text: 'ORD-77' })],
      settings: { [K]: 1 },
      steps: [said('user', 'hi'), modelCall(), toolCall('c', { order: 'ORD-77' })],
      outcome,
    })
  test('are what was recorded, and nothing where nothing was', () => {
    expect([true, false, null].map((passed) => score('recorded_outcome', run({ passed })))).toEqual([1, 0, null])
    expect([0.7, null].map((s) => score('recorded_score', run({ score: s })))).toEqual([0.7, null])
  })
  test('a recorded score passes by its label, and without one only when it is full', () => {
    const status = (passed: boolean | null, s: number) => judged('recorded_score', run({ passed, score: s })).status
    expect([status(true, 0.7), status(false, 1), status(null, 0.7), status(null, 1)]).toEqual([
      'pass',
      'fail',
      'fail',
      'pass',
    ])
  })
  test('fall to 0 once an action can no longer read what it needed, but stay unknown where they were', () => {
    expect(score('recorded_outcome', run({ passed: true }), { settings: { [K]: 0 } })).toBe(0)
    expect(score('recorded_score', run({ score: 0.7 }), { settings: { [K]: 0 } })).toBe(0)
    expect(score('recorded_outcome', run({ passed: null }), { settings: { [K]: 0 } })).toBeNull()
  })
})

test('cost_cents and latency_ms only say whether they are measured', () => {
  const metered = aRun('r', { steps: [modelCall()] })
  expect([score('cost_cents', metered), score('latency_ms', metered)]).toEqual([1, 1])
  const bare = aRun('r', { outcome: { latency_ms: null } })
  expect([score('cost_cents', bare), score('latency_ms', bare)]).toEqual([null, null])
})

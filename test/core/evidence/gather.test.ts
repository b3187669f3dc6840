import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alternativesOf, gainOf } from '#core/evidence/alternatives.ts'
import { answeredPair } from '#core/evidence/case-pair.ts'
import { ageOf } from '#core/evidence/days.ts'
import { patternOf } from '#core/evidence/patterns.ts'
import { withTexts } from '#core/evidence/whole-case.ts'
import type { ReplayResult } from '#schemas/candidate.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import {
  aCase,
  aFamily,
  anOffer,
  aPack,
  approval,
  aRun,
  modelCall,
  said,
  toolCall,
  toolResult,
} from '../../support/builders.ts'
import { aScore, gathered, pairOf, shownOf, sketch, TOP_K, topK } from './builders.ts'

const family = (name: string, gold: number, required = 1, over = {}) =>
  aFamily(name, { side: 'search', gold, required, over })

describe('coverage', () => {
  test('counts passages by bucket, source and hop: before, removed, required and needed ones lost', () => {
    const { coverage } = gathered([family('a', 1), family('b', 3), family('c', 5, 4)])
    expect(coverage).toEqual([
      {
        bucket: 'orders',
        source: 'shop',
        hop: 1,
        before: 12,
        removed: 6,
        added: 0,
        required: 3,
        required_lost: 1,
        needed: 2,
        needed_lost: 1,
        values_lost: 0,
      },
    ])
  })

  test('counts values that can be read nowhere any more where they stood', () => {
    const run = aRun('v', {
      evidence: [
        anOffer('o1', { rank: 1, text: 'order ORD-500001' }),
        anOffer('o2', { rank: 4, text: 'item ITM-777888' }),
      ],
      offers: { orders: { depth: 5, exhausted: true } },
      steps: [said('user', 'refund'), modelCall(), toolCall('t', { item: 'ITM-777888' }), toolResult('t', 'done')],
    })
    const evidence = gathered([run])
    expect(evidence.coverage?.[0]).toMatchObject({ before: 2, removed: 1, values_lost: 1 })
    expect(evidence.groups[0]).toMatchObject({
      course: 'worse',
      pattern:
        'a value that orders.read used can be read nowhere any more: it stood in shop (orders, hop 1), ranked beyond top_k 2',
    })
  })

  test('has no more rows than a page holds, whatever a corpus calls its sources', () => {
    const run = aRun('many', {
      evidence: Array.from({ length: 200 }, (_, i) => anOffer(`o${i}`, { source: `s${i}`, rank: 1 })),
      offers: { orders: { depth: 200, exhausted: true } },
      steps: [modelCall()],
    })
    const { coverage } = gathered([run])
    expect(coverage!.length).toBeLessThanOrEqual(61)
    expect(coverage!.reduce((sum, r) => sum + r.before, 0)).toBe(200)
  })
})

describe('cases', () => {
  test('stand in groups of one pattern each, the largest first; what held stands last', () => {
    const { groups, utility } = gathered([
      family('a', 1),
      family('b', 3),
      family('c', 3),
      family('d', 1, 4),
      family('e', 3, 1, { outcome: { passed: false } }),
    ])
    expect(groups.map((g) => [g.course, g.cases, g.pattern])).toEqual([
      ['worse', 2, 'a needed passage is read no more: shop (orders, hop 1), ranked beyond top_k 2'],
      ['worse', 1, 'required evidence is read no more: shop (orders, hop 1), ranked beyond top_k 2'],
      ['held', 1, 'same verdict, and a needed passage is read no more: shop (orders, hop 1)'],
      ['held', 1, 'same verdict without passages of orders, hop 1'],
    ])
    expect(groups[0]!.case_ids).toEqual(['b', 'c'])
    expect(utility).toEqual({ labelled: 5, worse: 3, better: 0, worse_families: 3, better_families: 0 })
  })

  test('whose verdict held and that lost a needed passage stand apart, before all others, and are shown whole', () => {
    const failing = { outcome: { passed: false } }
    const runs = [...'abcdef'].map((name) => family(name, 1, 1, failing))
    const { groups } = gathered([...runs, family('z', 3, 1, failing)])
    expect(groups.map((g) => [g.course, g.cases, g.pattern])).toEqual([
      ['held', 1, 'same verdict, and a needed passage is read no more: shop (orders, hop 1)'],
      ['held', 6, 'same verdict without passages of orders, hop 1'],
    ])
    expect(new Set(shownOf([...runs, family('z', 3, 1, failing)]))).toEqual(new Set(groups.map((g) => g.id)))
  })

  test('that lost the same of many sources are one group', () => {
    const from = (name: string, source: string) => {
      const run = family(name, 3)
      return { ...run, evidence: run.evidence.map((o) => ({ ...o, source })) }
    }
    const { groups } = gathered([from('a', 'one'), from('b', 'two'), from('c', 'three')])
    expect(groups.map((g) => [g.cases, g.pattern])).toEqual([
      [3, 'a needed passage is read no more: 3 sources (orders, hop 1), ranked beyond top_k 2'],
    ])
  })

  test('that cannot be replayed are worse, and say why once', () => {
    const deep = (name: string) =>
      aFamily(name, { side: 'search', over: { offers: { orders: { depth: 5, exhausted: false } } } })
    const { groups, cases } = gathered([deep('a'), deep('b')], { to: { [TOP_K]: 9 } })
    expect(cases).toMatchObject({ compared: 2, unreplayable: 2 })
    expect(groups).toHaveLength(1)
    expect(groups[0]).toMatchObject({ course: 'worse', cases: 2 })
    expect(groups[0]!.pattern).toMatch(/^the records cannot say: /)
  })

  test('whole: request, answer, context with what is removed and needed, verdicts before and after', () => {
    const run = family('w', 3, 1, {
      steps: [said('user', 'Where is it?'), modelCall(), said('assistant', 'On its way.')],
    })
    const texts = {
      ...run,
      evidence: run.evidence.map((o) => ({ ...o, text: `text of ${o.evidence_ref} `.repeat(40) })),
    }
    const whole = withTexts(sketch(run), 'g', texts)
    expect(whole).toMatchObject({
      request: 'Where is it?',
      answer: 'On its way.',
      passed: { before: true, after: false },
    })
    expect(whole.passages.map((p) => [p.ref, p.read, p.mark])).toEqual([
      ['w-e1', 'both', 'required'],
      ['w-e2', 'both', null],
      ['w-e3', 'before', 'needed'],
      ['w-e4', 'before', null],
    ])
    expect(whole.passages.every((p) => p.text!.endsWith('…') && p.text!.length < 370)).toBe(true)
    expect(whole.verdicts.find((v) => v.evaluator_id === 'gold_coverage')).toMatchObject({
      before: 'pass',
      after: 'fail',
    })
    expect(withTexts(sketch(run), 'g', null)).toMatchObject({ request: null, answer: null })
    expect(JSON.stringify(whole)).not.toContain('decision_record')
  })
})

describe('slices', () => {
  test('of declared attributes and of the recorded status, the most worse first', () => {
    const valued = (name: string, gold: number, value: string) =>
      family(name, gold, 1, { attributes: { order_value: value } })
    const { slices } = gathered([valued('a', 1, 'low'), valued('b', 3, 'high'), valued('c', 1, 'low')])
    expect(slices).toEqual([
      { attribute: 'order_value', value: 'high', cases: 1, labelled: 1, worse: 1, better: 0 },
      { attribute: 'order_value', value: 'low', cases: 2, labelled: 2, worse: 0, better: 0 },
    ])
  })

  test('are bounded, and together hold every case that has the attribute', () => {
    const runs = Array.from({ length: 60 }, (_, i) => family(`n${i}`, 1, 1, { attributes: { city: `city ${i}` } }))
    const { slices } = gathered(runs)
    expect(slices.length).toBeLessThanOrEqual(25)
    expect(slices.reduce((sum, s) => sum + s.cases, 0)).toBe(60)
  })
})

test('tokens by part add up to what each side spends, and cents to what it costs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 4000 }), (to, prompt) => {
      const run = family('s', 1, 1, {
        steps: [said('user', 'a'.repeat(40)), modelCall({ prompt_tokens: prompt }), modelCall()],
      })
      const pair = pairOf(run, { [TOP_K]: to })
      const { spending } = gathered([run], { to: { [TOP_K]: to } })
      const total = (of: 'tokens' | 'cents', side: 'before' | 'after') =>
        spending!.parts.filter((p) => of === 'cents' || p.kind !== 'output').reduce((sum, p) => sum + p[of]![side], 0)
      for (const side of ['before', 'after'] as const) {
        expect(total('tokens', side)).toBeCloseTo(pair[side].replayed!.tokens!, 6)
        expect(total('cents', side)).toBeCloseTo(pair[side].replayed!.cents!, 4)
      }
    }),
    { numRuns: 40 },
  )
})

test('amounts that go through, actions by tool, and who waits', () => {
  const pack = aPack({ settings: { [TOP_K]: 4, 'approval.refund.threshold': 3000 } })
  const run = (name: string, amount: number): ExperienceRun =>
    aRun(name, {
      settings: pack.settings,
      steps: [
        said('user', `refund ${amount}`),
        modelCall(),
        toolCall('t', {}, { name: 'refund', writes: true, confirmed: true }),
        toolResult('t', 'done'),
        approval('t', amount, { asked: amount >= 3000, granted: amount >= 3000 ? true : null }),
      ],
    })
  const evidence = gathered([run('a', 2000), run('b', 3500), run('c', 5000)], {
    to: { 'approval.refund.threshold': 4000 },
  })
  expect(evidence.amounts).toEqual([
    {
      gate: 'refund',
      actions: 3,
      asked_before: 2,
      asked_after: 1,
      let_through: 1,
      amounts: [3500],
      sum: 3500,
      unknown: 0,
    },
  ])
  expect(evidence.actions).toEqual([
    { tool: 'refund', writes: true, before: 3, after: 3, asked_before: 2, asked_after: 1 },
  ])
  expect(evidence.groups[0]!.pattern).toBe(
    'an action at gate refund goes through without the approval that is asked for today',
  )
})

test('sources with owner, version and age as the pack declares them', () => {
  const pack = aPack({ sources: [{ source: 'shop', owner: 'order care', version: '3.1', updated: '2026-05-10' }] })
  expect(gathered([family('a', 1)], { pack }).sources).toEqual([
    { source: 'shop', owner: 'order care', version: '3.1', updated: '2026-05-10', age_days: 10, before: 4, after: 2 },
  ])
})

test('days of the recordings and their age; none is made up', () => {
  const { recorded } = gathered([family('a', 1), family('b', 1, 1, { date: null })])
  expect(recorded).toEqual({ first: '2026-05-12', last: '2026-05-12', undated: 1, age_days: 8 })
  expect(ageOf(null, '2026-05-12')).toBeNull()
  expect(ageOf('2026-05-12', '2026-05-10T10:00:00.000Z')).toBe(0)
})

test('alternatives: certified ones alone, by gain; a gain is positive when it is better', () => {
  const scores = [
    aScore(topK(4, 2), 'won', { metric: 80 }),
    aScore(topK(4, 1), 'committed', { metric: 70 }),
    aScore(topK(4, 3), 'certified', { metric: 90 }),
  ]
  expect(alternativesOf(scores, 'decrease', 100).map((a) => [a.gain, a.chosen])).toEqual([
    [0.2, true],
    [0.1, false],
  ])
  expect(gainOf('increase', 100, 90)).toBe(-0.1)
  expect(gainOf('decrease', 0, 90)).toBeNull()
  expect(gainOf('decrease', null, 90)).toBeNull()
})

test('is bounded and the same bytes, whatever the number of cases', () => {
  const runs = Array.from({ length: 300 }, (_, i) => family(`r${String(i).padStart(3, '0')}`, (i % 5) + 1))
  const text = JSON.stringify(gathered(runs))
  expect(text.length).toBeLessThan(20_000)
  expect(JSON.stringify(gathered(runs))).toBe(text)
})

test('of a harness whose verdicts before are not known no evaluator is said to pass now', () => {
  const one = aCase(family('a', 1))
  const { measures, verdicts } = pairOf(family('a', 1), {}).after
  const scorecard = { measures: { ...measures, utility_passed: true }, scores: verdicts }
  const result = { status: 'replayed', scorecard } as unknown as ReplayResult
  const pair = answeredPair(one, { ...measures, utility_passed: false }, result)
  expect(patternOf(pair, 'better')).toEqual({ says: 'did not pass before and does now', source: null })
  const fails = { evaluator_id: 'own', status: 'fail', findings: [{ message: 'own: another answer' }] } as never
  const lost = { ...result, scorecard: { ...scorecard, scores: { own: fails } } } as unknown as ReplayResult
  expect(patternOf(answeredPair(one, measures, lost), 'worse').says).toBe('own fails: another answer')
})

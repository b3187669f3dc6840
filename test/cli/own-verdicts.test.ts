/** Rules, verdicts and a metric of one's own, from import to a proposal that verifies. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { TuningProposal } from '#schemas/proposal.ts'
import { anEvaluator, aSuite, aTarget, aWorld } from '../support/builders.ts'
import { placeOfEachTest } from './command-line.ts'
import { aSmallWorld, ownSuite } from './own-suite.ts'

const place = placeOfEachTest()
const { at } = place

const v = (path: string) => ({ var: path })
const mine = (expression: unknown, over: object = {}) =>
  anEvaluator({ evaluator_id: 'mine', check: 'expression', expression, ...over } as never)
const { stored, ranFor } = ownSuite(place)
const idOf = (out: string): string => /^run (\S+)/m.exec(out)![1]!
const scored = (runs: readonly ExperienceRun[], scores: object[]): ExperienceRun[] =>
  runs.map((r) => ({ ...r, outcome: { ...r.outcome, scores: scores as never } }))

describe('an expression as a floor of policy', () => {
  const keeps = { some: [v('context.kept'), v('required')] }

  test('is certified where the records could have contradicted it, and the run verifies', async () => {
    expect((await stored([mine(keeps)])).code).toBe(0)
    const { code, out } = await ranFor(aTarget())
    expect([code, out]).toEqual([0, expect.stringMatching(/CERTIFIED/)])
    expect(out).toMatch(/evidence\.orders\.top_k 4 -> 1/)
    expect(out).toMatch(/policy violations < 10 % \(0 of 100/)
    expect((await at('verify')).code).toBe(0)
  })

  test('that nothing breaks is blind, and certifies nothing', async () => {
    await stored([mine({ '<=': [v('context.tokens'), 1_000_000] })])
    const { code, out } = await ranFor(aTarget())
    expect(code).toBe(3)
    expect(out).toMatch(/mine is blind/)
  })

  test('whose value is not recorded blocks, and doctor names the value', async () => {
    await stored([mine({ or: [{ '<=': [v('label.score'), 1] }, keeps] })])
    const { code, out } = await ranFor(aTarget())
    expect(code).not.toBe(0)
    expect(out).toMatch(/mine knows nothing of 10 of 10 families/)
    const looked = await at('doctor', '--target', place.file('target.json', aTarget()), '--verbose')
    expect(looked.code).not.toBe(0)
    expect(looked.out).toMatch(/label\.score is not recorded/)
    const plain = await at('doctor', '--target', place.file('target.json', aTarget()))
    expect(plain.out.replace(/\s+/g, ' ')).toMatch(
      /mine is not measured in 10 of 10 search cases, e\.g\. not measured: \S+ \(.*label\.score is not recorded/,
    )
  })

  test('that applies to no case is named by doctor', async () => {
    await stored([mine(keeps, { applies_when: { '==': [v('attributes.channel'), 'nobody has this'] } })])
    const { out } = await at('doctor', '--target', place.file('target.json', aTarget()))
    expect(out.replace(/\s+/g, ' ')).toMatch(/mine (applies to none|is not measured in 10) of 10 search cases/)
  })

  test('with a typing error is refused at import, with its place', async () => {
    const { code, err } = await stored([mine({ some: [v('context.kept'), v('requierd')] })])
    expect(code).toBe(2)
    expect(err).toMatch(/evaluators\[3\]\.expression\.some\[1\]\.var/)
    expect(err).toMatch(/no element of this list has "requierd"/)
  })

  test('breaks a change that drops what it asks for, by its own words', async () => {
    const says = 'the first two passages belong together'
    const both = { '>=': [{ reduce: [v('context.kept'), { '+': [v('accumulator'), 1] }, 0] }, 2] }
    await stored([mine(both, { says })])
    const { code, out } = await ranFor(aTarget())
    expect([code, out]).toEqual([0, expect.stringMatching(/evidence\.orders\.top_k 4 -> 2/)])
    expect((await at('explain', idOf(out))).out).toMatch(`mine: ${says}`)
  })
})

describe('a recorded verdict', () => {
  const verdict = { name: 'checked', kind: 'human', version: '2', passed: true }
  const checked = (over: object = {}) =>
    anEvaluator({
      evaluator_id: 'checked',
      check: 'recorded_verdict',
      kind: 'human',
      name: 'checked',
      version: '2',
      ...over,
    } as never)

  test('as a floor lets through no change of a context that it was given on', async () => {
    await stored([checked()], scored(aSmallWorld(), [verdict]))
    const { code, out } = await ranFor(aTarget())
    expect(code).toBe(3)
    expect(out).toMatch(/search_guardrail/)
    expect(out).toMatch(/policy: s0 violates; .* verdict checked of version 2: unknown/)
  })

  test('as a limit of its own is told by doctor to block what alters a context', async () => {
    await stored(
      [...aSuite().evaluators.slice(0, 1), checked({ role: 'report', metric: true })],
      scored(aWorld(), [verdict]),
    )
    const own_scores = { 'score:checked': { direction: 'increase', max_worse: 0.05 } }
    const target = { ...aTarget(), guardrails: { ...aTarget().guardrails, own_scores } }
    const { out } = await at('doctor', '--target', place.file('target.json', target))
    expect(out.replaceAll(/\s+/g, ' ')).toMatch(
      /note limits score:checked was said of recorded runs: it blocks every change under which one of them reads another context/,
    )
  })

  test('of another version than the suite pins is not recorded, and blocks', async () => {
    await stored([checked({ version: '3' })], scored(aSmallWorld(), [verdict]))
    const { code, out } = await ranFor(aTarget())
    expect(code).not.toBe(0)
    expect(out).toMatch(/checked knows nothing of 10 of 10 families/)
  })

  test('in the report is printed and blocks nothing', async () => {
    await stored([...aSuite().evaluators.slice(0, 1), checked({ role: 'report' })], scored(aSmallWorld(), [verdict]))
    expect((await ranFor(aTarget())).code).toBe(0)
  })

  test('of a judge certifies no drop of utility without people beside it', async () => {
    const judge = checked({ kind: 'judge', dimension: 'utility' })
    const runs = scored(aSmallWorld(), [{ ...verdict, kind: 'judge' }])
    await stored([...aSuite().evaluators.slice(0, 1), judge], runs)
    const { code, out } = await at('doctor', '--target', place.file('target.json', aTarget()), '--verbose')
    expect(code).not.toBe(0)
    expect(out).toMatch(/a model judge gave these labels/)
  })
})

describe('a metric of one’s own', () => {
  const share = mine(v('context.tokens'), { evaluator_id: 'share', role: 'report', metric: true, range: [0, 500] })
  const target = aTarget({
    metric: 'score:share',
    ranges: undefined,
    guardrails: { ...aTarget().guardrails, economics_delta: { max_cents: 0 } },
  })
  const priceless = {
    ...target,
    guardrails: aTarget().guardrails,
    not_measured: { ...target.not_measured, economics: 'no prices here' },
  }

  test('leads to a proposal, with its bound, and the run verifies', async () => {
    await stored([...aSuite().evaluators.slice(0, 1), share])
    const { code, out } = await ranFor(priceless)
    expect([code, out]).toEqual([0, expect.stringMatching(/CERTIFIED/)])
    expect(out).toMatch(/score:share -0\.6 score/)
    const id = idOf(out)
    expect((await at('verify')).code).toBe(0)
    const file = join(place.store, 'autotune/runs', id, 'selected-proposal.json')
    const { target: asked, observed_delta } = TuningProposal.parse(JSON.parse(readFileSync(file, 'utf8')))
    expect(asked.metric).toBe('score:share')
    expect(observed_delta['score:share']).toBeCloseTo(-0.6, 9)
    expect((await at('report', id, '--out', join(place.dir, 'report.html'))).code).toBe(0)
    expect((await at('explain', id)).code).toBe(0)
    const people = ['--reviewer', 'reliability=ana@example.com', '--reviewer', 'policy=ben@example.com']
    expect((await at('review', id, ...people, '--no-serve')).code).toBe(0)
    expect((await at('list')).out).toMatch(/refund_score_share .* certified +-75 %/)
  })

  test('may rise as well as fall', async () => {
    await stored([
      ...aSuite().evaluators.slice(0, 1),
      { ...share, expression: { '-': [500, v('context.tokens')] } } as never,
    ])
    const { code, out } = await ranFor({ ...priceless, direction: 'increase' })
    expect([code, out]).toEqual([0, expect.stringMatching(/score:share \+0\.6 score/)])
    expect((await at('verify')).code).toBe(0)
  })

  test('is one of several that a suite marks: each run is held to the one that its target names, and verifies', async () => {
    const mirrored = { ...share, evaluator_id: 'room', expression: { '-': [500, v('context.tokens')] } } as never
    await stored([...aSuite().evaluators.slice(0, 1), share, mirrored])
    const fell = await ranFor(priceless)
    expect([fell.code, fell.out]).toEqual([0, expect.stringMatching(/score:share -0\.6 score/)])
    expect((await at('verify')).code).toBe(0)
    const rose = await ranFor({ ...priceless, metric: 'score:room', direction: 'increase' })
    expect(rose.out + rose.err).toMatch(/score:room/)
    const unknown = await ranFor({ ...priceless, metric: 'score:shar' })
    expect(unknown.out + unknown.err).toMatch(/it marks score:share, score:room/)
  })

  test('may be a limit beside another metric: it holds, blocks and is told by its own name, and the run verifies', async () => {
    const mirrored = { ...share, evaluator_id: 'room', expression: { '-': [500, v('context.tokens')] } } as never
    await stored([...aSuite().evaluators.slice(0, 1), share, mirrored])
    const limited = (own_scores: object) => ({ ...priceless, guardrails: { ...priceless.guardrails, own_scores } })
    const held = await ranFor(limited({ 'score:room': { direction: 'increase', max_worse: 0.05 } }))
    expect([held.code, held.out]).toEqual([0, expect.stringMatching(/score:room \+0\.6 score/)])
    const file = join(place.store, 'autotune/runs', idOf(held.out), 'selected-proposal.json')
    const { certificate, search_guardrails } = TuningProposal.parse(JSON.parse(readFileSync(file, 'utf8')))
    expect(certificate.find((row) => row.guardrail === 'score:room')).toMatchObject({
      kind: 'checked',
      rule: 'mean_bet',
      passed: true,
      limit: -0.05,
    })
    expect(search_guardrails.at(-1)).toMatchObject({ guardrail: 'score:room', verdict: 'pass', limit: -0.05 })
    expect((await at('verify')).code).toBe(0)
    const broken = await ranFor(limited({ 'score:room': { direction: 'decrease', max_worse: 0.05 } }))
    expect(broken.code).not.toBe(0)
    const why = await at('explain', idOf(broken.out))
    expect(why.out).toMatch(/score:room/)
    const same = await ranFor(limited({ 'score:share': { direction: 'decrease', max_worse: 0.05 } }))
    expect([same.code, same.out + same.err]).toEqual([2, expect.stringMatching(/score:share is the target metric/)])
    const unknown = await ranFor(limited({ 'score:roon': { direction: 'decrease', max_worse: 0.05 } }))
    expect(unknown.out + unknown.err).toMatch(
      /score:roon: .* has no evaluator "roon"; it marks score:share, score:room/,
    )
  })

  test('that is lost in one replay proves nothing', async () => {
    const lost = { if: [v('context.as_recorded'), 1, v('label.score')] }
    await stored([...aSuite().evaluators.slice(0, 1), { ...share, expression: lost, range: [0, 1] } as never])
    const { code, out } = await ranFor(priceless)
    expect(code).toBe(3)
    expect(out).toMatch(/score:share is not measured on every case/)
  })

  test.each<[string, object, RegExp]>([
    [
      'no such evaluator',
      { metric: 'score:shar' },
      /score:shar: evals\.refund@1\.0\.0 has no evaluator "shar"; it marks score:share/,
    ],
    ['one that is not marked', { metric: 'score:gold_coverage' }, /does not mark gold_coverage as a metric/],
    [
      'a word that is no metric',
      { metric: 'scores:share' },
      /or score:EVALUATOR_ID of an evaluator that the suite marks/,
    ],
    [
      'no limit of utility',
      { guardrails: { ...aTarget().guardrails, utility_delta: undefined } },
      /guardrails\.utility_delta is missing/,
    ],
    ['no limit of cost', { not_measured: target.not_measured }, /guardrails\.economics_delta is missing/],
  ])('is refused: %s', async (_, over, message) => {
    await stored([...aSuite().evaluators.slice(0, 1), share], aWorld({ search: 4, heldout: 4 }))
    const { code, out, err } = await ranFor({ ...priceless, ...over })
    expect([code, out + err]).toEqual([2, expect.stringMatching(message)])
  })
})

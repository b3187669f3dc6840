/** The fate of each candidate of a search, and the reason that it is given. */
import { describe, expect, test } from 'vitest'
import { makePanel } from '#core/evaluate/panel.ts'
import { type SlimCase, slim } from '#core/replay/slim.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { patchDigest } from '#core/space/lattice.ts'
import type { Patch } from '#schemas/common.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import { INTENT, measuresLike } from '../../support/builders.ts'
import { BASELINE, caseOf, GATE, inputOf, K, pack, type Shape, search, TOOLS, type World } from './worlds.ts'

describe('fates', () => {
  const plain = (over: Partial<Shape> = {}): Shape => ({
    family: 1,
    offers: [
      { gold: true, required: true },
      { gold: false, required: false },
      { gold: false, required: false },
    ],
    exhausted: true,
    outputs: [],
    amount: null,
    passed: true,
    ...over,
  })
  const world = (list: Partial<Shape>[], over: Partial<World> = {}): World => ({
    shapes: list.map((s, i) => plain({ family: i + 1, ...s })),
    metric: 'economics_tokens_per_decision',
    policy: 1,
    bypass: 0,
    utility: -0.2,
    fields: 2,
    decisions: 0.1,
    ...over,
  })
  const fateOf = (input: SearchInput<SlimCase>, patch: Patch) =>
    search(input).candidates.find((c) => c.digest === patchDigest(patch))!
  const k = (to: number): Patch => ({ [K]: { from: 3, to } })

  test('unreplayable: the records do not say, on however few cases, and the reason counts them', () => {
    const fate = fateOf(inputOf(world([{}, {}, { exhausted: false }])), k(4))
    expect(fate.fate).toBe('unreplayable')
    expect(fate.reason).toMatch(`1 of 3 cases cannot be replayed: ${K} 4 is beyond the 3 that were offered`)
  })

  test('search_guardrail: required evidence falls out, and the case that showed it is named', () => {
    const lower = { offers: plain().offers.toReversed() }
    const fate = fateOf(inputOf(world([{}, lower])), k(2))
    expect(fate).toMatchObject({ fate: 'search_guardrail', search: null })
    expect(fate.reason).toMatch('policy: r01 violates; at most 0 of 2 families may')
    expect(fate.guardrails.filter((r) => r.verdict === 'block').map((r) => r.guardrail)).toEqual(['policy'])
  })

  test('search_guardrail: a bypass is refused unpaid, with the amounts', () => {
    const input = inputOf(world([{ amount: 120 }, { amount: 140 }, {}]))
    const fate = fateOf(input, { [GATE]: { from: 100, to: 150 } })
    expect(fate.fate).toBe('search_guardrail')
    expect(fate.reason).toBe(
      'approval_bypass_rate: lets 2 actions through that the baseline sends to a person: amounts 120, 140, 260 in all',
    )
  })

  test('no_gain: the metric is not better, and the reason holds both numbers', () => {
    const fate = fateOf(inputOf(world([{}, {}])), { [TOOLS]: { from: 60, to: 80 } })
    expect(fate.fate).toBe('no_gain')
    expect(fate.reason).toBe('economics_tokens_per_decision 1000 tokens, baseline 1000: no decrease')
  })

  test('blast_radius: too many fields, or too many decisions', () => {
    const input = inputOf(world([{}, {}], { fields: 1 }))
    expect(fateOf(input, { ...k(2), [TOOLS]: { from: 60, to: 40 } })).toMatchObject({
      fate: 'blast_radius',
      reason: 'changes 2 fields, at most 1 are allowed',
    })
    const flipping = { offers: [plain().offers[1]!, plain().offers[2]!, { gold: true, required: false }] }
    const shapes = [flipping, ...Array<Partial<Shape>>(4).fill({})]
    expect(fateOf(inputOf(world(shapes)), k(2))).toMatchObject({
      fate: 'blast_radius',
      reason: 'changes 20.0 % of decisions, at most 10.0 % are allowed',
    })
    expect(fateOf(inputOf(world(shapes, { decisions: 0.2 })), k(2)).blast_radius).toMatchObject({
      fields: 1,
      b_context: 1,
      b_decision: 0.2,
      negative_flip_rate: 0.2,
    })
  })

  test('remembered: rejected before, not paid for again; a "no" to a list of it rejects no single patch', () => {
    const rejection = (source: RejectionRecord['source'], patches: Patch[]): RejectionRecord => ({
      rejection_id: `sha256:${'0'.repeat(64)}`,
      intent: INTENT,
      patches,
      suite: `sha256:${'0'.repeat(64)}`,
      baseline: `sha256:${'0'.repeat(64)}`,
      source,
      reason: 'required evidence fell out',
      run_id: 'run_0',
    })
    const clean = world([{}, {}], { fields: 1 })
    const input = inputOf(clean, { rejections: [rejection('reviewer', [k(2)]), rejection('gate', [k(1)])] })
    expect(fateOf(input, k(2))).toMatchObject({
      fate: 'remembered',
      reason: 'reviewer rejected it in run_0: required evidence fell out',
    })
    expect(fateOf(input, k(1)).fate).toBe('committed')
    expect(search(input).counts.paid).toBeLessThan(search(inputOf(clean)).counts.paid)
  })

  test('dominated: as much search evidence with a better metric stands beside it', () => {
    const input = inputOf(world([{}, {}]))
    expect(fateOf(input, k(1)).fate).toBe('committed')
    expect(fateOf(input, k(2))).toMatchObject({
      fate: 'dominated',
      reason: 'a committed candidate has as much search evidence and a metric at least as good',
    })
  })

  test('dominated: the same effect by changing fewer fields stands beside it', () => {
    const wider = fateOf(inputOf(world([{}, {}])), { ...k(1), [TOOLS]: { from: 60, to: 40 } })
    expect(wider.fate).toBe('dominated')
  })

  test('dominated: better on the metric, but ninth in evidence', () => {
    const rank = (n: number) => ({
      offers: Array.from({ length: 12 }, (_, i) => ({ gold: i === n, required: false })),
    })
    const shapes = [...Array.from({ length: 11 }, (_, i) => rank(11 - i)), ...Array<Partial<Shape>>(89).fill({})]
    const settings = { ...BASELINE, [K]: 12 }
    const input = inputOf(world(shapes, { utility: -0.5, decisions: 1 }))
    const deep = {
      ...input,
      pack: { ...pack, settings },
      pins: { ...input.pins, baseline: settings },
      fields: [
        { ...input.fields.find((f) => f.path === K)!, baseline: 12, values: [...Array(12).keys()].map((i) => i + 1) },
      ],
    }
    const cases = world(shapes).shapes.map((s, i) => slim(caseOf(s, i, settings)))
    const baseline = cases.map(() => measuresLike({ economics_tokens: 1000 }))
    const found = search({ ...deep, panel: makePanel(cases, baseline) })
    expect(found.committed).toHaveLength(8)
    const cut = found.candidates.filter((c) => c.fate === 'dominated')
    expect(cut.map((c) => c.reason)).toContain(
      'better on the metric, but with less search evidence than the 8 that one question lists',
    )
  })

  test('hand-written candidates stand in place of the lattice, and only they are visited', () => {
    const change = { candidate_id: 'mine', layer: 'retrieval' as const, patch: k(2), rationale: 'fewer' }
    const found = search(inputOf(world([{}, {}]), { candidates: [change] }))
    expect(found.candidates.map((c) => [c.candidate_id, c.fate])).toEqual([['mine', 'committed']])
    expect(found.counts.visited).toBe(1)
  })

  test('families are counted once: a violating family with two cases is one of those that may', () => {
    const lower = { offers: plain().offers.toReversed() }
    const twice = world([lower, lower, {}, {}], { policy: 0.7, utility: -0.5, decisions: 1 })
    const one = { ...twice, shapes: twice.shapes.map((s, i) => ({ ...s, family: i < 2 ? 1 : i })) }
    expect(fateOf(inputOf(twice), k(2)).fate).toBe('search_guardrail')
    expect(fateOf(inputOf(one), k(2)).fate).toBe('search_guardrail')
    const four = { ...one, shapes: [...one.shapes, plain({ family: 8 })] }
    expect(fateOf(inputOf(four), k(2)).guardrails[0]).toMatchObject({ guardrail: 'policy', verdict: 'pass' })
  })
})

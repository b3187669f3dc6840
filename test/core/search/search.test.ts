/** The search finds what an exhaustive evaluation finds, pays for no replay twice, and gives every point its fate. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Records } from '#core/bytes/records.ts'
import { byCodeUnit } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { pointRows } from '#core/evaluate/guardrails.ts'
import { isBetter, metricOver } from '#core/evaluate/metric.ts'
import { utilityPairs } from '#core/evaluate/pairs.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { type Measures, measuresOf } from '#core/evaluate/scorecard.ts'
import { compileCase } from '#core/replay/compile.ts'
import { type SlimCase, slim } from '#core/replay/slim.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import { search as searchOf } from '#core/search/search.ts'
import { SearchCases } from '#core/search/search-cases.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { applyPatch, latticePatches, patchDigest, tunableFields } from '#core/space/lattice.ts'
import { searchEvidence } from '#core/statistics/fixed-sequence.ts'
import { CandidateScore, type Fate, ReplayResult } from '#schemas/candidate.ts'
import type { Patch, Settings } from '#schemas/common.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import type { TuningTarget } from '#schemas/target.ts'
import {
  anEvaluator,
  anOffer,
  aPack,
  approval,
  aRun,
  aSuite,
  aTarget,
  INTENT,
  measuresLike,
  modelCall,
  said,
  toolCall,
  toolResult,
} from '../../support/builders.ts'

const K = 'evidence.orders.top_k'
const TOOLS = 'budget.tool_tokens'
const GATE = 'approval.refund.threshold'
const BASELINE = { [K]: 3, [TOOLS]: 60, [GATE]: 100 }

const pack = aPack({
  settings: BASELINE,
  tunable_surfaces: [
    { layer: 'retrieval', field: 'top_k', path: K, bounds: { min: 1, max: 4 }, intents: [INTENT], owner: 'o' },
    {
      layer: 'context_budget',
      field: 'tool_tokens',
      path: TOOLS,
      bounds: { min: 20, max: 80, step: 20 },
      intents: [INTENT],
      owner: 'o',
    },
    {
      layer: 'approval_gate',
      field: 'threshold',
      path: GATE,
      bounds: { min: 50, max: 150, step: 50 },
      intents: [INTENT],
      owner: 'o',
    },
  ],
})
const suite = aSuite({
  evaluators: [...aSuite().evaluators, anEvaluator({ check: 'approval_honoured', dimension: 'approval' })],
})

interface Shape {
  readonly family: number
  readonly offers: readonly { gold: boolean; required: boolean }[]
  readonly exhausted: boolean
  readonly outputs: readonly { tokens: number; needed: boolean; late: boolean }[]
  readonly amount: number | null
  readonly passed: boolean | null
}
const rarely = fc.integer({ min: 0, max: 9 }).map((n) => n === 0)
const shapes: fc.Arbitrary<Shape> = fc.record({
  family: fc.integer({ min: 1, max: 6 }),
  offers: fc.array(fc.record({ gold: rarely, required: rarely }), { minLength: 3, maxLength: 4 }),
  exhausted: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  outputs: fc.array(fc.record({ tokens: fc.integer({ min: 5, max: 40 }), needed: rarely, late: fc.boolean() }), {
    maxLength: 3,
  }),
  amount: fc.option(fc.integer({ min: 20, max: 180 }), { freq: 2 }),
  passed: fc.constantFrom(true, true, true, false, null),
})

const caseOf = (shape: Shape, i: number, settings: Settings = BASELINE) =>
  compileCase([
    aRun(`r${String(i).padStart(2, '0')}`, {
      family_id: `f${shape.family}`,
      settings,
      evidence: shape.offers.map((o, k) => anOffer(`e${k}`, { rank: k + 1, ...o })),
      offers: { orders: { depth: shape.offers.length, exhausted: shape.exhausted } },
      gates: ['refund'],
      steps: [
        said('user', 'hello'),
        ...shape.outputs.flatMap(({ tokens, late }, k) => {
          const word = `VALUE${k}`
          const text = late ? word.padStart(tokens * 4, '.') : word.padEnd(tokens * 4, '.')
          return [modelCall(), toolCall(`t${k}`), toolResult(`t${k}`, text, tokens)]
        }),
        modelCall(),
        toolCall(
          'w',
          Object.fromEntries(shape.outputs.flatMap(({ needed }, k) => (needed ? [[`v${k}`, `VALUE${k}`]] : []))),
          { writes: true, correct: true },
        ),
        ...(shape.amount === null ? [] : [approval('w', shape.amount)]),
      ],
      outcome: { passed: shape.passed },
    }),
  ])

const worlds = fc.record({
  shapes: fc.array(shapes, { minLength: 2, maxLength: 10 }),
  metric: fc.constantFrom(...Array<string>(4).fill('economics_tokens_per_decision'), 'approval_wait_rate', 'utility'),
  policy: fc.constantFrom(1, 0.7, 0.5),
  bypass: fc.constantFrom(0, 0.4),
  utility: fc.constantFrom(0, -0.2, -0.5, -0.7),
  fields: fc.constantFrom(1, 2, 3, 3),
  decisions: fc.constantFrom<number>(0.1, 1, 1, 1),
})
type World = typeof worlds extends fc.Arbitrary<infer T> ? T : never

function targetOf(world: World): TuningTarget {
  return aTarget({
    metric: world.metric as TuningTarget['metric'],
    direction: world.metric === 'utility' ? 'increase' : 'decrease',
    guardrails: {
      policy: { min: world.policy },
      safety: { min: 1 },
      approval_bypass_rate: { max: world.bypass },
      ...(world.metric === 'utility' ? {} : { utility_delta: { min: world.utility } }),
    },
    search_space: [K, TOOLS, GATE],
    blast_radius: { max_fields: world.fields, max_decision: world.decisions },
  })
}

function inputOf(world: World, over: Partial<SearchInput<SlimCase>> = {}): SearchInput<SlimCase> {
  const target = resolveTarget(targetOf(world))
  const pins = { baseline: BASELINE, prices: null }
  const cases = world.shapes.map((s, i) => caseOf(s, i))
  const baseline = cases.map((c) => {
    const replayed = replayTranscript(c, BASELINE, pins)
    return 'unreplayable' in replayed ? measuresLike() : measuresOf(suite, replayed)
  })
  const fields = tunableFields(pack, INTENT, target.search_space)
  return {
    target,
    pack,
    suite,
    pins,
    fields,
    panel: makePanel(cases.map(slim), baseline),
    rejections: [],
    candidates: null,
    ...over,
  }
}
/** Replayable at its own baseline: what a search set holds. */
const searchable = (world: World): boolean => world.shapes.every((s) => s.exhausted || s.offers.length >= 3)

/** What a search returns, and what it put on record. */
function search(input: SearchInput<SlimCase>) {
  const results: ReplayResult[] = []
  return { ...searchOf(input, (r) => results.push(r)), results }
}

/** Every point evaluated on every case: no order, no memo, no stopping. */
function exhaustive({ target, pins, panel, fields }: SearchInput<SlimCase>) {
  const before = metricOver(target.metric, panel.baseline)
  const gains = (metric: number | null) =>
    metric !== null && before !== null && isBetter(target.direction, metric, before)
  const judged = [...latticePatches(fields)].map((patch) => {
    const settings = applyPatch(BASELINE, patch)
    const replays = Array.from(panel.cases, (c) => replayTranscript(c, settings, pins))
    const measures: Measures[] = replays.flatMap((r) => ('unreplayable' in r ? [] : [measuresOf(suite, r)]))
    const fate = (name: Fate, metric: number | null = null) => ({ patch, name, metric, evidence: 0 })
    if (Object.keys(patch).length > target.max_fields) return fate('blast_radius')
    if (measures.length < panel.cases.length) return fate('unreplayable')
    const rows = pointRows(target.guardrails, target.not_measured, panel, measures)
    const metric = metricOver(target.metric, measures)
    const blocks = rows.filter((r) => r.verdict === 'block').map((r) => r.guardrail)
    if (blocks.includes('approval_bypass_rate')) return fate('search_guardrail')
    if (target.metric !== 'utility' && !gains(metric)) return fate('no_gain')
    if (blocks.length > 0) return fate('search_guardrail')
    if (!gains(metric)) return fate('no_gain')
    const changed = new Set(
      [...panel.cases].flatMap((c, i) => {
        const r = replays[i]!
        const passed = measures[i]!.utility_passed !== panel.baseline.at(i)!.utility_passed
        return 'unreplayable' in r || r.ungrounded.length > 0 || passed ? [c.family_id] : []
      }),
    )
    if (changed.size / panel.families > target.max_decision) return fate('blast_radius')
    const { labelled, regressions, improvements } = utilityPairs(panel, measures)
    const margin = Math.abs(target.guardrails.utility_delta?.min ?? 0)
    return {
      patch,
      name: 'dominated' as const,
      metric,
      evidence: searchEvidence(labelled, regressions, improvements, margin),
    }
  })
  const survivors = judged
    .filter((j) => j.name === 'dominated')
    .sort(
      (a, b) =>
        b.evidence - a.evidence ||
        (target.direction === 'decrease' ? a.metric! - b.metric! : b.metric! - a.metric!) ||
        Object.keys(a.patch).length - Object.keys(b.patch).length ||
        byCodeUnit(patchDigest(a.patch), patchDigest(b.patch)),
    )
  const committed: typeof survivors = []
  for (const one of survivors)
    if (committed.every((kept) => isBetter(target.direction, one.metric!, kept.metric!))) committed.push(one)
  return {
    committed: committed.slice(0, 8).map((c) => patchDigest(c.patch)),
    fates: new Map(judged.map((j) => [patchDigest(j.patch), j.name])),
  }
}

describe('search', () => {
  test('commits exactly what an exhaustive evaluation commits, and gives every point the same fate', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        fc.pre(searchable(world))
        const input = inputOf(world)
        const found = search(input)
        const oracle = exhaustive(input)
        expect(found.committed.map((c) => c.digest)).toEqual(oracle.committed)
        expect(found.candidates).toHaveLength(4 * 4 * 3 - 1)
        for (const { digest, fate } of found.candidates)
          expect(fate === 'committed' ? 'dominated' : fate).toBe(oracle.fates.get(digest))
      }),
      { numRuns: 120 },
    )
  })

  test('pays for no (case, context) twice, and for none that is the baseline context', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        fc.pre(searchable(world))
        const input = inputOf(world)
        const { results, counts } = search(input)
        const paid = results.filter((r) => r.status === 'replayed')
        // Threshold changes leave the context alone, so a case and context may come once per threshold.
        const keys = paid.map((r) => `${r.case_id} ${r.context} ${r.scorecard!.measures.approval_waits}`)
        expect(new Set(keys).size).toBe(keys.length)
        expect(counts.paid).toBe(results.length)
        expect(counts.visited).toBe(47)
        expect(counts.paid + counts.avoided).toBeLessThanOrEqual(47 * input.panel.cases.length)
      }),
      { numRuns: 60 },
    )
  })

  test('gives the same result whatever the order of the cases', () => {
    fc.assert(
      fc.property(worlds, fc.infiniteStream(fc.nat()), (world, keys) => {
        fc.pre(searchable(world))
        const input = inputOf(world)
        const order = Array.from(input.panel.cases, (c, i) => ({
          c,
          base: input.panel.baseline.at(i)!,
          at: keys.next().value!,
        })).sort((a, b) => a.at - b.at)
        const panel = makePanel(
          order.map((o) => o.c),
          order.map((o) => o.base),
        )
        expect(search({ ...input, panel })).toEqual(search(input))
      }),
      { numRuns: 40 },
    )
  })

  test('gives the same result on cases that are put aside, and with answers that are', () => {
    fc.assert(
      fc.property(worlds, fc.integer({ min: 0, max: 4000 }), (world, atHand) => {
        fc.pre(searchable(world))
        const input = inputOf(world)
        const aside = new Records()
        const cases = new SearchCases(aside, atHand)
        const whole = world.shapes.map((s, i) => caseOf(s, i)).sort((a, b) => byCodeUnit(a.case_id, b.case_id))
        for (const replayCase of whole) cases.add(replayCase)
        const results: ReplayResult[] = []
        const found = searchOf({ ...input, panel: { ...input.panel, cases } }, (r) => results.push(r), { aside })
        expect({ ...found, results }).toEqual(search(input))
      }),
      { numRuns: 40 },
    )
  })

  test('leaves records that their contracts accept, and measures of what it commits', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        fc.pre(searchable(world))
        const input = inputOf(world)
        const found = search(input)
        for (const c of found.candidates) expect(CandidateScore.parse(c)).toEqual(c)
        for (const r of found.results) expect(ReplayResult.parse(r)).toEqual(r)
        expect(found.firstMeasures === null).toBe(found.committed.length === 0)
        if (found.firstMeasures)
          expect(metricOver(input.target.metric, found.firstMeasures)).toBe(found.committed[0]!.metric)
      }),
      { numRuns: 30 },
    )
  })

  test('never commits what breaks a limit, gains nothing or reaches too far', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        fc.pre(searchable(world))
        const { target, panel, ...input } = inputOf(world)
        const before = metricOver(target.metric, panel.baseline)
        for (const c of search({ target, panel, ...input }).committed) {
          expect(c.guardrails.some((r) => r.verdict === 'block' || r.verdict === 'not_evaluated')).toBe(false)
          expect(isBetter(target.direction, c.metric!, before!)).toBe(true)
          expect(c.blast_radius!.fields).toBeLessThanOrEqual(target.max_fields)
          expect(c.blast_radius!.b_decision).toBeLessThanOrEqual(target.max_decision)
        }
      }),
      { numRuns: 60 },
    )
  })
})

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

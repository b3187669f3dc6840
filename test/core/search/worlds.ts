/** Worlds of a few search cases for the search: three fields, drawn cases, and what a search makes of them. */
import fc from 'fast-check'
import { resolveTarget } from '#core/contract/resolve.ts'
import { askedNow } from '#core/evaluate/asked.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { measuresOf } from '#core/evaluate/scorecard.ts'
import { compileCase } from '#core/replay/compile.ts'
import { type SlimCase, slim } from '#core/replay/slim.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import { search as searchOf } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { tunableFields } from '#core/space/lattice.ts'
import type { ReplayResult } from '#schemas/candidate.ts'
import type { Settings } from '#schemas/common.ts'
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

export const K = 'evidence.orders.top_k'
export const TOOLS = 'budget.tool_tokens'
export const GATE = 'approval.refund.threshold'
export const BASELINE = { [K]: 3, [TOOLS]: 60, [GATE]: 100 }

export const pack = aPack({
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
export const suite = aSuite({
  evaluators: [...aSuite().evaluators, anEvaluator({ check: 'approval_honoured', dimension: 'approval' })],
})

export interface Shape {
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

export const caseOf = (shape: Shape, i: number, settings: Settings = BASELINE) =>
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

export const worlds = fc.record({
  shapes: fc.array(shapes, { minLength: 2, maxLength: 10 }),
  metric: fc.constantFrom(...Array<string>(4).fill('economics_tokens_per_decision'), 'approval_wait_rate', 'utility'),
  policy: fc.constantFrom(1, 0.7, 0.5),
  bypass: fc.constantFrom(0, 0.4),
  utility: fc.constantFrom(0, -0.2, -0.5, -0.7),
  fields: fc.constantFrom(1, 2, 3, 3),
  decisions: fc.constantFrom<number>(0.1, 1, 1, 1),
})
export type World = typeof worlds extends fc.Arbitrary<infer T> ? T : never

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

export function inputOf(world: World, over: Partial<SearchInput<SlimCase>> = {}): SearchInput<SlimCase> {
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
    // What a control rules out has its own tests: here every surface is taken to be seen through.
    control: { surfaces: [], together: { floors: {}, utility: 0 }, floors: {}, replays: 0 },
    ...over,
  }
}
/** Replayable at its own baseline: what a search set holds. */
export const searchable = (world: World): boolean => world.shapes.every((s) => s.exhausted || s.offers.length >= 3)

/** A search under a suite that asks nobody elsewhere. */
export const searched = (...given: Parameters<typeof searchOf>) =>
  askedNow(searchOf(...given), () => {
    throw new Error('nobody is asked')
  })

/** What a search returns, and what it put on record. */
export function search(input: SearchInput<SlimCase>) {
  const results: ReplayResult[] = []
  return { ...searched(input, (r) => results.push(r)), results }
}

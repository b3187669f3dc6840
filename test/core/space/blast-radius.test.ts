/** How far a change reaches over the declared fields, and what blocks it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { configDistance, configRadius, radiusBlock } from '#core/space/blast-radius.ts'
import { tunableFields } from '#core/space/lattice.ts'
import { LAYER_WEIGHTS } from '#schemas/surface-fields.ts'
import { aPack, INTENT } from '../../support/builders.ts'
import known from '../statistics/known-answers.json' with { type: 'json' }

interface Check {
  readonly id: string
  readonly function: string
  readonly args: Record<string, unknown>
  readonly expected: unknown
  readonly tolerance: number
}
const blastConfigs = (known.extra_checks as unknown as Check[]).filter((c) => c.function === 'blastConfig')

describe('configDistance', () => {
  test.each(blastConfigs)('known answer $id', ({ args, expected, tolerance }) => {
    const fields = (args.fields as [number, number, number, number, number][]).map(
      ([weight, baseline, candidate, min, max]) => ({ weight, baseline, candidate, min, max }),
    )
    const distance = configDistance(fields)
    expect(Math.abs(distance - (expected as number))).toBeLessThanOrEqual(tolerance * Math.abs(expected as number))
  })

  test('has known answers', () => expect(blastConfigs.length).toBeGreaterThan(0))

  test('is 0 for no change and no fields, 1 for every field end to end, the same in both directions', () => {
    const field = (baseline: number, candidate: number) => ({ weight: 2, baseline, candidate, min: 0, max: 10 })
    expect([configDistance([]), configDistance([field(3, 3)]), configDistance([field(0, 10)])]).toEqual([0, 0, 1])
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(10), fc.nat(10)), { minLength: 1 }), (moves) => {
        const there = configDistance(moves.map(([a, b]) => field(a, b)))
        expect(there).toBeCloseTo(configDistance(moves.map(([a, b]) => field(b, a))), 12)
        expect(there).toBeGreaterThanOrEqual(0)
        expect(there).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('counts a field with one value into the whole, and nothing for it', () => {
    expect(configDistance([{ weight: 1, baseline: 5, candidate: 5, min: 5, max: 5 }])).toBe(0)
  })
})

describe('configRadius', () => {
  const shared = { intents: [INTENT], owner: 'o' }
  const pack = aPack({
    settings: {
      'evidence.orders.top_k': 4,
      'planner.tool_preference': 'direct',
      'approval.refund.threshold': 100,
      'prompt.instruction_block': 'Find the order first.',
    },
    tunable_surfaces: [
      ...aPack().tunable_surfaces,
      {
        layer: 'planner',
        field: 'tool_preference',
        path: 'planner.tool_preference',
        bounds: { allowed: ['direct', 'mcp'] },
        ...shared,
      },
      {
        layer: 'approval_gate',
        field: 'threshold',
        path: 'approval.refund.threshold',
        bounds: { min: 0, max: 200, step: 50 },
        ...shared,
      },
      {
        layer: 'prompt',
        field: 'instruction_block',
        path: 'prompt.instruction_block',
        bounds: { max_added_tokens: 10, forbidden_terms: [] },
        weight: 1,
        ...shared,
      },
    ],
  })
  const fields = tunableFields(
    pack,
    INTENT,
    pack.tunable_surfaces.map((s) => s.path),
  )

  test('weighs thresholds 4, prompts 2, the rest 1, unless the surface says otherwise', () => {
    expect(
      (['approval_gate', 'prompt', 'planner', 'retrieval', 'context_budget'] as const).map((l) => LAYER_WEIGHTS[l]),
    ).toEqual([4, 2, 1, 1, 1])
  })

  test('takes numbers by their range, choices as 0 or 1, prompt blocks by edited words', () => {
    const weights = 1 + 1 + 4 + 1
    expect(configRadius(fields, { 'evidence.orders.top_k': { from: 4, to: 2 } })).toBeCloseTo(0.5 / weights)
    expect(configRadius(fields, { 'planner.tool_preference': { from: 'direct', to: 'mcp' } })).toBeCloseTo(1 / weights)
    expect(configRadius(fields, { 'approval.refund.threshold': { from: 100, to: 50 } })).toBeCloseTo(1 / weights)
    const block = { from: 'Find the order first.', to: 'Find the order. Then ask.' }
    expect(configRadius(fields, { 'prompt.instruction_block': block })).toBeCloseTo(5 / 10 / weights)
    expect(configRadius(fields, {})).toBe(0)
  })
})

describe('radiusBlock', () => {
  const radius = { fields: 2, b_config: 0, b_context: 1, b_decision: 0.1, negative_flip_rate: 0, reachable_intents: 1 }
  const limits = { max_fields: 2, max_decision: 0.1 }
  test('lets pass up to the limits, whatever share of contexts changes', () =>
    expect(radiusBlock(radius, limits)).toBeNull())
  test('blocks beyond them, with both numbers', () => {
    expect(radiusBlock({ ...radius, fields: 3 }, limits)).toBe('changes 3 fields, at most 2 are allowed')
    expect(radiusBlock({ ...radius, b_decision: 0.11 }, limits)).toBe(
      'changes 11.0 % of decisions, at most 10.0 % are allowed',
    )
  })
})

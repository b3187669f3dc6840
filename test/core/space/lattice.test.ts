/** The declared lattice: every value it holds lies within its surface, and every path has one. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  asCandidate,
  latticePatches,
  latticeSize,
  patchDigest,
  patchesWithin,
  reachableSize,
  tunableFields,
  valueCount,
  valuesOf,
} from '#core/space/lattice.ts'
import { tokenCounter } from '#core/space/prompt/tokens.ts'
import { applyPatch } from '#core/space/scope.ts'
import { boundedChange } from '#core/space/validate.ts'
import { CandidateChange } from '#schemas/candidate.ts'
import { Patch } from '#schemas/common.ts'
import { TunableSurface } from '#schemas/surface.ts'
import { aPack, INTENT } from '../../support/builders.ts'

const COUNT = await tokenCounter({ tunable_surfaces: [] })

const shared = { intents: [INTENT], owner: 'o' }
const whole = (max: number) =>
  fc.tuple(fc.nat(max), fc.nat(max)).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }))
const words = fc.uniqueArray(fc.constantFrom('direct', 'mcp', 'mcp_optimized', 'none'), { minLength: 1 })
const surfaces = fc
  .oneof(
    whole(12).map((bounds) => ({ layer: 'retrieval', field: 'top_k', path: 'evidence.orders.top_k', bounds })),
    words.map((allowed) => ({
      layer: 'retrieval',
      field: 'source_priority',
      path: 'evidence.orders.source_priority',
      bounds: { allowed },
    })),
    fc.tuple(whole(4000), fc.integer({ min: 100, max: 900 })).map(([bounds, step]) => ({
      layer: 'context_budget',
      field: 'tool_tokens',
      path: 'budget.tool_tokens',
      bounds: { ...bounds, step },
    })),
    fc.tuple(whole(100), fc.constantFrom(0.1, 0.25, 5, 33)).map(([{ min, max }, step]) => ({
      layer: 'approval_gate',
      field: 'threshold',
      path: 'approval.refund.threshold',
      bounds: { min: min / 10, max: max / 10, step },
    })),
    words.map((allowed) => ({
      layer: 'planner',
      field: 'tool_preference',
      path: 'planner.tool_preference',
      bounds: { allowed },
    })),
  )
  .map((s) => TunableSurface.parse({ ...s, ...shared }))
const packs = fc
  .uniqueArray(surfaces, { minLength: 1, maxLength: 3, selector: (s) => s.path })
  .chain((list) => fc.tuple(fc.constant(list), fc.tuple(...list.map((s) => fc.constantFrom(...valuesOf(s))))))
  .map(([tunable_surfaces, baseline]) =>
    aPack({
      tunable_surfaces,
      settings: Object.fromEntries(tunable_surfaces.map((s, i) => [s.path, baseline[i]!])),
    }),
  )

describe('a lattice', () => {
  test('holds values of its surface only: within bounds, on the step, each once', () => {
    fc.assert(
      fc.property(surfaces, (surface) => {
        const values = valuesOf(surface)
        expect(values.length).toBeGreaterThan(0)
        expect(new Set(values).size).toBe(values.length)
        for (const value of values) {
          if ('allowed' in surface.bounds && surface.bounds.allowed) expect(surface.bounds.allowed).toContain(value)
          else {
            const { min, max, step = 1 } = surface.bounds as { min: number; max: number; step?: number }
            expect(value).toBeGreaterThanOrEqual(min)
            expect(value).toBeLessThanOrEqual(max)
            const steps = ((value as number) - min) / step
            expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-9)
          }
        }
      }),
    )
  })

  test('has every point but the baseline once, each changing declared fields to declared values', () => {
    fc.assert(
      fc.property(packs, (pack) => {
        const paths = pack.tunable_surfaces.map((s) => s.path)
        const fields = tunableFields(pack, INTENT, paths)
        const size = latticeSize(fields)
        fc.pre(size <= 2000)
        const digests = new Set<string>()
        for (const patch of latticePatches(fields)) {
          expect(Patch.safeParse(patch).success).toBe(true)
          digests.add(patchDigest(patch))
          for (const [path, { from, to }] of Object.entries(patch)) {
            const surface = pack.tunable_surfaces.find((s) => s.path === path)!
            expect(valuesOf(surface)).toContain(to)
            expect(from).toBe(pack.settings[path])
            expect(to).not.toBe(from)
          }
          const settings = applyPatch(pack.settings, patch)
          expect(Object.keys(settings)).toEqual(Object.keys(pack.settings))
        }
        expect(digests.size).toBe(size - 1)
      }),
      { numRuns: 50 },
    )
  })

  test('within reach of few fields is the part of it that changes so few, counted without being made', () => {
    fc.assert(
      fc.property(packs, fc.integer({ min: 0, max: 3 }), (pack, most) => {
        const fields = tunableFields(
          pack,
          INTENT,
          pack.tunable_surfaces.map((s) => s.path),
        )
        fc.pre(latticeSize(fields) <= 1000)
        const within = [...patchesWithin(fields, most)].map(patchDigest)
        const filtered = [...latticePatches(fields)].filter((p) => Object.keys(p).length <= most).map(patchDigest)
        expect(within.toSorted()).toEqual(filtered.toSorted())
        expect(reachableSize(fields, most)).toBe(within.length)
      }),
      { numRuns: 50 },
    )
  })

  test('is what hand-written changes are held to: each of its points is accepted as written', () => {
    fc.assert(
      fc.property(packs, (pack) => {
        const paths = pack.tunable_surfaces.map((s) => s.path)
        const fields = tunableFields(pack, INTENT, paths)
        fc.pre(latticeSize(fields) <= 300)
        for (const patch of latticePatches(fields)) {
          const bounded = boundedChange({ patch }, pack, INTENT, paths, COUNT)
          expect(bounded).toEqual({ candidate: asCandidate(patch, pack, 'hand-written change') })
          const short = Object.fromEntries(Object.entries(patch).map(([path, { to }]) => [path, to]))
          expect(boundedChange({ patch: short }, pack, INTENT, paths, COUNT)).toEqual(bounded)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('steps of .1 do not drift', () => {
    const surface = TunableSurface.parse({
      layer: 'approval_gate',
      field: 'threshold',
      path: 'approval.refund.threshold',
      bounds: { min: 0, max: 0.7, step: 0.1 },
      ...shared,
    })
    expect(valuesOf(surface)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
  })

  test('has one point where there is nothing to change, and none for a prompt block', () => {
    const prompt = aPack({
      settings: { 'prompt.instruction_block': 'Be kind.' },
      tunable_surfaces: [
        {
          layer: 'prompt',
          field: 'instruction_block',
          path: 'prompt.instruction_block',
          bounds: { max_added_tokens: 10, forbidden_terms: [] },
          ...shared,
        },
      ],
    })
    const fields = tunableFields(prompt, INTENT, ['prompt.instruction_block'])
    expect(latticeSize(fields)).toBe(1)
    expect([...latticePatches(fields)]).toEqual([])
  })
})

describe('tunableFields', () => {
  test('come in path order, each once', () => {
    const fields = tunableFields(aPack(), INTENT, ['evidence.orders.top_k', 'evidence.orders.top_k'])
    expect(fields.map((f) => [f.path, f.baseline, f.values])).toEqual([['evidence.orders.top_k', 4, [1, 2, 3, 4, 5]]])
  })

  test('fail on a path without a surface, and on one that is not open to the intent', () => {
    expect(() => tunableFields(aPack(), INTENT, ['policy.bundle'])).toThrow(
      '"policy.bundle" has no tunable surface in ctxpack.support@1.0.0; declared: evidence.orders.top_k',
    )
    expect(() => tunableFields(aPack(), 'support.status', ['evidence.orders.top_k'])).toThrow(
      'is not open to intent "support.status"; it is open to support.refund',
    )
  })
})

test('a candidate is named by its patch, and layered by its first field', () => {
  const patch = { 'evidence.orders.top_k': { from: 4, to: 2 } }
  const candidate = asCandidate(patch, aPack(), 'why')
  expect(CandidateChange.parse(candidate)).toEqual(candidate)
  expect(candidate).toMatchObject({ layer: 'retrieval', patch, rationale: 'why' })
  expect(candidate.candidate_id).toBe(`c_${patchDigest(patch).slice(7, 19)}`)
})

test('values are counted without being listed', () => {
  fc.assert(
    fc.property(surfaces, (surface) => {
      expect(valueCount(surface)).toBe(valuesOf(surface).length)
    }),
  )
  const endless = TunableSurface.parse({
    layer: 'retrieval',
    field: 'top_k',
    path: 'evidence.orders.top_k',
    bounds: { min: 0, max: 1e12 },
    ...shared,
  })
  expect(valueCount(endless)).toBe(1e12 + 1)
})

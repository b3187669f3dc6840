import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSearch } from '#core/sampler/create-search.ts'
import { feasibleBestFirst, isMeasured } from '#core/sampler/observations.ts'
import type { Metrics, Observation, Proposal, SearchOptions, Space, Values } from '#core/sampler/types.ts'

const field = fc.oneof(
  fc
    .uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 8 })
    .map((values) => ({ kind: 'ordered' as const, values: values.sort((a, b) => a - b) })),
  fc
    .uniqueArray(fc.constantFrom('wiki', 'orders', 'policy', ''), { minLength: 1, maxLength: 4 })
    .map((values) => ({ kind: 'categorical' as const, values })),
)

const constraint = fc.record({
  metric: fc.constantFrom('utility', 'cost', 'bypass'),
  max: fc.integer({ min: -3, max: 3 }),
  relative_to_baseline: fc.boolean(),
})

/** Spaces of one to four fields, with any constraints. */
const options: fc.Arbitrary<SearchOptions> = fc
  .record({
    fields: fc.array(field, { minLength: 1, maxLength: 4 }),
    constraints: fc.array(constraint, { maxLength: 3 }),
    direction: fc.constantFrom('increase' as const, 'decrease' as const),
    seed: fc.maxSafeInteger(),
    picks: fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
  })
  .map(({ fields, constraints, direction, seed, picks }) => {
    const space: Space = Object.fromEntries(fields.map((f, i) => [`field.${i}`, f]))
    const baseline: Values = Object.fromEntries(
      fields.map((f, i) => [`field.${i}`, f.values[picks[i]! % f.values.length]!]),
    )
    return { space, baseline, constraints, seed, objective: { metric: 'cost', direction } }
  })

const number = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -5, max: 5, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1) },
  { weight: 1, arbitrary: fc.constantFrom(null, Number.NaN, Infinity, 1e300, -1e300, 5e-324) },
)
const outcome: fc.Arbitrary<Metrics | null> = fc.option(
  fc.record({ cost: number, utility: number, bypass: number }, { requiredKeys: [] }),
  { freq: 6 },
)
const outcomes = fc.array(outcome, { minLength: 1, maxLength: 30 })

/** Evaluates by looking the point's place among the proposals up: any function at all, as far as the search can tell. */
const told = (proposal: Proposal, list: readonly (Metrics | null)[]): Observation => {
  let hash = 7
  for (const char of JSON.stringify(proposal.values)) hash = (hash * 31 + char.charCodeAt(0)) % 1_000_003
  return { id: proposal.id, metrics: list[hash % list.length]! }
}

interface Run {
  /** How many points were known before each ask. */
  readonly starts: readonly number[]
  readonly asked: readonly Proposal[]
  readonly observations: readonly Observation[]
  readonly best: ReturnType<ReturnType<typeof createSearch>['best']>
}

function run(o: SearchOptions, list: readonly (Metrics | null)[], batch: number, most: number, backwards = false): Run {
  const search = createSearch(o)
  const asked: Proposal[] = []
  const observations: Observation[] = []
  const starts: number[] = []
  while (asked.length < most) {
    const proposals = search.ask(batch)
    if (proposals.length === 0) break
    starts.push(asked.length)
    asked.push(...proposals)
    const batchTold = proposals.map((p) => told(p, list))
    observations.push(...batchTold)
    for (const observation of backwards ? batchTold.reverse() : batchTold) search.tell([observation])
  }
  return { starts, asked, observations, best: search.best() }
}

const sizeOf = (space: Space): number => Object.values(space).reduce((size, f) => size * f.values.length, 1)
const MOST = 24
const settings = { numRuns: 60 }

describe('whatever the space and whatever is observed', () => {
  it('the same seed and batch size give the same points, in whatever order a batch is told', () => {
    fc.assert(
      fc.property(options, outcomes, fc.integer({ min: 1, max: 6 }), (o, list, batch) => {
        expect(run(o, list, batch, MOST, true)).toEqual({
          ...run(o, list, batch, MOST),
          observations: expect.anything(),
        })
      }),
      settings,
    )
  })

  it('every point is of the space, none comes again once measured, the baseline is first, and all come if there is time', () => {
    fc.assert(
      fc.property(options, outcomes, fc.integer({ min: 1, max: 6 }), (o, list, batch) => {
        const { asked, observations } = run(o, list, batch, MOST)
        expect(asked[0]!.values).toEqual(o.baseline)
        for (const { values } of asked) {
          expect(Object.keys(values)).toEqual(Object.keys(o.space))
          for (const [name, value] of Object.entries(values)) expect(o.space[name]!.values).toContain(value)
        }
        const done = observations.filter((t, i) => t.metrics && asked[i]!.values !== o.baseline)
        const points = (ids: readonly { id: string }[]) => ids.map(({ id }) => id.split('-')[1]!)
        const again = points(done).filter((point, i) => points(done).indexOf(point) < i)
        expect(again.every((point) => point === points(asked)[0])).toBe(true)
        expect(new Set(asked.map((p) => p.id)).size).toBe(asked.length)
        expect(asked.length).toBeGreaterThanOrEqual(Math.min(MOST, sizeOf(o.space)))
        if (asked.length < MOST) expect(new Set(points(asked)).size).toBe(sizeOf(o.space))
      }),
      settings,
    )
  })

  it('best keeps every constraint as observed, and there is one only if something does', () => {
    fc.assert(
      fc.property(options, outcomes, (o, list) => {
        const { asked, observations, best } = run(o, list, 3, MOST)
        const told = observations.map(({ id, metrics }, number) => ({
          number,
          point: id.split('-')[1]!.split('.').map(Number),
          metrics,
        }))
        const home = told.filter(({ point }) => `${point}` === `${told[0]!.point}`)
        const feasible = feasibleBestFirst(o, told, home.find((t) => isMeasured(o, t)) ?? home[0])
        if (best) expect(feasible.map(({ number }) => asked[number]!.id)).toContain(best.id)
      }),
      settings,
    )
  })

  it('a search told all that another was told goes on as the other does', () => {
    fc.assert(
      fc.property(options, outcomes, fc.integer({ min: 1, max: 4 }), fc.nat(5), (o, list, batch, cut) => {
        const whole = run(o, list, batch, MOST)
        const at = whole.starts[cut] ?? 0
        const resumed = createSearch(o)
        resumed.tell(whole.observations.slice(0, at).reverse())
        const rest = whole.asked.slice(at, whole.starts[cut + 1] ?? at + batch)
        if (at > 0) expect(resumed.ask(batch)).toEqual(rest)
      }),
      settings,
    )
  })

  it('no budget is overdrawn', () => {
    fc.assert(
      fc.property(
        options,
        outcomes,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 2, max: 12 }),
        (o, list, batch, most) => {
          const { asked } = run({ ...o, evaluations: most }, list, batch, 99)
          expect(asked.length).toBeLessThanOrEqual(most)
          expect(asked.length).toBeGreaterThanOrEqual(Math.min(most, sizeOf(o.space)))
        },
      ),
      settings,
    )
  })
})

import { describe, expect, it } from 'vitest'
import { createSearch } from '#core/sampler/create-search.ts'
import type { Metrics, Proposal, Search, Values } from '#core/sampler/types.ts'
import { drive, type Evaluate, evaluate, keys, large, small, start } from './worlds.ts'

const everyPoint = (): Values[] =>
  [2, 4, 8, 16].flatMap((top_k) =>
    [1, 2, 3].flatMap((hops) => ['wiki', 'orders'].map((tool) => ({ top_k, hops, tool }))),
  )

/** The cheapest point that loses no more than .1 of the baseline's utility. */
function oracle(): Values {
  const floor = evaluate(small.baseline)!.utility! - 0.1
  const allowed = everyPoint().filter((v) => evaluate(v)!.utility! >= floor)
  return allowed.sort((a, b) => evaluate(a)!.cost! - evaluate(b)!.cost!)[0]!
}

/** The lowest cost in the large space that loses no more than .1 of the baseline's utility. */
function cheapest(allowed: (values: Values) => boolean): number {
  const floor = evaluate(large.baseline)!.utility! - 0.1
  let points: Values[] = [{}]
  for (const [name, { values }] of Object.entries(large.space)) {
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })))
  }
  const costs = points.map((v) => (allowed(v) && evaluate(v)!.utility! >= floor ? evaluate(v)!.cost! : Infinity))
  return costs.reduce((least, cost) => Math.min(least, cost))
}

/** Drives a search until its best costs no more than `cost`, or `most` points: what comes later changes no answer. */
function driveTo(cost: number, search: Search, run: Evaluate, most: number): Proposal[] {
  const asked: Proposal[] = []
  while (asked.length < most && !((search.best()?.metrics.cost ?? Infinity) <= cost))
    asked.push(...drive(search, run, { most: Math.min(8, most - asked.length) }))
  return asked
}

describe('a small space', () => {
  it('begins with the baseline, visits every point once, and ends', () => {
    const search = start()
    const asked = drive(search, evaluate, { most: 1000 })
    expect(asked[0]!.values).toEqual(small.baseline)
    expect(new Set(keys(asked))).toEqual(new Set(everyPoint().map((v) => JSON.stringify(v))))
    expect(asked).toHaveLength(24)
    expect(search.ask(5)).toEqual([])
  })

  it('ends at the exact optimum', () => {
    const search = start()
    drive(search, evaluate, { most: 1000 })
    expect(search.best()).toMatchObject({ values: oracle(), metrics: evaluate(oracle()) })
  })

  it('comes to the optimum long before the end', () => {
    const asked = [1, 2, 3, 4, 5].map((seed) => keys(drive(start({ seed }), evaluate, { most: 14 })))
    for (const seen of asked) expect(seen).toContain(JSON.stringify(oracle()))
  })

  it('is one point when every field has one value', () => {
    const search = start({ space: { top_k: { kind: 'ordered', values: [3] } }, baseline: { top_k: 3 } })
    expect(search.ask(4)).toHaveLength(1)
    expect(search.ask()).toEqual([])
  })
})

describe('a large space', () => {
  it('comes within 2 % of the best feasible point in a hundredth of its points', () => {
    for (const seed of [1, 2, 3]) {
      const search = createSearch({ ...large, seed })
      const close = 1.02 * cheapest(() => true)
      driveTo(close, search, evaluate, 96)
      expect(search.best()!.metrics.cost).toBeLessThanOrEqual(close)
    }
  })

  it('ends after 500 points unless a budget says otherwise', () => {
    const search = createSearch({ ...large, constraints: [] })
    const batch = search.ask(1)
    search.tell([{ id: batch[0]!.id, metrics: { cost: null } }])
    expect(search.ask(10_000)).toHaveLength(499)
    expect(search.ask()).toEqual([])
  })
})

describe('what was not measured', () => {
  it.each([
    ['no metrics', {}],
    ['a null objective', { cost: null, utility: 1 }],
    ['an absent constraint metric', { cost: 0 }],
    ['NaN', { cost: Number.NaN, utility: 1 }],
    ['infinity', { cost: -Infinity, utility: 1 }],
  ])('is never the best, is not asked for again, and stops nothing: %s', (_, broken: Metrics) => {
    const search = start()
    const run = (v: Values) => (v.tool === 'orders' ? broken : evaluate(v))
    const asked = drive(search, run, { most: 1000 })
    expect(new Set(keys(asked)).size).toBe(24)
    expect(search.best()!.values.tool).toBe('wiki')
  })

  it('does not stop a large search that fails at first, or throughout', () => {
    let count = 0
    const late = createSearch({ ...large, seed: 4 })
    drive(late, (v) => (count++ < 12 && count > 1 ? null : evaluate(v)), { most: 60 })
    expect(late.best()!.metrics.cost).toBeLessThan(evaluate(large.baseline)!.cost!)
    const never = createSearch({ ...large, seed: 4 })
    expect(drive(never, () => null, { most: 60, batch: 7 })).toHaveLength(60)
    expect(never.best()).toBeNull()
  })

  it('hides a region, and the best outside it is found', () => {
    const crash = (v: Values) => Number(v.tokens) > 1000 && v.tool !== 'orders'
    for (const seed of [1, 2, 3]) {
      const search = createSearch({ ...large, seed })
      const close = 1.02 * cheapest((v) => !crash(v))
      driveTo(close, search, (v) => (crash(v) ? null : evaluate(v)), 60)
      expect(search.best()!.metrics.cost).toBeLessThanOrEqual(close)
    }
  })
})

describe('constraints', () => {
  it('that nothing meets leave no best, and the search ends', () => {
    const search = start({ constraints: [{ metric: 'utility', min: 2 }] })
    expect(drive(search, evaluate, { most: 1000 })).toHaveLength(24)
    expect(search.best()).toBeNull()
  })

  it('hold at the limit itself, on both sides', () => {
    const search = start({ constraints: [{ metric: 'cost', min: 0.5, max: 0.5 }] })
    drive(search, (v) => ({ ...evaluate(v), cost: v.top_k === 4 ? 0.5 : 0.4 }), { most: 1000 })
    expect(search.best()!.values.top_k).toBe(4)
  })

  it('may rule out the baseline', () => {
    const search = start({ constraints: [{ metric: 'cost', max: -0.3, relative_to_baseline: true }] })
    drive(search, evaluate, { most: 1000 })
    expect(search.best()!.metrics.cost).toBeLessThanOrEqual(evaluate(small.baseline)!.cost! - 0.3)
  })

  it('are not needed, and the objective may be to increase', () => {
    const search = start({ constraints: [], objective: { metric: 'utility', direction: 'increase' } })
    drive(search, evaluate, { most: 1000 })
    expect(search.best()!.values).toEqual({ top_k: 16, hops: 3, tool: 'wiki' })
  })

  it('that are passed or failed, or counted, are found out like any other', () => {
    const passed = (v: Values): Metrics => {
      const { cost, utility } = evaluate(v)!
      return {
        cost: cost!,
        passed: utility! > 0.8 ? 1 : 0,
        violations: utility! > 0.8 ? 0 : Math.ceil(10 * (0.8 - utility!)),
      }
    }
    for (const constraint of [
      { metric: 'passed', min: 1 },
      { metric: 'violations', max: 0 },
    ]) {
      const search = createSearch({ ...large, constraints: [constraint] })
      drive(search, passed, { most: 60 })
      expect(search.best()!.metrics.cost).toBeLessThan(0.75 * evaluate(large.baseline)!.cost!)
    }
  })
})

describe('ties', () => {
  it('go to the point that was proposed first', () => {
    const search = start({ constraints: [] })
    const asked = drive(search, () => ({ cost: 1 }), { most: 1000, batch: 24, order: (x) => [...x].reverse() })
    expect(search.best()!.id).toBe(asked[0]!.id)
  })
})

describe('a budget', () => {
  it('counts the baseline among the evaluations', () => {
    const search = createSearch({ ...large, evaluations: 7 })
    expect(drive(search, evaluate, { most: 1000, batch: 3 })).toHaveLength(7)
    expect(search.ask()).toEqual([])
  })
})

describe('a search that may change few fields', () => {
  const changes = (v: Values) => Object.keys(v).filter((name) => v[name] !== large.baseline[name])

  it('proposes no point that changes more, and finds the best that does not', () => {
    const search = createSearch({ ...large, most_changed: 2 })
    const asked = drive(search, evaluate, { most: 60 })
    for (const { values } of asked) expect(changes(values).length).toBeLessThanOrEqual(2)
    const best = cheapest((v) => changes(v).length <= 2)
    expect(search.best()!.metrics.cost).toBeLessThanOrEqual(1.02 * best)
  })

  it('ends when all of them were visited', () => {
    const asked = drive(start({ most_changed: 1 }), evaluate, { most: 1000 })
    expect(new Set(keys(asked)).size).toBe(1 + 3 + 2 + 1)
    expect(asked).toHaveLength(7)
  })
})

import { describe, expect, it } from 'vitest'
import { createSearch } from '#core/sampler/create-search.ts'
import type { Observation } from '#core/sampler/types.ts'
import { drive, evaluate, keys, large, small } from './worlds.ts'

/** A search told `count` outcomes, and those outcomes. */
function begun(count: number, batch: number) {
  const search = createSearch(large)
  const told: Observation[] = []
  while (told.length < count) {
    const observations = search.ask(batch).map(({ id, values }) => ({ id, metrics: evaluate(values) }))
    search.tell(observations)
    told.push(...observations)
  }
  return { search, told }
}

describe('a search that is resumed', () => {
  it.each([1, 4])('goes on as if never stopped, from what was told alone (batches of %i)', (batch) => {
    const { search, told } = begun(24, batch)
    const resumed = createSearch(large)
    resumed.tell([...told].reverse())
    expect(resumed.best()).toEqual(search.best())
    expect(drive(resumed, evaluate, { most: 12, batch })).toEqual(drive(search, evaluate, { most: 12, batch }))
  })

  it('goes on as if never stopped when its asks are replayed', () => {
    const { search, told } = begun(24, 4)
    const resumed = createSearch(large)
    for (let i = 0; i < told.length; i += 4) {
      resumed.ask(4)
      resumed.tell(told.slice(i, i + 4))
    }
    expect(resumed.ask(4)).toEqual(search.ask(4))
  })

  it('asks for the baseline first if that was not told', () => {
    const { told } = begun(12, 4)
    const resumed = createSearch(large)
    resumed.tell(told.slice(1))
    expect(resumed.ask()[0]!.values).toEqual(large.baseline)
  })

  it('works on a small space too, and ends with it', () => {
    const first = createSearch(small)
    const told = drive(first, evaluate, { most: 10 }).map(({ id, values }) => ({ id, metrics: evaluate(values) }))
    const resumed = createSearch(small)
    resumed.tell(told)
    expect(keys(drive(resumed, evaluate, { most: 99 }))).toEqual(keys(drive(first, evaluate, { most: 99 })))
  })
})

describe('telling', () => {
  it('in any order within a batch changes nothing', () => {
    const ask = (order: <T>(items: readonly T[]) => readonly T[]) =>
      drive(createSearch(large), evaluate, { most: 40, batch: 5, order })
    expect(ask((x) => [...x].reverse())).toEqual(ask((x) => x))
  })

  it('the same outcome twice is harmless', () => {
    const search = createSearch(small)
    const [proposal] = search.ask()
    const observation = { id: proposal!.id, metrics: { cost: 2, utility: 1, note: Number.NaN, other: null } }
    search.tell([observation])
    search.tell([{ ...observation, metrics: { ...observation.metrics } }, observation])
    expect(search.ask(99)).toHaveLength(23)
  })

  it.each([
    ['another outcome for the same id', { metrics: { cost: 2, utility: 1 } }],
    ['a failure after a success', { metrics: null }],
  ])('fails for %s, and keeps the first', (_, second) => {
    const search = createSearch({ ...small, constraints: [] })
    const [proposal] = search.ask()
    search.tell([{ id: proposal!.id, metrics: { cost: 1, utility: 1 } }])
    expect(() => search.tell([{ id: proposal!.id, ...second }])).toThrow('it was told before with another outcome')
    expect(search.best()!.metrics.cost).toBe(1)
  })

  it.each(['nonsense', '', '0-0.0', '0-9.0.0', '0-0.0.0.0', '00-3.2.0', '0-3.2.00', '0-0.0.0', 5, undefined])(
    'fails for an id that is not of this search: %j',
    (id) => {
      const search = createSearch(small)
      search.ask()
      expect(() => search.tell([{ id: id as string, metrics: null }])).toThrow(/^id is/)
    },
  )

  it('fails for two points under one number, and takes none of the list', () => {
    const search = createSearch(small)
    const list = [
      { id: '0-3.2.0', metrics: evaluate(small.baseline) },
      { id: '0-3.2.1', metrics: evaluate(small.baseline) },
    ]
    expect(() => search.tell(list)).toThrow('no proposal of this search has this id')
    expect(search.best()).toBeNull()
  })

  it('one point under two numbers is measuring it again', () => {
    const search = createSearch({ ...small, constraints: [] })
    search.tell([
      { id: '0-3.2.0', metrics: { cost: 1 } },
      { id: '1-3.2.0', metrics: { cost: 3 } },
    ])
    expect(search.best()!.metrics.cost).toBeCloseTo(2, 1)
  })

  it.each([
    ['observations', { id: '0-3.2.0', metrics: null }],
    ['id', [null]],
    ['metrics of 0-3.2.0', [{ id: '0-3.2.0', metrics: [1] }]],
    ['metrics of 0-3.2.0', [{ id: '0-3.2.0' }]],
    ['metrics.cost of 0-3.2.0', [{ id: '0-3.2.0', metrics: { cost: '1' } }]],
  ])('fails for the wrong shape, naming %s', (field, observations) => {
    expect(() => createSearch(small).tell(observations as never)).toThrow(field)
  })
})

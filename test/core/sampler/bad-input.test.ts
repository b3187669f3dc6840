import { describe, expect, it } from 'vitest'
import { createSearch } from '#core/sampler/create-search.ts'
import { small, start } from './worlds.ts'

const { space, baseline } = small
const ordered = (values: unknown) => ({ space: { ...space, hops: { kind: 'ordered', values } } })
const categorical = (values: unknown) => ({ space: { ...space, tool: { kind: 'categorical', values } } })

const startsWith = (field: string) => new RegExp(`^${field.replaceAll(/[.[\]]/g, '\\$&')} (is|must be) `)

describe('createSearch refuses', () => {
  it.each([
    ['a space without points', { space: {}, baseline: {} }, 'space'],
    ['a space that is no object', { space: [] }, 'space'],
    ['an empty field', ordered([]), 'space.hops.values'],
    ['a field without values', ordered(undefined), 'space.hops.values'],
    ['a field of no kind', { space: { ...space, hops: { values: [1] } } }, 'space.hops.kind'],
    ['a field that is a list', { space: { ...space, hops: [1, 2] } }, 'space.hops.kind'],
    ['an ordered value twice', ordered([1, 2, 2, 3]), 'space.hops.values'],
    ['ordered values out of order', ordered([1, 3, 2]), 'space.hops.values'],
    ['NaN among ordered values', ordered([1, Number.NaN, 3]), 'space.hops.values'],
    ['text among ordered values', ordered([1, '2', 3]), 'space.hops.values'],
    ['a choice twice', categorical(['wiki', 'orders', 'wiki']), 'space.tool.values'],
    ['a number among choices', categorical(['wiki', 3]), 'space.tool.values'],
    ['a baseline outside the space', { baseline: { ...baseline, hops: 9 } }, 'baseline.hops'],
    ['a baseline that lacks a field', { baseline: { top_k: 16, hops: 3 } }, 'baseline.tool'],
    ['a baseline with a field too many', { baseline: { ...baseline, model: 'x' } }, 'baseline.model'],
    ['no baseline', { baseline: undefined }, 'baseline'],
    ['no objective', { objective: undefined }, 'objective'],
    ['an objective without a metric', { objective: { metric: '', direction: 'decrease' } }, 'objective.metric'],
    ['an unknown direction', { objective: { metric: 'cost', direction: 'down' } }, 'objective.direction'],
    ['constraints that are no list', { constraints: undefined }, 'constraints'],
    ['a constraint without a limit', { constraints: [{ metric: 'utility' }] }, 'constraints[0]'],
    ['a constraint without a metric', { constraints: [{ min: 1 }] }, 'constraints[0].metric'],
    ['a misspelt constraint', { constraints: [{ metric: 'u', min: 1, relativ: true }] }, 'constraints[0].relativ'],
    ['an infinite limit', { constraints: [{ metric: 'u', max: Infinity }] }, 'constraints[0].max'],
    ['a min above the max', { constraints: [{ metric: 'u', min: 2, max: 1 }] }, 'constraints[0].min'],
    [
      'relative to what',
      { constraints: [{ metric: 'u', min: 2, relative_to_baseline: 'yes' }] },
      'constraints[0].relative_to_baseline',
    ],
    ['a seed that is no whole number', { seed: 0.5 }, 'seed'],
    ['no field that may change', { most_changed: 0 }, 'most_changed'],
    ['a budget for the baseline alone', { evaluations: 1 }, 'evaluations'],
    ['a budget of nothing', { evaluations: 0 }, 'evaluations'],
    ['a budget that is no whole number', { evaluations: 10.5 }, 'evaluations'],
    ['a misspelt option', { mostChanged: 1 }, 'options.mostChanged'],
  ])('%s', (_, change, field) => {
    expect(() => start(change as never)).toThrow(
      expect.objectContaining({ name: 'RangeError', message: expect.stringMatching(startsWith(field)) }),
    )
  })

  it('no options at all', () => {
    expect(() => createSearch(undefined as never)).toThrow(RangeError)
  })

  it('with the bad value and what to do', () => {
    expect(() => start({ baseline: { ...baseline, hops: 9 } })).toThrow('baseline.hops is 9: use one of 1, 2, 3')
    expect(() => start({ seed: Number.NaN })).toThrow(/^seed must be an integer .*got NaN$/)
  })

  it.each([0, -1, 1.5, Number.NaN])('to be asked for %d points', (n) => {
    expect(() => start().ask(n)).toThrow(/^n must be an integer >= 1, got/)
  })
})

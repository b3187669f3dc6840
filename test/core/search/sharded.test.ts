/** A search over shards finds what one finds over cases at hand: the same bytes, wherever the cases lie. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonical } from '#core/canonical.ts'
import { inShards } from './in-shards.ts'
import { inputOf, search, searchable, worlds } from './worlds.ts'

const shardings = fc.record({
  shards: fc.constantFrom(1, 2, 8),
  block: fc.integer({ min: 1, max: 5 }),
  draws: fc.infiniteStream(fc.nat({ max: 7 })),
})

test('gives the same result and the same lines with 1, 2 and 8 shards, whichever case lies in which', () => {
  fc.assert(
    fc.property(worlds, shardings, (world, { shards, block, draws }) => {
      fc.pre(searchable(world))
      const input = inputOf(world)
      const { results, ...expected } = search(input)
      const shardOf = Array.from(input.panel.cases, () => draws.next().value! % shards)
      const { found, lines } = inShards(input, shardOf, block)
      expect(found).toEqual(expected)
      expect(lines).toEqual(results.map((result) => canonical(result)))
    }),
    { numRuns: 60 },
  )
})

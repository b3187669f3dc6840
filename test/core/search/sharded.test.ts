/** A search over shards finds what one finds over cases at hand: the same bytes, wherever the cases lie. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonical } from '#core/canonical.ts'
import type { SlimCase } from '#core/replay/slim.ts'
import { type Rendering, UNNUMBERED } from '#core/search/replayer.ts'
import { Shard } from '#core/search/shard.ts'
import { SHARD_BLOCK, type ShardQuestion } from '#core/search/shard-question.ts'
import { transcriptReplayer } from '#core/search/transcript-replayer.ts'
import { latticePatches } from '#core/space/lattice.ts'
import { applyPatch } from '#core/space/scope.ts'
import { inShards } from './in-shards.ts'
import { BASELINE, inputOf, K, search, searchable, suite, worlds } from './worlds.ts'

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

test('a case costs and asks the same whether it is rendered alone or beside other settings', () => {
  const tables = [...latticePatches(inputOf(fc.sample(worlds, 1)[0]!).fields)].map((patch) =>
    applyPatch(BASELINE, patch),
  )
  fc.assert(
    fc.property(worlds, (world) => {
      const { panel, pins } = inputOf(world)
      const { view } = transcriptReplayer(panel, pins, suite)
      for (let i = 0; i < panel.cases.length; i++) {
        const alone = tables.map((table) => view.sideBySide([table])(i)[0]!)
        const beside = view.sideBySide(tables)(i)
        const said = ({ measures, amounts }: Rendering) => ({ measures, amounts })
        expect(beside.map(said)).toEqual(alone.map(said))
        const keys = tables.map((table) => view.contextKey(i, table))
        for (const [a, { context }] of beside.entries())
          for (const [b, other] of beside.entries())
            if (context !== UNNUMBERED && other.context !== UNNUMBERED)
              expect(context === other.context).toBe(keys[a] === keys[b])
      }
    }),
    { numRuns: 20 },
  )
})

test('a case that was asked for its context is not read again for its answer, though others were asked for theirs meanwhile', () => {
  const world = fc.sample(worlds.filter(searchable), 1)[0]!
  const { panel, pins } = inputOf(world)
  const [one] = panel.cases
  let read = 0
  const cases = Object.assign(new Array<SlimCase>(2 * SHARD_BLOCK), {
    at() {
      read++
      return one
    },
  })
  const shard = new Shard(cases, pins, suite)
  const settings = { ...BASELINE, [K]: 1 }
  const asked = (question: ShardQuestion) => shard.reply(question, () => {}).next().value
  asked({ ask: 'keys', settings, first: 0, count: SHARD_BLOCK })
  asked({ ask: 'keys', settings, first: SHARD_BLOCK, count: SHARD_BLOCK })
  read = 0
  asked({ ask: 'answers', settings, cases: Array.from({ length: SHARD_BLOCK }, (_, i) => i) })
  expect(read).toBe(0)
})

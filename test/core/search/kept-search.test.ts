/** A search that is stopped between two rounds, kept as text and gone on with elsewhere, finds what one finds that is not. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Keep, type KeptSearch, revived } from '#core/search/kept-search.ts'
import { type SearchResult, searchRounds } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { transcriptReplayer } from '#core/search/transcript-replayer.ts'
import type { ReplayResult } from '#schemas/candidate.ts'
import { inputOf, search, searchable, worlds } from './worlds.ts'

/** A search as it lies between two processes. */
interface Left {
  readonly kept: KeptSearch
  readonly rows: readonly Uint8Array[]
  readonly results: readonly ReplayResult[]
}

/** Runs a search for so many rounds, or to its end; what is behind the last place that was reached is lost. */
function part(input: SearchInput<never>, from: Left | null, rounds: number): SearchResult | Left | null {
  const { view, answer } = transcriptReplayer(input.panel, input.pins, input.suite)
  let left = from
  const since: ReplayResult[] = []
  const keep: Keep = {
    from: from && { ...from.kept, found: from.kept.found && revived(from.kept.found) },
    rows: () => from!.rows,
    reached(kept, rows) {
      const before = kept.found !== null && left?.kept.found === null ? [] : (left?.rows ?? [])
      left = {
        kept: JSON.parse(JSON.stringify(kept)),
        rows: [...before, ...Array.from(rows, (row) => Buffer.from(row))],
        results: [...(left?.results ?? []), ...since.splice(0)],
      }
    },
  }
  const searching = searchRounds(input, view, (result) => since.push(result), { keep, block: 4 })
  let step = searching.next()
  for (let i = 0; i < rounds && !step.done; i++) step = searching.next(answer(step.value))
  return step.done ? Object.assign(step.value, { results: [...(left?.results ?? []), ...since] }) : left
}

test('a search that is stopped anywhere and resumed finds the same, and asks for no candidate twice', () => {
  fc.assert(
    fc.property(worlds, fc.integer({ min: 1, max: 12 }), (world, rounds) => {
      fc.pre(searchable(world))
      const input = inputOf(world) as unknown as SearchInput<never>
      const whole = search(inputOf(world))
      let left: Left | null = null
      for (let calls = 0; ; calls++) {
        // A place must be reached at last: what is between two of them takes longer than one part may.
        const next = part(input, left, rounds + calls)
        if (next !== null && 'candidates' in next) {
          expect(next).toEqual(whole)
          return
        }
        left = next as Left | null
      }
    }),
    // Each world is stopped and resumed many times.
    { numRuns: 20 },
  )
})

/** The transcript replayer in this process: what it puts aside stays in its memory. */
import { Records } from '#core/bytes/records.ts'
import { canonical } from '#core/canonical.ts'
import { SearchSide } from '#core/search/search-side.ts'
import type { ReplayEngine } from '../../ports.ts'
import { transcriptReplays } from './replays.ts'
import { reproduceLines } from './reproduce.ts'

/** Engine over this process. */
export function transcriptEngine(): ReplayEngine {
  const searched = new SearchSide(new Records())
  return {
    reproduce(lines, pins, side) {
      if (side === 'vault') return reproduceLines(lines, pins)
      searched.clear()
      return reproduceLines(lines, pins, (reproduced) => searched.keep(reproduced))
    },
    async *search({ panel: _, ...input }) {
      const results: string[] = []
      const found = searched.search(input, (result) => results.push(canonical(result)))
      yield* results
      return found
    },
    score: transcriptReplays.score,
  }
}

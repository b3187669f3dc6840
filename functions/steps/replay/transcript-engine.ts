/** The transcript replayer in this process: what it puts aside stays in its memory. */
import { Records } from '#core/bytes/records.ts'
import { canonical } from '#core/canonical.ts'
import { askedLater } from '#core/evaluate/asked.ts'
import { SearchSide } from '#core/search/search-side.ts'
import type { ReplayEngine, VerdictSource } from '../../ports.ts'
import { transcriptReplays } from './replays.ts'
import { reproduceLines } from './reproduce.ts'
import { askOf, judgingWith } from './verdicts.ts'

/** Engine over this process. `verdicts`: who judges for evaluators that are asked elsewhere. */
export function transcriptEngine(verdicts?: VerdictSource): ReplayEngine {
  const replays = transcriptReplays(verdicts)
  const searched = new SearchSide(new Records())
  return {
    reproduce(lines, pins, side) {
      if (side === 'vault') return replays.reproduce(lines, pins, side)
      searched.clear()
      return reproduceLines(lines, pins, judgingWith(verdicts, side), (reproduced) => searched.keep(reproduced))
    },
    async *search({ panel: _, ...input }) {
      const results: string[] = []
      const searching = searched.search(input, (result) => results.push(canonical(result)))
      const found = await askedLater(searching, askOf(verdicts, 'search'))
      yield* results
      return found
    },
    score: replays.score,
    ...(replays.scoreTogether && { scoreTogether: replays.scoreTogether }),
  }
}

/**
 * The replay engine of a laptop: whatever searches runs in one restricted process, the sealer's replay and the gate in
 * another. Neither can read the store or the vault; each is told only what its side may know.
 */
import type { Reproduced } from '#core/baseline/reproduce.ts'
import type { CaseScore } from '#core/gate/score.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { Lines, Progress, ReplayEngine } from '../../../ports.ts'
import { type Packed, type Request, unpacked } from './protocol.ts'
import { RestrictedProcess } from './restricted-process.ts'

export interface IsolatedEngine extends ReplayEngine {
  /** Ends both processes. */
  close(): void
}

/** Engine over two restricted processes; `vault` is the folder that neither may reach, `aside` the one where they put aside. Both start at once, while the caller still reads its input. `progress`: is told now and then how far the search is. */
export function isolatedEngine(vault: string, progress: Progress = () => {}, aside = vault): IsolatedEngine {
  const searchSide = new ReplayProcess(vault, aside, nowAndThen(progress))
  const gateSide = new ReplayProcess(vault, aside)
  return {
    async *reproduce(lines, pins, side) {
      const underWay: string[] = []
      const sent = async function* () {
        for await (const line of lines) {
          underWay.push(line)
          yield line
        }
      }
      const keep = side === 'search'
      const replies = (keep ? searchSide : gateSide).converse({ verb: 'reproduce', pins, keep }, sent())
      for await (const reply of replies) yield { ...(JSON.parse(reply) as Reproduced), line: underWay.shift()! }
    },
    async *search({ panel: _, ...input }) {
      return unpacked(yield* searchSide.converse<Packed<SearchResult>>({ verb: 'search', input }))
    },
    async *score(lines, run, change) {
      for await (const reply of gateSide.converse({ verb: 'score', run, change }, lines))
        yield JSON.parse(reply) as CaseScore
    },
    close() {
      searchSide.close()
      gateSide.close()
    },
  }
}

const TOLD_EVERY_MS = 2000

/** A search tells of every candidate; people need no more than a sign of life. */
function nowAndThen(progress: Progress): Progress {
  let last = performance.now()
  return (message) => {
    if (performance.now() - last < TOLD_EVERY_MS) return
    last = performance.now()
    progress(message)
  }
}

/** The restricted process that replays. */
class ReplayProcess {
  readonly #process: RestrictedProcess

  constructor(vault: string, aside: string, progress?: Progress) {
    this.#process = new RestrictedProcess('./replay-child.ts', vault, progress, aside)
  }

  converse<T = null>(request: Request, lines?: Lines): AsyncGenerator<string, T> {
    return this.#process.converse<T>(request, lines)
  }

  close(): void {
    this.#process.close()
  }
}

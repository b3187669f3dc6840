/**
 * The replay engine of a laptop: whatever searches runs in one restricted process, the sealer's replay and the gate in
 * another. Neither can read the store or the vault; each is told only what its side may know.
 */
import type { ReplayEngine } from '../../../steps/engine.ts'
import type { Answers, Request } from './protocol.ts'
import { RestrictedProcess } from './restricted-process.ts'

export interface IsolatedEngine extends ReplayEngine {
  /** Ends both processes. */
  close(): void
}

/** Engine over two restricted processes; `vault` is the folder that neither may reach. Both start at once, while the caller still reads its input. */
export function isolatedEngine(vault: string): IsolatedEngine {
  const searchSide = new ReplayProcess(vault)
  const gateSide = new ReplayProcess(vault)
  return {
    async reproduce(cases, pins, side) {
      const { baselines, excluded } = await (side === 'search' ? searchSide : gateSide).ask({
        verb: 'reproduce',
        cases,
        pins,
      })
      const byId = new Map(cases.map((c) => [c.case_id, c]))
      return { lines: baselines.map(({ case_id, baseline }) => ({ case: byId.get(case_id)!, baseline })), excluded }
    },
    search({ panel: _, ...input }) {
      return searchSide.ask({ verb: 'search', input })
    },
    score: (lines, run, change) => gateSide.ask({ verb: 'score', lines, run, change }),
    close() {
      searchSide.close()
      gateSide.close()
    },
  }
}

/** The restricted process that replays. */
class ReplayProcess {
  readonly #process: RestrictedProcess

  constructor(vault: string) {
    this.#process = new RestrictedProcess('./replay-child.ts', vault)
  }

  ask<V extends Request['verb']>(request: Extract<Request, { verb: V }>): Promise<Answers[V]> {
    return this.#process.ask(request)
  }

  close(): void {
    this.#process.close()
  }
}

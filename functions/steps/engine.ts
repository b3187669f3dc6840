/** How cases are replayed. Every step that replays goes through one engine: in this process, in a child, or elsewhere. */

import type { SealedLine } from '#core/gate/reproduce.ts'
import { type Reproduction, reproduce } from '#core/gate/reproduce.ts'
import type { CaseScore } from '#core/gate/score.ts'
import { scoreCase } from '#core/gate/score.ts'
import type { BaselinePins } from '#core/replay/baseline.ts'
import { type SearchResult, search } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { applyPatch } from '#core/space/lattice.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { AutotuneRun, Replayer } from '#schemas/run.ts'

export interface ReplayEngine {
  /** What a run pins of it; absent: the transcript replayer, which is this program itself. */
  readonly replayer?: Replayer
  /**
   * Looks at a few search cases before anything is pinned or sealed. Throws UserError when nothing could come of a run,
   * such as when a harness fails on all of them. Absent: nothing to look at.
   */
  check?(cases: readonly ReplayCase[], pins: BaselinePins): Promise<void>
  /** Replays the baseline over cases of one side of the split. The vault side is called by the sealer only. */
  reproduce(cases: readonly ReplayCase[], pins: BaselinePins, side: 'search' | 'vault'): Promise<Reproduction>
  /** Searches over the search set; never sees the vault. */
  search(input: SearchInput): Promise<SearchResult>
  /** Scores every sealed line for one candidate, in line order. Called by the gate only. */
  score(lines: readonly SealedLine[], run: AutotuneRun, change: CandidateChange): Promise<CaseScore[]>
}

/** The replayer of an engine, as a run pins it. */
export const replayerOf = (engine: ReplayEngine): Replayer => engine.replayer ?? { kind: 'transcript' }

/** The transcript replayer in this process. */
export const transcriptEngine: ReplayEngine = {
  reproduce: async (cases, pins) => reproduce(cases, pins),
  search: async (input) => search(input),
  async score(lines, run, change) {
    const settings = applyPatch(run.pack.settings, change.patch)
    const pins = { baseline: run.pack.settings, prices: run.price_table }
    return lines.map((line) => scoreCase(line, settings, pins, run.evaluator_suite))
  },
}

/** How cases are replayed. Every step that replays goes through one engine: in this process, in a child, or elsewhere. */

import type { BaselinePins } from '#core/baseline/baseline.ts'
import type { CaseScore } from '#core/gate/score.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { AutotuneRun, Replayer } from '#schemas/run.ts'
import type { Lines, ReproducedLine } from './reproduce.ts'

export interface ReplayEngine {
  /** What a run pins of it; absent: the transcript replayer, which is this program itself. */
  readonly replayer?: Replayer
  /**
   * Looks at a few search cases before anything is pinned or sealed. Throws UserError when nothing could come of a run,
   * such as when a harness fails on all of them. Absent: nothing to look at.
   */
  check?(lines: Lines, pins: BaselinePins): Promise<void>
  /**
   * Replays the baseline over case lines of one side of the split, in their order. The vault side is called by the sealer
   * only; the search side is what `search` then works on.
   */
  reproduce(lines: Lines, pins: BaselinePins, side: 'search' | 'vault'): AsyncIterable<ReproducedLine>
  /**
   * Searches over what was reproduced last; never sees the vault. Yields the lines of `replay-results.jsonl` as it reads
   * the replays, and returns the rest.
   */
  search(input: SearchInput): AsyncGenerator<string, SearchResult>
  /** Scores every sealed line for one candidate, in line order. Called by the gate only. */
  score(lines: Lines, run: AutotuneRun, change: CandidateChange): AsyncIterable<CaseScore>
}

/** The replayer of an engine, as a run pins it. */
export const replayerOf = (engine: Pick<ReplayEngine, 'replayer'>): Replayer =>
  engine.replayer ?? { kind: 'transcript' }

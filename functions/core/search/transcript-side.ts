/** The transcript replays of one process: it reads each case once, and holds those that a search goes on with. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { type CaseReplay, panelOf, type SealedLine } from '../gate/reproduce.ts'
import { type CaseScore, scoreCase } from '../gate/score.ts'
import { Slimmer } from '../replay/slim.ts'
import { applyPatch } from '../space/lattice.ts'
import type { OnRecord } from './memo.ts'
import { type SearchResult, search } from './search.ts'
import type { SearchInput } from './search-input.ts'

/** A search set whose baseline was replayed here. */
export class SearchSide {
  #lines: SealedLine[] = []
  #slimmer = new Slimmer()

  /** Forgets what was reproduced before. */
  clear(): void {
    this.#lines = []
    this.#slimmer = new Slimmer()
  }

  /** Holds a case, if its baseline reproduced. */
  keep({ case: replayCase, result }: CaseReplay): void {
    if ('measures' in result) this.#lines.push({ case: this.#slimmer.slim(replayCase), baseline: result.measures })
  }

  /** Searches over the cases that are held. */
  search(input: Omit<SearchInput, 'panel'>, record: OnRecord): SearchResult {
    return search({ ...input, panel: panelOf(this.#lines) }, record)
  }
}

/** Scores sealed lines for one candidate. */
export function lineScorer(run: AutotuneRun, change: CandidateChange): (line: string) => CaseScore {
  const settings = applyPatch(run.pack.settings, change.patch)
  const pins = { baseline: run.pack.settings, prices: run.price_table }
  return (line) => scoreCase(JSON.parse(line) as SealedLine, settings, pins, run.evaluator_suite)
}

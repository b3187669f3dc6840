/** The transcript replays of one process: it reads each case once, and puts aside those that a search goes on with. */
import { type CaseReplay, Gathered, headOf } from '../baseline/reproduce.ts'
import type { Records } from '../bytes/records.ts'
import type { VerdictAnswer, VerdictQuestion } from '../evaluate/asked.ts'
import type { OnRecord } from './memo.ts'
import { type SearchOptions, type SearchResult, search } from './search.ts'
import { SearchCases } from './search-cases.ts'
import type { SearchInput } from './search-input.ts'
import { Shard } from './shard.ts'

/** A search set whose baseline was replayed here, in case order. */
export class SearchSide {
  readonly #aside: Records
  #cases: SearchCases
  /** null: a shard of several, whose search is another process's. */
  #gathered: Gathered | null
  /** Does any case have a recording that was made for a plan? */
  hasPlanned = false

  constructor(aside: Records) {
    this.#aside = aside
    this.#cases = new SearchCases(aside)
    this.#gathered = new Gathered(aside)
  }

  /** Forgets what was reproduced before. */
  clear(): void {
    this.#cases = new SearchCases(this.#aside)
    this.#gathered = new Gathered(this.#aside)
    this.hasPlanned = false
  }

  /** Keeps a case, if its baseline reproduced. `isShard`: nothing is asked but what a shard answers, and the rest is let go. */
  keep({ case: replayCase, result }: CaseReplay, isShard = false): void {
    if (!('measures' in result)) return
    if (isShard) this.#gathered = null
    this.#gathered?.add({ case: headOf(replayCase), result })
    this.#cases.add(replayCase, result.floors)
    this.hasPlanned ||= replayCase.recordings.some(({ plan }) => plan !== undefined)
  }

  /** The cases that are kept as a shard of a search over several. */
  shard({ pins, suite }: Pick<SearchInput, 'pins' | 'suite'>): Shard {
    return new Shard(this.#cases, pins, suite)
  }

  /** Searches over the cases that are kept; yields what evaluators have to be asked elsewhere. */
  search(
    input: Omit<SearchInput, 'panel'>,
    record: OnRecord,
    options: Pick<SearchOptions, 'progress'> = {},
  ): Generator<VerdictQuestion, SearchResult, readonly VerdictAnswer[]> {
    const { panel } = this.#gathered!.reproduction(input.draw)
    return search({ ...input, panel: { ...panel, cases: this.#cases } }, record, { ...options, aside: this.#aside })
  }
}

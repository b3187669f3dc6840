/** Messages between the program and the restricted process that searches. */
import type { CaseHead } from '#core/evaluate/panel.ts'
import type { SealedLine } from '#core/gate/reproduce.ts'
import type { CaseAnswer, Round } from '#core/search/replayer.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'

export type SearchTurn =
  /** A search reads ids, families and baseline measures. */
  | { readonly input: Omit<SearchInput, 'panel'>; readonly lines: readonly SealedLine<CaseHead>[] }
  | { readonly answers: readonly CaseAnswer[] }

/** What comes next; before it, the replays that were read, a line each. */
export type SearchStep = { readonly round: Round } | { readonly result: SearchResult }

/** Messages between the program and the restricted process that searches. */
import type { SealedLine } from '#core/gate/reproduce.ts'
import type { CaseAnswer, Round } from '#core/search/replayer.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'

export type SearchTurn =
  /** Cases without their recordings: a search reads ids, families and baseline measures. */
  | { readonly input: Omit<SearchInput, 'panel'>; readonly lines: readonly SealedLine[] }
  | { readonly answers: readonly CaseAnswer[] }

export type SearchStep = { readonly round: Round } | { readonly result: SearchResult }

/** Messages between the program and its restricted replay processes. */

import type { Measures } from '#core/evaluate/scorecard.ts'
import type { Reproduction, SealedLine } from '#core/gate/reproduce.ts'
import type { CaseScore } from '#core/gate/score.ts'
import type { BaselinePins } from '#core/replay/baseline.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { AutotuneRun } from '#schemas/run.ts'

export type Request =
  | { readonly verb: 'reproduce'; readonly cases: readonly ReplayCase[]; readonly pins: BaselinePins }
  /** Over the cases that were reproduced last. */
  | { readonly verb: 'search'; readonly input: Omit<SearchInput, 'panel'> }
  | {
      readonly verb: 'score'
      readonly lines: readonly SealedLine[]
      readonly run: AutotuneRun
      readonly change: CandidateChange
    }

export interface Answers {
  readonly reproduce: {
    readonly baselines: readonly { readonly case_id: string; readonly baseline: Measures }[]
    readonly excluded: Reproduction['excluded']
  }
  readonly search: SearchResult
  readonly score: CaseScore[]
}

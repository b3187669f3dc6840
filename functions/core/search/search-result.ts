/** What a search leaves, as values. */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { Patch } from '#schemas/common.ts'
import type { MeasureList } from '../evaluate/measure-list.ts'
import type { Control } from './control.ts'
import type { PlannedFamilies } from './planned-families.ts'
import type { ReplayCounts } from './replayer.ts'

/** What the same replays buy without a search. */
export interface NoSearchArm {
  /** Random candidates that the budget paid for, the last one possibly in part. */
  readonly candidates: number
  readonly replays: number
  /** Best of them that keeps every point rule and is better than the baseline; null when none is. */
  readonly best: { readonly patch: Patch; readonly metric: number } | null
}

export interface SearchResult {
  /** Every listed candidate with its fate; the committed ones carry fate `committed`. */
  readonly candidates: readonly CandidateScore[]
  /** The ordered list for the gate: front of (evidence, metric), safest first, at most eight. */
  readonly committed: readonly CandidateScore[]
  /** Measures of the first committed candidate in panel order: what the preflight forecasts from. */
  readonly firstMeasures: MeasureList | null
  readonly counts: ReplayCounts & { visited: number; exact: boolean }
  /** What the same replays buy without a search; null for hand-written candidates. */
  readonly noSearch: NoSearchArm | null
  /** Candidates that neither memory nor rendering alone decided; absent: no proposer was asked. */
  readonly replayed?: readonly string[]
  readonly control: Control
  /** Search families that have the first committed candidate from recordings made for a plan; absent: none has. */
  readonly planned?: PlannedFamilies
}

/** What the pages of the workbench show, as values: whoever reads a store fills them. */
import type { RunsByDay } from '#core/experience/days.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { Patch } from '#schemas/common.ts'
import type { Correction } from '#schemas/correction.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { RejectionLift, RejectionRecord } from '#schemas/proposal.ts'
import type { Review } from '#schemas/review.ts'
import type { RunSummary } from '#schemas/run.ts'
import type { RunLine } from '#schemas/run-line.ts'

/** A sealed version by what is published of it. */
export interface SealedCounts {
  readonly version: string
  readonly families: number
  readonly cases: number
  readonly used: number
  readonly questions: number
  /** Why it can be asked nothing any more; null: it lives. */
  readonly retired: string | null
}

export interface IntentView {
  readonly intent: string
  /** Id of the tuple in force; null: no rollout of this store has put one there. */
  readonly in_force: string | null
  readonly rollout_id: string | null
  readonly open_reviews: readonly string[]
  readonly sealed: readonly SealedCounts[]
}

/** One run in a list. null: not known, or there is none. */
export interface RunRowView extends Omit<RunLine, 'date' | 'verdict'> {
  readonly date: string | null
  readonly verdict: string | null
  readonly status: string
}

export interface RunsView {
  readonly rows: readonly RunRowView[]
  readonly intents: readonly string[]
  /** What was asked for; null: all. */
  readonly intent: string | null
  readonly verdict: string | null
  /** Place behind the last line that was looked at; null: there are no more. */
  readonly next: string | null
  readonly looked: number
  /** Is this a page behind the first? */
  readonly later: boolean
  /** Runs of an older version, of which no line is kept, were looked for among so many; null: not on this page. */
  readonly unkept: { readonly looked: number; readonly all: boolean } | null
}

export interface RunView {
  readonly row: RunRowView
  readonly reasons: readonly string[]
  /** null: the run is not finished. */
  readonly summary: RunSummary | null
  readonly started_at: string | null
  readonly reviews: readonly string[]
  readonly rollout: string | null
  /** Number of the first candidate shown, from 0. */
  readonly from: number
  /** What else stands there about it, such as the command that goes on with it. */
  readonly commands: readonly string[]
}

/** One case as a candidate was replayed on it. */
interface ReplayedCase {
  readonly candidate_id: string
  readonly case_id: string
  readonly status: string
  readonly reason: string | null
  readonly context_equal: boolean
  readonly findings: readonly { readonly severity: string; readonly message: string }[]
}

/** Replays that were found in a part of a run's results. */
export interface Replays {
  readonly found: readonly ReplayedCase[]
  /** Bytes of `replay-results.jsonl` from which to read on; null: it was read to its end. */
  readonly next: number | null
}

export interface CandidateView {
  readonly run: string
  readonly intent: string
  readonly candidate: CandidateScore
  readonly replays: Replays
}

export interface CaseRun {
  readonly run_id: string
  readonly date: string
  readonly verdict: string
  /** Did its search set hold this case? null: that set is not there any more. */
  readonly held: boolean | null
}

export interface CaseView {
  readonly intent: string
  readonly case_id: string
  readonly recordings: readonly RecordingView[]
  readonly runs: readonly CaseRun[]
  /** Replays of it in one run; null: none was asked for. */
  readonly replays: (Replays & { readonly run: string }) | null
}

export interface RecordingView {
  readonly run_id: string
  /** The run as it was recorded; text: why it cannot be read. */
  readonly run: ExperienceRun | string
  /** Its decision record as it is stored; null: not to be had. */
  readonly decision_record: string | null
  /** What was said of it after it was stored, in that order. */
  readonly corrections: readonly Correction[]
}

/** Fields that recorded runs may lack, and in how many of those looked at they do. */
export interface MissingFields {
  readonly looked: number
  /** Is that all of the search set? */
  readonly all: boolean
  readonly missing: readonly { readonly field: string; readonly runs: number }[]
}

/** A "no" that memory holds. `lifted`: who has it forgotten, when and why; null: it holds. */
interface RejectionView {
  readonly id: string
  readonly source: RejectionRecord['source']
  readonly run_id: string
  readonly change: Patch
  readonly reason: string
  readonly lifted: Omit<RejectionLift, 'lifts'> | null
}

export interface StoreIntent {
  readonly intent: string
  readonly days: RunsByDay
  /** Segments of the index whose days nobody has counted yet, and that were not read here. */
  readonly uncounted: number
  readonly cases: number | null
  readonly fields: MissingFields
  readonly sealed: readonly SealedCounts[]
  /** What people, production and sealed versions said no to, and whatever was lifted; the rest as a count. */
  readonly memory: { readonly rows: readonly RejectionView[]; readonly seen: number }
}

export interface StoreView {
  readonly intents: readonly StoreIntent[]
  /** What imports of traces made of them, and what they dropped by reason; null: no run comes from traces. */
  readonly traces: {
    readonly imports: number
    readonly runs: number
    readonly dropped: Readonly<Record<string, number>>
  } | null
  /** Packs, suites and price tables by their refs. */
  readonly documents: readonly string[]
}

export interface ReviewRow {
  readonly run_id: string
  readonly review: Review
}

export interface RolloutRow {
  readonly rollout_id: string
  readonly intent: string
  readonly status: string
  readonly stage: string
  readonly since: string
  readonly from: string
  readonly to: string
}

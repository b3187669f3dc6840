/** What the definition of done looks at: the change of an intent that came furthest, and everything that the store says of it. */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { RejectionRecord, TuningProposal } from '#schemas/proposal.ts'
import type { Rollout } from '#schemas/release.ts'
import type { Review } from '#schemas/review.ts'
import type { AuditLine, AutotuneRun, RunManifest } from '#schemas/run.ts'
import type { CountTokens } from '../space/prompt/tokens.ts'

/** A file of the store with the digest of its bytes; null: it is not there. */
export interface Evidence {
  readonly path: string
  readonly digest: string | null
}

/** Whether something that was recomputed is what is stored; null: nobody can tell. */
export interface Recomputed {
  readonly holds: boolean | null
  /** What differs, or why nobody can tell, a line each. */
  readonly why: readonly string[]
}

/** A finished run, as its files have it. */
export interface RunFacts {
  readonly run: AutotuneRun
  readonly manifest: RunManifest
  readonly candidates: readonly CandidateScore[]
  readonly proposal: TuningProposal | null
  readonly audit: readonly AuditLine[]
  /** Every file that a run leaves, by its name. */
  readonly files: Readonly<Record<string, Evidence>>
  readonly recomputed: Recomputed
}

/** A try to read sealed cases from the side that the search reads. */
export interface LeakTry {
  readonly tried: string
  /** Were sealed bytes there? */
  readonly found: boolean
  readonly says: string
}

/** A rollout with what its signed artifact recomputes to. */
export interface RolloutFacts {
  readonly rollout: Rollout
  readonly artifact: Evidence
  readonly recomputed: Recomputed
}

export interface DoneFacts {
  /** null: nothing was run in this store. */
  readonly intent: string | null
  /** null: no run of the intent has ended. */
  readonly run: RunFacts | null
  /** Unlifted rejections that the next run of the same question would be handed. */
  readonly handed: readonly RejectionRecord[]
  /** Unlifted rejections of this run's question, whoever is handed them. */
  readonly held: readonly RejectionRecord[]
  readonly leaks: readonly LeakTry[]
  /** What of the store is not as its journal of heads has it, a line each. */
  readonly changed: readonly string[]
  /** Latest review of the run's proposal. */
  readonly review: Review | null
  readonly rollout: RolloutFacts | null
  /** Counts prompt blocks as the pack says. */
  readonly count: CountTokens
}

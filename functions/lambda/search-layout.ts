/** How a compiled search set is laid out: in pieces, each by a function of its own, and what these say of their cases. */
import type { BaselinePins } from '#core/baseline/baseline.ts'
import type { Reproduced } from '#core/baseline/reproduce.ts'
import type { ResolvedTarget } from '#core/contract/resolve.ts'
import type { LookedAt } from '#core/gate/pinned-limits.ts'
import type { ScopesHold } from '#core/space/scopes.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { ObjectRef } from '#schemas/payloads.ts'
import type { TuningTarget } from '#schemas/target.ts'

/** What all pieces of a search set are laid out by. */
export interface LayoutPins {
  readonly pins: BaselinePins
  readonly target: TuningTarget
  readonly resolved: ResolvedTarget
  /** Hand-written changes, of which those for some cases are counted. */
  readonly changes: readonly CandidateChange[] | null
}

/** First line of what became of a piece: the shard of its cases that reproduce; or why there is none, as a person reads it. */
export type LaidHead =
  | {
      readonly cases: number
      readonly version_id: string
      /** What a harness answered under the baseline, as lines of `harness-replies.jsonl`; absent: none replays. */
      readonly replies?: ObjectRef
    }
  | { readonly problem: string; readonly begun: string | null }

/** A further line: one case, without what it holds. */
export interface LaidCase extends Reproduced {
  /** For the limits of checked rows. */
  readonly looked: LookedAt | null
  /** Of a case that reproduces; absent: no change is for some cases alone. */
  readonly hold?: ScopesHold
}

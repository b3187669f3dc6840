/** What a reviewer is shown of a proposal, as one value. Its digest is what a decision is bound to. */
import type { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import type { ReleaseTuple } from '#schemas/pack.ts'
import type { PartProposal } from '#schemas/part-proposal.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { Rebaseline } from '#schemas/quarterly.ts'
import type { RollbackReplay } from '#schemas/release.ts'
import type { RunSummary } from '#schemas/run.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import { digestOf } from '../canonical.ts'
import type { RunEvidence } from '../evidence/types.ts'
import { isPart } from './any-proposal.ts'

/** A case of the search set that the winner does worse on, or whose findings a reviewer should see. */
export interface SearchRegression {
  readonly case_id: string
  readonly family_id: string
  readonly findings: readonly string[]
}

/** Everything of the proposal that the page shows; nothing else of it is shown. */
export interface ShownProposal {
  readonly proposal: TuningProposal
  /** Surfaces of the changed paths: bounds, layer and owner. */
  readonly surfaces: readonly TunableSurface[]
  readonly candidates: readonly CandidateScore[]
  /** The baseline's value of the target metric on the search set. */
  readonly baseline_metric: number | null
  /** The same number of replays spent on random candidates; null: the run had no such arm. */
  readonly no_search: RunSummary['search']['no_search']
  readonly regressions: readonly SearchRegression[]
  /** What replaying the change showed, case by case. Absent: the review was opened by a version that gathered none. */
  readonly evidence?: RunEvidence
  /** What memory says of the same values under another baseline, when the review is opened. Absent: nothing. */
  readonly other_baseline?: string
  /** The tuple that comes back, and its replay where it was done already. */
  readonly rollback: { readonly tuple: ReleaseTuple | null; readonly replay: RollbackReplay | null }
  /** Why this run certifies nothing for real use; null: it is for real. */
  readonly demonstration: string | null
}

/** The same of a part that replay cannot judge. */
export interface ShownPart extends Pick<ShownProposal, 'rollback'> {
  readonly proposal: PartProposal
  /** Both versions, for people to compare; null: of a pack. `before` is null where it was never imported. */
  readonly texts: { readonly before: string | null; readonly after: string } | null
  /** Both suites side by side; null: no evaluators change. */
  readonly rebaseline: Rebaseline | null
}

/** Whatever is reviewed. */
export type Shown = ShownProposal | ShownPart

export const isShownPart = (shown: Shown): shown is ShownPart => isPart(shown.proposal)

/** Digest of exactly what is shown. */
export const shownDigest = (shown: Shown): string => digestOf(shown)

/**
 * Is this replay of a candidate a regression: a case that the baseline passed and the candidate fails, or one that breaks a
 * floor? Cases whose context did not change were never paid for, and cannot regress.
 * @param passed case ids that the baseline passes; null where that is not known: then every failing case is one
 */
export function regressionOf(result: ReplayResult, passed: ReadonlySet<string> | null): SearchRegression | null {
  if (!fell(result, passed)) return null
  const { case_id, family_id, status, reason, findings } = result
  return {
    case_id,
    family_id,
    findings: status === 'replayed' ? findings.map((f) => f.message) : [`${status}: ${reason ?? 'no reason'}`],
  }
}

function fell({ case_id, status, scorecard }: ReplayResult, passed: ReadonlySet<string> | null): boolean {
  if (status !== 'replayed' || scorecard === null) return true
  const { policy_violation, safety_violation, approval_bypass, utility_passed } = scorecard.measures
  if (policy_violation === true || safety_violation === true || approval_bypass === true) return true
  return utility_passed === false && (passed === null || passed.has(case_id))
}

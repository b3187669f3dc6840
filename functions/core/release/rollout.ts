/**
 * A rollout as pure transitions of one item. State and promotion records stand in the same item, so that one write, on
 * condition that the revision is still the one that was read, moves both or neither: no record is lost, and of two
 * transitions at once one wins.
 */
import type { RiskClass } from '#schemas/common.ts'
import type { ReleaseTuple } from '#schemas/pack.ts'
import type { PromotionRecord, RollbackReplay, Rollout, RolloutConfig, Stage, StageRow } from '#schemas/release.ts'
import type { Review } from '#schemas/review.ts'
import { STAGES } from '#schemas/stages.ts'
import { digestOf } from '../canonical.ts'
import type { DecisionCodes } from '../heads/decisions.ts'
import { instantAfter } from '../instant.ts'
import { reviewProblems } from '../review/review.ts'
import type { ReleaseVerdict } from './monitor.ts'
import type { StageVerdict } from './stage-verdict.ts'
import { isActive } from './status.ts'

/** A transition, or that there is nothing to do, or why it may not happen. Only the first is written. */
export type Transition =
  | { readonly next: Rollout; readonly record: PromotionRecord }
  | { readonly unchanged: string }
  | { readonly refused: string }

/** `by` of a transition that no person made. */
export const MACHINE = 'rollout'

export interface StartRollout {
  readonly rollout_id: string
  /** Approved, and its chain is checked again here. */
  readonly review: Review
  readonly candidate: ReleaseTuple
  /** The tuple in force: the whole of it is the rollback target. */
  readonly baseline: ReleaseTuple
  readonly risk_class: RiskClass
  readonly config: RolloutConfig
  readonly rollback_replay: RollbackReplay
  readonly at: string
}

/** Starts a rollout in `0%_shadow`, or says everything that stands against it. */
export function startRollout(
  input: StartRollout,
): { readonly next: Rollout; readonly record: PromotionRecord } | { readonly refused: readonly string[] } {
  const refused = startProblems(input)
  if (refused.length > 0) return { refused }
  const { review, config, at, candidate } = input
  const stage = STAGES[0]
  const draft: Rollout = {
    rollout_id: input.rollout_id,
    tuning_proposal_id: review.tuning_proposal_id,
    review_id: review.review_id,
    intent: candidate.intent,
    risk_class: input.risk_class,
    ...(review.certification && { certification: review.certification }),
    candidate,
    baseline: input.baseline,
    config,
    approver: review.decisions.map(({ role, reviewer }) => ({ role, reviewer })),
    rollback_replay: input.rollback_replay,
    status: 'running',
    stage,
    entered_at: at,
    deadline: instantAfter(at, config.stages[stage].deadline_hours),
    missing: [],
    records: [],
    revision: 0,
  }
  const record = recordOf(draft, {
    verdict: 'advanced',
    from_stage: null,
    to_stage: stage,
    by: MACHINE,
    at,
    reasons: [],
  })
  return { next: { ...draft, records: [record] }, record }
}

function startProblems({ rollout_id, review, candidate, baseline, rollback_replay: replay }: StartRollout): string[] {
  const problems = reviewProblems(review)
  if (rollout_id.length > 120) problems.push('a rollout id has at most 120 characters: its records append to it')
  if (review.status !== 'approved') problems.push(`review ${review.review_id} is ${review.status}, not approved`)
  if (candidate.prior_release_tuple_id !== baseline.release_tuple_id)
    problems.push(`the candidate does not name ${baseline.release_tuple_id} as the tuple it replaces`)
  if (candidate.release_tuple_id === baseline.release_tuple_id)
    problems.push('candidate and baseline are the same tuple')
  if (candidate.intent !== baseline.intent) problems.push('candidate and baseline belong to different intents')
  if (replay.release_tuple_id !== baseline.release_tuple_id)
    problems.push(`${replay.release_tuple_id} was replayed, the rollback target is ${baseline.release_tuple_id}`)
  if (replay.cases === 0) problems.push('the rollback target was replayed on no case')
  if (replay.reproduced !== replay.cases)
    problems.push(
      `the rollback target reproduces ${replay.reproduced} of ${replay.cases} cases: there is nothing to roll back to`,
    )
  return problems
}

/** Puts a stage verdict into effect. A verdict of another revision is refused: somebody moved the rollout since. */
export function applyVerdict(rollout: Rollout, verdict: StageVerdict, at: string): Transition {
  if (verdict.rollout_id !== rollout.rollout_id) return { refused: `the verdict is for ${verdict.rollout_id}` }
  if (ended(rollout)) return { unchanged: `the rollout is ${rollout.status}` }
  if (verdict.revision !== rollout.revision || verdict.stage !== rollout.stage)
    return { refused: `the verdict was reached on revision ${verdict.revision}, the rollout is at ${rollout.revision}` }
  switch (verdict.verdict) {
    case 'wait':
      return { unchanged: `in ${rollout.stage} until ${verdict.until}` }
    case 'pause':
      return pause(rollout, verdict.reasons, at)
    case 'roll_back':
      return end(rollout, 'rolled_back', verdict.reasons, MACHINE, at)
    case 'advance':
      return advance(rollout, verdict.reasons, at)
  }
}

function advance(rollout: Rollout, reasons: readonly StageRow[], at: string): Transition {
  const to = STAGES[STAGES.indexOf(rollout.stage) + 1] ?? null
  const moved: Rollout =
    to === null
      ? {
          ...rollout,
          status: 'released',
          missing: [],
          entered_at: at,
          deadline: instantAfter(at, rollout.config.window.hours),
        }
      : { ...rollout, ...entering(rollout.config, to, at) }
  return transition(rollout, moved, { verdict: 'advanced', to_stage: to, reasons, by: MACHINE, at })
}

const entering = (config: RolloutConfig, stage: Stage, at: string) => ({
  status: 'running' as const,
  stage,
  missing: [],
  entered_at: at,
  deadline: instantAfter(at, config.stages[stage].deadline_hours),
})

/** A standing pause gains a record only when something new is missing, so that evaluating every minute fills no item. */
function pause(rollout: Rollout, reasons: readonly StageRow[], at: string): Transition {
  const fresh = reasons.map((r) => r.rule).filter((rule) => !rollout.missing.includes(rule))
  if (rollout.status === 'paused' && fresh.length === 0)
    return { unchanged: `paused already: ${rollout.missing.join(', ')}` }
  const paused: Rollout = { ...rollout, status: 'paused', missing: [...rollout.missing, ...fresh] }
  return transition(rollout, paused, { verdict: 'paused', to_stage: rollout.stage, reasons, by: MACHINE, at })
}

interface ByHand {
  readonly by: string
  readonly reason: string
  readonly at: string
}

/** The kill switch: the whole prior tuple, at once, from every state in which the candidate may serve. Twice is once. */
export function stopRollout(rollout: Rollout, hand: ByHand): Transition {
  if (hand.reason.trim() === '') return { refused: 'a stop needs a reason' }
  if (ended(rollout) && rollout.status !== 'released' && rollout.status !== 'kept')
    return { unchanged: `the rollout is ${rollout.status} already` }
  return end(rollout, 'stopped', [personRow(hand)], hand.by, hand.at)
}

/** A person gives a paused stage a new deadline. What was missing is still missing: the next evaluation says so. */
export function resumeRollout(rollout: Rollout, hand: ByHand): Transition {
  if (hand.reason.trim() === '') return { refused: 'a resume needs a reason' }
  if (rollout.status !== 'paused') return { unchanged: `the rollout is ${rollout.status}, not paused` }
  const deadline = instantAfter(hand.at, rollout.config.stages[rollout.stage].deadline_hours)
  const running: Rollout = { ...rollout, status: 'running', missing: [], deadline }
  return transition(rollout, running, {
    verdict: 'resumed',
    to_stage: rollout.stage,
    reasons: [personRow(hand)],
    by: hand.by,
    at: hand.at,
  })
}

/** Puts the monitor's verdict on a released rollout into effect. */
export function applyRelease(rollout: Rollout, verdict: ReleaseVerdict, at: string): Transition {
  if (verdict.rollout_id !== rollout.rollout_id) return { refused: `the verdict is for ${verdict.rollout_id}` }
  if (rollout.status !== 'released') return { unchanged: `the rollout is ${rollout.status}` }
  if (verdict.revision !== rollout.revision)
    return { refused: `the verdict was reached on revision ${verdict.revision}, the rollout is at ${rollout.revision}` }
  if (verdict.verdict === 'pending') return { unchanged: `watched until ${verdict.until}` }
  return end(rollout, RELEASE_END[verdict.verdict], verdict.reasons, MACHINE, at)
}

const RELEASE_END = { keep: 'kept', roll_back: 'rolled_back', supersede: 'superseded', retire: 'retired' } as const

/** Is the rollout in no stage any more? */
const ended = ({ status }: Rollout): boolean => !isActive(status)

const personRow = ({ by, reason }: ByHand): StageRow => ({
  rule: 'person',
  kind: 'person',
  verdict: 'bad',
  observed: null,
  limit: null,
  note: `${by}: ${reason.trim()}`,
})

function end(
  rollout: Rollout,
  status: 'rolled_back' | 'stopped' | 'kept' | 'superseded' | 'retired',
  reasons: readonly StageRow[],
  by: string,
  at: string,
): Transition {
  return transition(rollout, { ...rollout, status, missing: [] }, { verdict: status, to_stage: null, reasons, by, at })
}

type Entry = Pick<PromotionRecord, 'verdict' | 'to_stage' | 'by' | 'at'> & { readonly reasons: readonly StageRow[] }

function transition(before: Rollout, moved: Rollout, entry: Entry): Transition {
  const from_stage = before.status === 'released' || before.status === 'kept' ? null : before.stage
  const record = recordOf(before, { ...entry, from_stage })
  return { next: { ...moved, records: [...before.records, record], revision: before.revision + 1 }, record }
}

function recordOf(rollout: Rollout, entry: Entry & Pick<PromotionRecord, 'from_stage'>): PromotionRecord {
  const { rollout_id, tuning_proposal_id, certification, records, config, approver, baseline } = rollout
  const last = records.at(-1)
  return {
    promotion_id: `${rollout_id}_${String(records.length).padStart(3, '0')}`,
    rollout_id,
    tuning_proposal_id,
    ...(certification && { certification }),
    seq: records.length,
    from_stage: entry.from_stage,
    to_stage: entry.to_stage,
    verdict: entry.verdict,
    reasons: [...entry.reasons],
    cohort: entry.to_stage === null ? null : config.stages[entry.to_stage].cohort,
    thresholds: digestOf(config),
    approver,
    by: entry.by,
    rollback_target: baseline.release_tuple_id,
    at: entry.at,
    previous: last ? digestOf(last) : null,
  }
}

/** The row of a rollout. Its revision is the rollout's own. */
export interface RolloutItem {
  readonly run_id: string
  readonly rollout: Rollout
  /** Absent: nobody signs decisions here. */
  readonly codes?: DecisionCodes
}

/** What a step did: the item as it then stands, and the transition, or why there was none. */
export interface Moved {
  readonly item: RolloutItem
  readonly record: PromotionRecord | null
  readonly unchanged: string | null
}

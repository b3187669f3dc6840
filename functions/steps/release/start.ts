/** Starts the rollout of an approved proposal: next pack version, pinned tuples, replayed rollback target, one item. */
import { digestOf } from '#core/canonical.ts'
import { ownMetricProblem } from '#core/contract/questions.ts'
import { partTuple } from '#core/release/part-proposal.ts'
import { type RolloutItem, startRollout } from '#core/release/rollout.ts'
import { ownScoresOf } from '#core/release/stage-data.ts'
import { isActive } from '#core/release/status.ts'
import { nextTuple } from '#core/release/tuple.ts'
import { type AnyProposal, isPart } from '#core/review/any-proposal.ts'
import type { ContextPack, ReleaseTuple } from '#schemas/pack.ts'
import type { RollbackReplay, Rollout, RolloutConfig } from '#schemas/release.ts'
import type { Review } from '#schemas/review.ts'
import { SUBJECT_RULES } from '#schemas/stages.ts'
import { UserError } from '../../errors.ts'
import type { ReplayEngine, Signer, Store } from '../../ports.ts'
import { publishPack } from '../experience/documents.ts'
import { needHeads } from '../heads/check.ts'
import { withCodes } from '../heads/decision-codes.ts'
import type { Pinned } from '../review/part-proposals.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { approvedProposal, replayTarget } from './approval.ts'
import { takePlace } from './in-force.ts'
import { plannedVersion, reserveVersion } from './pack-versions.ts'
import { readRollout, rolloutId } from './rollouts.ts'
import { settle } from './settle.ts'
import { releasedBaseline, writeTuple } from './tuples.ts'

interface StartRequest {
  readonly runId: string
  /** Without `subjects`: the defaults are written out. */
  readonly config: RolloutConfig
}

/** Everything that a start will write. */
interface Plan {
  readonly pack: ContextPack
  readonly baseline: ReleaseTuple
  readonly candidate: ReleaseTuple
  readonly rollout: Rollout
}

/**
 * Starts a rollout, or returns the one that stands. Killed at any write, the next start ends the same.
 * @throws UserError, with nothing written: no approved review whose chain holds, files that changed since, a patch that no
 *   longer fits, another rollout of the intent on its way, or a rollback target that does not reproduce
 */
export async function startRunRollout(
  store: Store,
  engine: Pick<ReplayEngine, 'reproduce'>,
  signer: Signer,
  { runId, config: declared }: StartRequest,
): Promise<RolloutItem> {
  const config = writtenOut(declared)
  const id = rolloutId(runId)
  const standing = await readRollout(store, id)
  if (!standing) await needHeads(store)
  if (standing) return await stands(store, signer, standing, config)
  const { review, shown, proposal, run } = await approvedProposal(store, runId)
  const intent = proposal.target.intent
  const named = [
    ...ownScoresOf(config).map((own) => ({ ...own, name: own.measure === 'own_score' ? 'own_score' : 'own_scores' })),
    { ...config.window, name: 'window' },
  ]
  for (const { name, metric, direction } of named) {
    const refuse = (field: string, problem: string) =>
      new UserError(`the rollout cannot start: ${name}.${field} of the configuration: ${problem}`)
    const problem = ownMetricProblem(metric, run.evaluator_suite)
    if (problem !== null) throw refuse('metric', problem)
    const { metric: tuned, direction: wanted } = run.target
    if (metric === tuned && direction !== wanted)
      throw refuse('direction', `${direction}, and what was approved is to ${wanted} ${metric}: better lies there`)
  }
  const baseline = await releasedBaseline(store, run)
  if (!isPart(proposal) && digestOf(shown.rollback.tuple?.digests) !== digestOf(baseline.digests))
    throw new UserError(`target.json of run ${runId} pins other documents than review ${review.review_id} approved`)
  const place = { rollout_id: id, release_tuple_id: baseline.release_tuple_id }
  const look = (other: string) => passable(store, signer, other)
  await takePlace(store, intent, place, look, true)
  const replay = await replayTarget(store, engine, { run, proposal, shown }, baseline)
  const plan = await reservedPlan(store, { id, run, proposal, review, baseline, replay, config })
  await publishPack(store, plan.pack)
  await writeTuple(store, baseline)
  await writeTuple(store, plan.candidate)
  await store.table.create(...rowKeys.proposalRollout(proposal.tuning_proposal_id, id), { rollout_id: id })
  await takePlace(store, intent, place, look)
  const [pk, sk] = rowKeys.rollout(id)
  const body: RolloutItem = { run_id: runId, rollout: plan.rollout }
  const item = await withCodes(store.heads, 'terminal', { pk, sk, before: {}, body })
  if (!(await store.table.create(pk, sk, item)))
    return await stands(store, signer, (await readRollout(store, id))!, config)
  await settle(store, signer, item)
  return item
}

const writtenOut = (config: RolloutConfig): RolloutConfig => ({ ...config, subjects: config.subjects ?? SUBJECT_RULES })

/** A rollout that is there already, if it is the one that is asked for. */
async function stands(store: Store, signer: Signer, item: RolloutItem, config: RolloutConfig): Promise<RolloutItem> {
  const { rollout_id, config: started } = item.rollout
  if (digestOf(writtenOut(started)) !== digestOf(config))
    throw new UserError(
      `rollout ${rollout_id} was started with another configuration, which is signed and stays: "autotune rollout show ${rollout_id}"`,
    )
  await settle(store, signer, item)
  return item
}

/** Why another rollout of the intent stands in the way; null: it has left its stages, and the place is free again. */
async function passable(store: Store, signer: Signer, other: string): Promise<string | null> {
  const item = await readRollout(store, other)
  if (!item)
    return `rollout ${other} of this intent is being started: start it again to finish it, and then stop it or wait`
  const { status, stage } = item.rollout
  if (isActive(status))
    return `rollout ${other} of this intent is ${status} in ${stage}: one at a time. Wait, or stop it with "autotune rollout stop ${other} --reason TEXT"`
  await settle(store, signer, item)
  return null
}

interface Approval {
  readonly id: string
  readonly run: Pinned
  readonly proposal: AnyProposal
  readonly review: Review
  readonly baseline: ReleaseTuple
  readonly replay: RollbackReplay
  readonly config: RolloutConfig
}

/** The plan of a start under a version number that is its own. The number is the first thing that is written. */
async function reservedPlan(store: Store, approval: Approval): Promise<Plan> {
  for (;;) {
    const plan = await planned(store, approval)
    const { id, run, proposal, review, baseline } = approval
    // Another part of the tuple changes: its version was published by whoever made it.
    if (plan.pack.pack === run.pack.pack) return plan
    const reserved = await reserveVersion(store, {
      pack: plan.pack.pack,
      from_pack: run.pack.pack,
      tuning_proposal_id: proposal.tuning_proposal_id,
      run_id: run.run_id,
      review_id: review.review_id,
      rollout_id: id,
      release_tuple_id: plan.candidate.release_tuple_id,
      prior_release_tuple_id: baseline.release_tuple_id,
    })
    if (reserved) return plan
  }
}

async function planned(store: Store, approval: Approval): Promise<Plan> {
  const { id, run, proposal, review, baseline, replay, config } = approval
  const pack = await plannedVersion(store, run, proposal)
  const candidate = isPart(proposal) ? partTuple(baseline, proposal, pack) : nextTuple(baseline, pack)
  const done = startRollout({
    rollout_id: id,
    review,
    candidate,
    baseline,
    risk_class: isPart(proposal)
      ? proposal.risk_class
      : run.pack.intents.find((i) => i.intent_id === proposal.target.intent)!.risk_class,
    config,
    rollback_replay: replay,
    at: store.clock.now(),
  })
  if ('refused' in done)
    throw new UserError(`the rollout cannot start:\n${done.refused.map((r) => `  ${r}`).join('\n')}`)
  return { pack, baseline, candidate, rollout: done.next }
}

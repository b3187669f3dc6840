/**
 * Checks the contract and takes the lock: one run per intent and risk class. Before both hold nothing is written but the record
 * of a refusal.
 */
import { digestOf } from '#core/canonical.ts'
import { liveProblems } from '#core/contract/live-problems.ts'
import { pinOf } from '#core/live/live-model.ts'
import { cageProblem, liveOf } from '#core/replay/cage.ts'
import { ENV } from '#schemas/env-names.ts'
import type { LiveModel } from '#schemas/live-model.ts'
import { type RunRef, StartRunInput } from '#schemas/payloads.ts'
import { Replayer } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { StartRequest } from '#schemas/workflow.ts'
import { UserError } from '../errors.ts'
import { needDocument } from '../lambda/live-document.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import type { Step } from '../lambda/step.ts'
import { putJson } from '../lambda/work.ts'
import { deployedModule, type World } from '../lambda/world.ts'
import { parseAs } from '../steps/experience/parse.ts'
import { drawnBy } from '../steps/experience/split-rule.ts'
import { JUDGE_CAGE, undeployedJudge } from '../steps/replay/deployed-judges.ts'
import { verdictCage } from '../steps/replay/verdicts.ts'
import { answeredContract, reasonsOf } from '../steps/run/contract.ts'
import { freshRunId, isTaken } from '../steps/run/finish.ts'
import { boundedCandidates, boundedProposed } from '../steps/run/hand-written.ts'
import { needNotEnded, openRuns, takeLock } from '../steps/run/lock.ts'
import { aboutOf } from '../steps/run/pinned-input.ts'
import { ContractRefused, leaveRefusal } from '../steps/run/refusal.ts'
import { recordRun } from '../steps/run/run-record.ts'
import { gatherStanding, yearProblems } from '../steps/run/standing.ts'

export const startRunFunction: Step<StartRunInput, RunRef> = {
  name: 'start-run',
  input: StartRunInput,
  about: ({ execution }) => ({ execution }),
  outcome: ({ run_id, intent }) => ({ says: { run: run_id, intent } }),
  async work({ request: given, execution, begun }, world) {
    const { store } = world
    const request = parseAs(StartRequest, given, 'execution input')
    const { target, candidates: written, run_id, demonstration, live } = request
    const contract = await answeredContract(store, target).catch(async (error: unknown) => {
      if (!(error instanceof ContractRefused)) throw error
      return await leaveRefusal(store, { target }, run_id, error)
    })
    const { pack, resolved, riskClass } = contract
    needProposed(target, request.proposed)
    const placed = written?.map((change, i) => ({ at: `candidates[${i}]`, change })) ?? null
    const candidates = placed && (await boundedCandidates(placed, pack, target))
    const proposed = request.proposed && (await boundedProposed(request.proposed, pack, target))
    if (run_id !== null && (await isTaken(store, run_id)))
      throw new UserError(`${keys.autotuneRun(run_id, 'manifest.json')} exists: choose another run_id`)
    const started_at = store.clock.now()
    const standing = await gatherStanding(store, target, await yearProblems(store, target))
    const reasons = reasonsOf({ target, candidates }, contract, standing)
    if (reasons.length > 0) {
      const id = run_id ?? (await freshRunId(store, target, started_at))
      const reason = reasons.join('\n')
      const refused = {
        status: 'failed',
        execution,
        started_at,
        risk_class: riskClass,
        verdict: 'refused',
        reason,
      } as const
      if ((await openRuns(store, id)).length === 0) await recordRun(store, resolved.intent, id, refused)
      throw new ContractRefused(reasons)
    }
    const replayer = liveReplayer(replayerFor(target, world), live, world)
    const unread = liveOf(replayer) ? liveProblems(contract.suite) : []
    if (unread.length > 0) throw new UserError(unread.join('\n'))
    const judge = contract.suite.evaluators.find(({ check }) => check === 'model')
    if (judge)
      throw new UserError(
        `evaluator ${judge.evaluator_id} of ${contract.suite.suite} asks a model judge, and a deployment asks none yet: run it on a folder, or write the rule in JsonLogic, JSONata or a module`,
      )
    const undeployed = undeployedJudge(contract.suite, world.judges)
    if (undeployed) throw new UserError(undeployed)
    const verdict_cage = verdictCage(contract.suite, { cage: JUDGE_CAGE })
    const caged = cageProblem(target, { replayer, verdict_cage })
    if (caged) throw new UserError(caged)
    const about = aboutOf({ target, candidates, replayer, ...(proposed && { proposed }) })
    // A lock of this very execution is a retry of this very step; any other one belongs to somebody at work.
    const holder = { name: execution, isAlive: (name: string) => name !== execution }
    const wanted = { run_id: run_id ?? (await freshRunId(store, target, started_at)), about }
    const lock = await takeLock(store, resolved.intent, riskClass, wanted, holder)
    const draw = await drawnBy(store)
    const asked = {
      target,
      candidates,
      runId: lock.run_id,
      demonstration,
      about,
      replayer,
      ...draw,
      ...(live && { budget: live.budget }),
      ...(proposed && { proposed }),
    }
    const kept = await putJson(store, workKeys.request(lock.run_id), asked)
    const run = {
      run_id: lock.run_id,
      intent: resolved.intent,
      risk_class: riskClass,
      execution,
      started_at,
      request: kept,
    }
    const record = {
      status: 'running',
      execution,
      started_at,
      risk_class: riskClass,
      verdict: null,
      reason: null,
    } as const
    await recordRun(store, run.intent, run.run_id, record)
    try {
      await needNotEnded(store, { ...run, begun })
    } catch (error) {
      await recordRun(store, run.intent, run.run_id, {
        ...record,
        status: 'failed',
        reason: (error as Error).message,
      })
      throw error
    }
    return run
  },
}

/** They were asked by the step before, or where the run was started. Of a harness they have no baseline to go by. */
function needProposed({ proposers = [], scoring }: TuningTarget, proposed: StartRequest['proposed']): void {
  if ((proposed || proposers.length > 0) && scoring?.replayer === 'module')
    throw new UserError('proposers go with recordings: hand changes for a harness of your own over as candidates')
  const missing = proposers.filter((name) => !proposed?.proposers.includes(name))
  if (missing.length > 0)
    throw new UserError(
      `the target names proposers (${missing.join(', ')}) that were not asked where the run was started: name them there, or hand nothing over as proposed`,
    )
}

/** A target that is scored by a harness of one's own needs a deployment that names one. */
function replayerFor(target: TuningTarget, world: Pick<World, 'harness'>): Replayer {
  if (target.scoring?.replayer !== 'module') return { kind: 'transcript' }
  if (world.harness === null)
    throw new UserError(
      'scoring.replayer is "module", and this deployment names no harness: deploy it with -c harness=PATH of the module, or -c harness=ARN:VERSION of a function',
    )
  const module = deployedModule(world)
  if (module === null) return parseAs(Replayer, world.harness, ENV.harness)
  const { function_arn: _, cage = JUDGE_CAGE, ...pinned } = module
  return { ...pinned, cage }
}

/** The same with the model that it asks live: the document of the deployment, and no other one. */
function liveReplayer(replayer: Replayer, document: LiveModel | null, world: Pick<World, 'live'>): Replayer {
  if (document === null) return replayer
  if (replayer.kind !== 'module')
    throw new UserError(
      'a live run asks a model what a harness module would ask it: give the target "scoring": {"replayer": "module"}, and deploy the module with -c harness=PATH',
    )
  const pin = pinOf(document)
  if ('problem' in pin)
    throw new UserError(`live: ${pin.problem}: its owner signs it with "autotune sign FILE --by PERSON"`)
  if (digestOf(needDocument(world.live?.document ?? null, pin).budget) !== digestOf(document.budget))
    throw new UserError(
      'live: its budget is not that of the document that is deployed: deploy it anew with -c live=FILE',
    )
  return { ...replayer, live: pin }
}

export const handler = makeHandler(startRunFunction)

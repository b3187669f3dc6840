/** Replays by a harness module that a deployment runs, a case a call: each in a process of its own. */

import type { HarnessReply } from '#core/replay/harness.ts'
import type { LiveCase } from '#core/replay/live-case.ts'
import type { GivenAnswer, PinnedRecording, ReplayCall } from '#core/replay/pinned-answers.ts'
import { type DeployedHarness, HARNESS_START_MS, ReplayReturn } from '#schemas/harness-call.ts'
import type { Replayer } from '#schemas/run.ts'
import { UserError } from '../../errors.ts'
import type { FunctionCaller, Pass, RunLoader, Scratch, VerdictSource } from '../../ports.ts'
import { inParallel } from '../../streams/groups.ts'
import { MOST_CALLS } from '../live/case-model.ts'
import { withoutModels } from '../live/live-job.ts'
import { harnessReplays } from './harness-replays.ts'
import type { HarnessRunner, Job, Side } from './harness-runner.ts'
import { replyIn } from './lambda-replays.ts'
import type { CaseReplays } from './replays.ts'

type ModuleReplayer = Extract<Replayer, { kind: 'module' }>

export interface ModuleRunner {
  readonly replayer: ModuleReplayer
  /** What is deployed for the side of whoever asks: `runsModule` has held it against the replayer. */
  readonly deployed: DeployedHarness
  readonly runs: Readonly<Record<Side, RunLoader>>
  readonly caller: FunctionCaller
  /** Who judges for evaluators that are asked elsewhere; absent: nobody. */
  readonly verdicts?: VerdictSource | undefined
  /** Cases at once. */
  readonly atOnce: number
  /** Where the answers of the search side are kept; absent: nobody asks for them. */
  readonly aside?: Scratch | undefined
  /** The model that answers model steps anew; absent: recorded answers do. */
  readonly live?: DeployedLive | undefined
  /** As `HarnessRunner` has it. */
  readonly tried?: HarnessRunner<ModuleReplayer>['tried']
}

/** The model of a live run in a deployment. */
export interface DeployedLive extends NonNullable<HarnessRunner<Replayer>['live']> {
  /** The model steps of one replay. */
  caseOf(job: Job, side: Side, pass: Pass): LiveCase
}

/** The module that a run pinned, as it is deployed. Throws UserError where there is none, or another one. */
export function runsModule({ path, digest }: ModuleReplayer, deployed: DeployedHarness | null): DeployedHarness {
  if (deployed?.digest === digest) return deployed
  const there = deployed ? `another one (${deployed.digest.slice(0, 19)})` : 'none'
  throw new UserError(
    `the run pinned the harness module ${path} of digest ${digest.slice(0, 19)}, and this deployment has ${there}: deploy it with -c harness=${path}, from those bytes`,
  )
}

export function moduleReplays({ live, aside, tried, ...runner }: ModuleRunner): CaseReplays {
  const { replayer, runs, verdicts, atOnce } = runner
  return harnessReplays({
    replayer,
    name: `the harness module ${replayer.path}`,
    runs,
    verdicts,
    tried,
    ...(aside && { aside }),
    ...(live && { live }),
    map: (side, pass, items, work) =>
      inParallel(items, atOnce, (item) =>
        work(item, (job) => (live ? askLive(job, live.caseOf(job, side, pass), runner) : askModule(job, runner))),
      ),
  })
}

async function askModule(job: Job, runner: Caller): Promise<HarnessReply> {
  const reply = await called({ recording: job.recording, settings: job.settings }, undefined, runner)
  return 'asks_model' in reply ? { unreplayable: 'model: no model may be asked in this run' } : reply
}

/**
 * Calls the function until its harness asks nothing new: a call cannot wait for a model, so what was answered is given to the next
 * one, whose process comes past that point. A harness that asks otherwise then has been given other cases, and the second pass tells.
 */
async function askLive({ recording, settings }: Job, model: LiveCase, runner: Caller): Promise<HarnessReply> {
  const job = { recording: withoutModels(recording), settings }
  const given: GivenAnswer[] = []
  // What is asked beyond the most calls has no answer, whatever the harness makes of that.
  while (given.length <= MOST_CALLS) {
    const reply = await called(job, given, runner)
    if (!('asks_model' in reply)) return model.settled(reply)
    const { prompt } = reply.asks_model
    given.push({ prompt, ...(await model.model(prompt)) })
  }
  return model.settled({ failed: 'the harness asked the model again and again' })
}

type Caller = Pick<ModuleRunner, 'replayer' | 'deployed' | 'caller'>
type Called = HarnessReply | { readonly asks_model: { readonly prompt: string } }

async function called(
  job: { readonly recording: PinnedRecording; readonly settings: Job['settings'] },
  live: readonly GivenAnswer[] | undefined,
  { replayer: { path, digest, limit_ms }, deployed: { function_arn }, caller }: Caller,
): Promise<Called> {
  const request: ReplayCall = { job, limit_ms, ...(live && { live }) }
  // A process that dies is started once more.
  const came = await caller.call(function_arn, request, 2 * (HARNESS_START_MS + limit_ms))
  if ('failed' in came) return came
  const { data: reply } = ReplayReturn.safeParse(came.returned)
  if (!reply) return { failed: 'the function of the harness module answers in another protocol: deploy it anew' }
  if (reply.digest !== digest)
    throw new UserError(
      `the function of the harness module ${path} runs other bytes (${reply.digest.slice(0, 19)}) than the run pinned (${digest.slice(0, 19)}): deploy it anew with -c harness=${path}`,
    )
  if ('unloadable' in reply) throw new UserError(reply.unloadable)
  return 'asks_model' in reply.reply ? reply.reply : replyIn(reply.reply, job.recording)
}

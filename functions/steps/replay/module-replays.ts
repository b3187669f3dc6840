/** Replays by a harness module that a deployment runs, a case a call: each in a process of its own. */
import type { HarnessReply } from '#core/replay/harness.ts'
import type { ReplayCall } from '#core/replay/pinned-answers.ts'
import { type DeployedHarness, HARNESS_START_MS, ReplayReturn } from '#schemas/harness-call.ts'
import type { Replayer } from '#schemas/run.ts'
import { UserError } from '../../errors.ts'
import type { FunctionCaller, RunLoader, VerdictSource } from '../../ports.ts'
import { inParallel } from '../../streams/groups.ts'
import { harnessReplays, type Job, type Side } from './harness-replays.ts'
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
  /** As `HarnessRunner` has it. */
  readonly tried?: boolean
}

/** The module that a run pinned, as it is deployed. Throws UserError where there is none, or another one. */
export function runsModule({ path, digest }: ModuleReplayer, deployed: DeployedHarness | null): DeployedHarness {
  if (deployed?.digest === digest) return deployed
  const there = deployed ? `another one (${deployed.digest.slice(0, 19)})` : 'none'
  throw new UserError(
    `the run pinned the harness module ${path} of digest ${digest.slice(0, 19)}, and this deployment has ${there}: deploy it with -c harness=${path}, from those bytes`,
  )
}

export function moduleReplays({
  replayer,
  deployed,
  runs,
  caller,
  atOnce,
  verdicts,
  tried = false,
}: ModuleRunner): CaseReplays {
  return harnessReplays({
    replayer,
    name: `the harness module ${replayer.path}`,
    runs,
    verdicts,
    tried,
    map: (_side, _pass, items, work) =>
      inParallel(items, atOnce, (item) => work(item, (job) => askModule(job, replayer, deployed, caller))),
  })
}

async function askModule(
  { recording, settings }: Job,
  { path, digest, limit_ms }: ModuleReplayer,
  { function_arn }: DeployedHarness,
  caller: FunctionCaller,
): Promise<HarnessReply> {
  const request: ReplayCall = { job: { recording, settings }, limit_ms }
  // A process that dies is started once more.
  const called = await caller.call(function_arn, request, 2 * (HARNESS_START_MS + limit_ms))
  if ('failed' in called) return called
  const { data: reply } = ReplayReturn.safeParse(called.returned)
  if (!reply) return { failed: 'the function of the harness module answers in another protocol: deploy it anew' }
  if (reply.digest !== digest)
    throw new UserError(
      `the function of the harness module ${path} runs other bytes (${reply.digest.slice(0, 19)}) than the run pinned (${digest.slice(0, 19)}): deploy it anew with -c harness=${path}`,
    )
  if ('unloadable' in reply) throw new UserError(reply.unloadable)
  return 'asks_model' in reply.reply
    ? { unreplayable: 'model: no model may be asked in this run' }
    : replyIn(reply.reply, recording)
}

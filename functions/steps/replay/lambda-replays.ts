/** Replays by the harness function that a run pinned, several cases at once. */
import type { ModelRequest } from '#core/model/request.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import { harnessResult } from '#core/replay/harness-result.ts'
import type { HarnessCall, PinnedRecording } from '#core/replay/pinned-answers.ts'
import { HarnessReturn } from '#schemas/harness-call.ts'
import type { Replayer } from '#schemas/run.ts'
import type { FunctionCaller, ModelPort, RunLoader, Scratch, VerdictSource } from '../../ports.ts'
import { inParallel } from '../../streams/groups.ts'
import { harnessReplays } from './harness-replays.ts'
import type { HarnessRunner, Job, Side } from './harness-runner.ts'
import type { CaseReplays } from './replays.ts'

type LambdaReplayer = Extract<Replayer, { kind: 'lambda' }>

interface LambdaRunner {
  readonly replayer: LambdaReplayer
  readonly runs: Readonly<Record<Side, RunLoader>>
  readonly caller: FunctionCaller
  /** Who judges for evaluators that are asked elsewhere; absent: nobody. */
  readonly verdicts?: VerdictSource | undefined
  /** The model of each side of the split: what a held-out case asked lies where held-out cases lie. */
  readonly models: Readonly<Record<Side, ModelPort>>
  /** Cases at once. */
  readonly atOnce: number
  /** Where the answers of the search side are kept; absent: nobody asks for them. */
  readonly aside?: Scratch | undefined
  /** As `HarnessRunner` has it. */
  readonly tried?: HarnessRunner<LambdaReplayer>['tried']
}

/** Model calls of one case. A harness that asks more is taken for one that does not end. */
const MOST_MODEL_CALLS = 16

export function lambdaReplays({
  replayer,
  runs,
  caller,
  models,
  atOnce,
  verdicts,
  aside,
  tried,
}: LambdaRunner): CaseReplays {
  return harnessReplays({
    replayer,
    name: `the harness function ${replayer.function_arn}`,
    runs,
    verdicts,
    ...(aside && { aside }),
    tried,
    map: (side, _pass, items, work) =>
      inParallel(items, atOnce, (item) => work(item, (job) => askFunction(job, replayer, caller, models[side]))),
  })
}

/** Calls the function until it has an answer: each model call that was not recorded is one call more. */
async function askFunction(
  { recording, settings }: Job,
  { function_arn, limit_ms, model }: LambdaReplayer,
  caller: FunctionCaller,
  port: ModelPort,
): Promise<HarnessReply> {
  let answers: HarnessCall['model_answers'] = model ? {} : null
  for (let asked = 0; ; asked++) {
    const request: HarnessCall = { recording, settings, model_answers: answers }
    const called = await caller.call(function_arn, request, limit_ms)
    if ('failed' in called) return called
    const { data: reply } = HarnessReturn.safeParse(called.returned)
    if (!reply) return { failed: 'the harness function answers in another protocol: make it with harnessFunction' }
    if (!('asks_model' in reply)) return replyIn(reply, recording)
    const { prompt } = reply.asks_model
    if (!model || answers === null) return { unreplayable: 'model: no model may be asked in this run' }
    if (asked === MOST_MODEL_CALLS || Object.hasOwn(answers, prompt))
      return { failed: `the harness asked the model again and again (${asked} calls)` }
    const answer = await port.converse(bedrockRequest(model, prompt))
    if ('refused' in answer) return { failed: `the model refused: ${answer.refused}` }
    answers = { ...answers, [prompt]: answer }
  }
}

/** As a deployed run has always asked: its answers are kept under this request. */
const bedrockRequest = (
  { model_arn, max_tokens }: NonNullable<LambdaReplayer['model']>,
  prompt: string,
): ModelRequest => ({
  model: { provider: 'bedrock', model_arn },
  prompt,
  max_tokens,
  temperature: 0,
  seed: null,
  sample: 0,
})

/** A reply, of which nothing is believed. */
export const replyIn = (
  reply: Exclude<HarnessReturn, { asks_model: unknown }>,
  recording: PinnedRecording,
): HarnessReply => ('returned' in reply ? resultOf(reply, recording) : reply)

function resultOf(
  { returned, served }: { readonly returned?: unknown; readonly served: readonly number[] },
  { tools, models, buckets }: PinnedRecording,
): HarnessReply {
  const steps = new Set([...tools, ...models, ...Object.values(buckets).flatMap((b) => b.steps)].map((s) => s.step))
  const stray = served.find((step, i) => !steps.has(step) || served.indexOf(step) !== i)
  if (stray !== undefined) return { failed: `the harness function was served step ${stray}, which answered nothing` }
  const checked = harnessResult(returned)
  return 'result' in checked
    ? { result: checked.result, served }
    : { failed: `the harness returned another shape: ${checked.problem}` }
}

/**
 * The synthesized workflows over a store in memory, with the real handlers. Each function is handed a store that does only
 * what the policies of its role allow.
 */
import type { Context } from 'aws-lambda'
import { advanceRun } from '../../../functions/handlers/advance-run.ts'
import { compileSearch } from '../../../functions/handlers/compile-search.ts'
import { openRetired } from '../../../functions/handlers/open-retired.ts'
import { pinRun } from '../../../functions/handlers/pin-run.ts'
import { publishAnswer } from '../../../functions/handlers/publish-answer.ts'
import { recordFailure } from '../../../functions/handlers/record-failure.ts'
import { replayShard } from '../../../functions/handlers/replay-shard.ts'
import { reserveQuestion } from '../../../functions/handlers/reserve-question.ts'
import { scoreShard } from '../../../functions/handlers/score-shard.ts'
import { sealAnswer } from '../../../functions/handlers/seal-answer.ts'
import { sealVersion } from '../../../functions/handlers/seal-version.ts'
import { startRun } from '../../../functions/handlers/start-run.ts'
import { makeHandler, type Step } from '../../../functions/shared/make-handler.ts'
import type { Store } from '../../../functions/steps/store.ts'
import { synthesize } from '../infra/deployment.ts'
import { resolver, type Templates } from '../infra/resolve.ts'
import { guarded } from './guarded.ts'
import { type Execution, type Machine, type Runner, redrive, start } from './runner.ts'
import { WorkflowError } from './workflow-error.ts'

/** Every step by the name of its function. */
export const STEPS = {
  AdvanceRun: advanceRun,
  CompileSearch: compileSearch,
  OpenRetired: openRetired,
  PinRun: pinRun,
  PublishAnswer: publishAnswer,
  RecordFailure: recordFailure,
  ReplayShard: replayShard,
  ReserveQuestion: reserveQuestion,
  ScoreShard: scoreShard,
  SealAnswer: sealAnswer,
  SealVersion: sealVersion,
  StartRun: startRun,
} as unknown as Readonly<Record<string, Step<unknown, unknown>>>

/** Called around each invocation, by the function's name and how often it was called; may throw to make it fail. */
export interface Faults {
  /** Seconds that a call takes: 1 where nothing is said, and more than any timeout for one that never comes back. */
  readonly seconds?: (name: string, call: number) => number
  readonly before?: (name: string, call: number) => void
  readonly after?: (name: string, call: number) => void
}

export interface Deployed {
  /** Runs the tuning workflow; a failure reaches the failure recorder as EventBridge would deliver it. */
  tune(input: unknown): Promise<Execution>
  redrive(execution: Execution): Promise<Execution>
  /** Calls of each function. */
  readonly calls: Readonly<Record<string, number>>
  /** Milliseconds since 1970 by the clock of the workflow. */
  now(): number
}

/** When the tests' workflows start. */
const EPOCH = Date.UTC(2026, 10, 23, 3)

let templates: Templates | undefined

/** Definitions of the synthesized machines by ARN. */
export function machinesOf(all: Templates): Record<string, Machine> {
  const resolve = resolver(all, 'AutotuneWorkflow')
  return Object.fromEntries(
    Object.entries(all.AutotuneWorkflow!.Resources!).flatMap(([id, r]) =>
      r.Type === 'AWS::StepFunctions::StateMachine'
        ? [[`arn:AutotuneWorkflow.${id}`, JSON.parse(String(resolve(r.Properties!.DefinitionString))) as Machine]]
        : [],
    ),
  )
}

/** Deploys over a store. */
export function deploy(
  store: Store,
  { shardCases = 500, faults = {} }: { shardCases?: number; faults?: Faults } = {},
): Deployed {
  templates ??= synthesize().templates
  const all = templates
  const machines = machinesOf(all)
  const functions = functionsOf(all)
  const calls: Record<string, number> = {}
  const begun: Record<string, number> = {}
  let now = EPOCH
  const clock = { now: () => new Date(now).toISOString() }
  const handlers = new Map(
    Object.entries(functions).map(([arn, { name, role }]) => {
      const world = { store: { ...guarded(store, all, role), clock }, shardCases }
      return [arn, makeHandler(STEPS[name]!, () => world)]
    }),
  )
  const seconds = (arn: string): number => {
    const { name } = functions[arn]!
    begun[name] = (begun[name] ?? 0) + 1
    return faults.seconds?.(name, begun[name]) ?? 1
  }
  const invoke = async (arn: string, payload: unknown, at: number): Promise<unknown> => {
    const { name } = functions[arn]!
    now = at
    calls[name] = (calls[name] ?? 0) + 1
    const call = calls[name]
    try {
      faults.before?.(name, call)
      const result = await handlers.get(arn)!(payload, context as Context)
      faults.after?.(name, call)
      return result
    } catch (error) {
      if (error instanceof WorkflowError) throw error
      throw new WorkflowError((error as Error).name, (error as Error).message)
    }
  }
  const unheard: Runner['unheard'] = []
  const runner: Runner = { machines, invoke, seconds, unheard, objects: store.objects }
  const arnOf = (part: string, from: object) => Object.keys(from).find((arn) => arn.includes(part))!
  const settled = async (execution: Execution): Promise<Execution> => {
    const detail = { executionArn: execution.arn, status: 'FAILED', ...execution.error }
    if (execution.status === 'FAILED') await invoke(arnOf('RecordFailure', functions), { detail }, execution.time.now)
    for (const call of unheard.splice(0)) await call().catch(() => {})
    return execution
  }
  return {
    calls,
    now: () => now,
    tune: async (input) => settled(await start(runner, arnOf('TuningWorkflow', machines), input, { now: EPOCH })),
    redrive: async (execution) => settled(await redrive(runner, execution)),
  }
}

/** Functions by ARN: their name, and the role they run under. */
function functionsOf(all: Templates): Record<string, { name: string; role: string }> {
  const resolve = resolver(all, 'AutotuneWorkflow')
  return Object.fromEntries(
    Object.entries(all.AutotuneWorkflow!.Resources!).flatMap(([id, r]) => {
      const name = /^AutotuneFunctions(\w+?)Function/.exec(id)?.[1]
      if (r.Type !== 'AWS::Lambda::Function' || !name) return []
      return [[`arn:AutotuneWorkflow.${id}`, { name, role: String(resolve(r.Properties!.Role)) }]]
    }),
  )
}

const context = {
  awsRequestId: '1',
  functionName: 'f',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:1:function:f',
  memoryLimitInMB: '128',
  logGroupName: 'g',
  logStreamName: 's',
  getRemainingTimeInMillis: () => 1000,
}

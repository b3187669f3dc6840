/**
 * The synthesized workflows over a store in memory, with the real handlers. Each function is handed a store that does only
 * what the policies of its role allow.
 */
import { createHmac } from 'node:crypto'
import type { Context } from 'aws-lambda'
import type { Attestor, Clock, FunctionCaller, Mailer, Signer, Store } from '#ports'
import { ENV } from '#schemas/env-names.ts'
import { makeHandler } from '../../../functions/lambda/make-handler.ts'
import { signed } from '../../../functions/lambda/signed-store.ts'
import { unsigned } from '../../../functions/lambda/world.ts'
import { watched } from '../../steps/stores.ts'
import { templatesOf } from '../infra/deployment.ts'
import { policiesOf } from '../infra/iam.ts'
import { resolver, type Templates } from '../infra/resolve.ts'
import { isVersioned } from '../memory/versioned-store.ts'
import { guarded, guardedMailer, guardedSigner, guardedTasks, guardedVersions } from './guarded.ts'
import { DESK_ORIGIN, type HttpApi, httpApi } from './http-api.ts'
import type { Execution, Machine, Runner, Started } from './machine.ts'
import { attesting, type Harness, judging, publishing, type RoutingTarget, replaying } from './outside.ts'
import { begin, redrive, start } from './runner.ts'
import { STEPS } from './steps.ts'
import { TaskTokens } from './task-tokens.ts'
import { WaitClock } from './wait-clock.ts'
import { WorkflowError } from './workflow-error.ts'

/** Called around each invocation, by the function's name and how often it was called; may throw to make it fail. */
export interface Faults {
  /** Seconds that a call takes: 1 where nothing is said, and more than any timeout for one that never comes back. */
  readonly seconds?: (name: string, call: number) => number
  readonly before?: (name: string, call: number) => void
  readonly after?: (name: string, call: number) => void
  /** Concurrent executions of Lambda that nobody has reserved: 1,000 where nothing is said. */
  readonly concurrency?: () => number
  /** Told each state that any execution enters. */
  readonly enter?: (state: string) => void
  /** Before each write of a function, by its name and where it writes. */
  readonly write?: (name: string, key: string) => void
}

export interface Deployed {
  /** Runs the tuning workflow; a failure reaches the failure recorder as EventBridge would deliver it. */
  tune(input: unknown): Promise<Execution>
  redrive(execution: Execution): Promise<Execution>
  /** Runs the daily routine, and starts what it starts. */
  daily(at: string, input?: unknown): Started
  /** The same of a week or a quarter. */
  look(which: 'Weekly' | 'Quarterly', at: string, input?: unknown): Started
  /** What was told to topics. */
  readonly published: NonNullable<Runner['published']>
  /** Starts the review workflow, which waits for people. */
  review(input: unknown): Started
  /** Starts the rollout workflow by hand. */
  rollout(input: unknown): Started
  /** Executions that workflows started, by machine and name. */
  readonly executions: ReadonlyMap<string, Started>
  /** The store as the agent's runtime may use it. */
  readonly runtime: Store
  /** Calls one function as an operator does. */
  call(name: string, payload: unknown): Promise<unknown>
  /** Sends a request to the desk. */
  readonly http: HttpApi
  readonly clock: WaitClock
  readonly tokens: TaskTokens
  /** Notices that were sent. */
  readonly mails: readonly Mail[]
  /** Calls of each function. */
  readonly calls: Readonly<Record<string, number>>
}

/** When the tests' workflows start. */
const EPOCH = Date.UTC(2026, 10, 23, 3)

export type Mail = Parameters<Mailer['send']>[0]

/** As the partition of most regions has it. */
const inAws = (definition: string): string => definition.replaceAll('arn:AWS::Partition:', 'arn:aws:')

/** Definitions of the synthesized machines by ARN. */
export function machinesOf(all: Templates): Record<string, Machine> {
  const resolve = resolver(all, 'AutotuneWorkflow')
  return Object.fromEntries(
    Object.entries(all.AutotuneWorkflow!.Resources!).flatMap(([id, r]) =>
      r.Type === 'AWS::StepFunctions::StateMachine'
        ? [
            [
              `arn:AutotuneWorkflow.${id}`,
              JSON.parse(inAws(String(resolve(r.Properties!.DefinitionString)))) as Machine,
            ],
          ]
        : [],
    ),
  )
}

interface Options {
  readonly shardCases?: number
  readonly faults?: Faults
  readonly harness?: Harness
  readonly routing?: RoutingTarget | undefined
  /** Keys of attestations, by what they sign. */
  readonly attestors?: Readonly<Record<string, Attestor>> | undefined
  /** Functions of modules that judge. */
  readonly judge?: FunctionCaller['call'] | undefined
  /** What the functions of the store take for the time. @default that of the execution */
  readonly time?: Clock | undefined
  /** @default those of a deployment of everything */
  readonly templates?: Templates
}

/** Deploys over a store. */
export function deploy(
  store: Store,
  { shardCases = 5000, faults = {}, harness, routing, judge, attestors = {}, time: told, templates }: Options = {},
): Deployed {
  const all = templates ?? harness?.templates ?? routing?.templates ?? templatesOf()
  const machines = machinesOf(all)
  const functions = functionsOf(all)
  const calls: Record<string, number> = {}
  const begun: Record<string, number> = {}
  const [clock, tokens, mails] = [new WaitClock(EPOCH), new TaskTokens(), [] as Mail[]]
  const started = new Map<string, Started>()
  const send = async (mail: Mail) => void mails.push(mail)
  const handlers = new Map(
    Object.entries(functions).map(([arn, { name, role, environment }]) => {
      const faulty = watched(store, (act, _, key) => act === 'write' && faults.write?.(name, key))
      const seen = guarded(
        { ...faulty, clock: told ?? clock },
        all,
        role,
        (ENV.heads in environment ? signed : unsigned).open,
        arn,
      )
      const world = {
        store: {
          ...seen,
          ...publishing(all, role, environment, seen.releases, routing),
          ...(ENV.yearBudget in environment ? { yearBudget: Number(environment[ENV.yearBudget]) } : {}),
        },
        shardCases,
        ...replaying(all, role, arn, environment, harness),
        ...judging(all, role, arn, environment, judge),
        code: guardedSigner(testSigner, all, role, 'ReviewLinkKey'),
        signer: guardedSigner(testSigner, all, role, 'ReleasesSigningKey'),
        mailer: guardedMailer({ send }, all, role, environment[ENV.sender] ?? ''),
        ...attesting(all, role, arn, environment, attestors),
        tasks: guardedTasks(tokens, all, role),
        origin: DESK_ORIGIN,
        ...(isVersioned(store) ? { versions: guardedVersions(store.versions, all, role, arn) } : {}),
      }
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
    clock.set(at)
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
  const published: Deployed['published'] = []
  const runner: Runner = {
    machines,
    invoke,
    seconds,
    unheard,
    published,
    enter: faults.enter,
    concurrency: faults.concurrency,
    objects: store.objects,
  }
  const time = () => Date.parse(clock.now())
  const live: Runner = {
    ...runner,
    live: {
      clock,
      tokens,
      started,
      counted: (machine, input) =>
        machine.includes('TuningWorkflow') ? begin(runner, machine, input, { now: time() }) : null,
    },
    seconds: () => 0,
    invoke: (arn, payload, at) => invoke(arn, payload, Math.max(at, time())),
  }
  const call = (arn: string, payload: unknown) => invoke(arn, payload, time())
  const arnOf = (part: string, from: object) => Object.keys(from).find((arn) => arn.includes(part))!
  const settled = async (execution: Execution): Promise<Execution> => {
    const detail = { executionArn: execution.arn, status: 'FAILED', stopDate: execution.time.now, ...execution.error }
    if (execution.status === 'FAILED') await invoke(arnOf('RecordFailure', functions), { detail }, execution.time.now)
    for (const call of unheard.splice(0)) await call().catch(() => {})
    return execution
  }
  return {
    calls,
    clock,
    tokens,
    mails,
    http: httpApi(all, call),
    // By its name; where several functions are of one, by the start of its id.
    call: (name, payload) =>
      call(Object.keys(functions).find((arn) => functions[arn]!.name === name || arn.includes(`.${name}`))!, payload),
    executions: started,
    published,
    daily: (at, input = {}) => {
      clock.set(Date.parse(at))
      return begin(live, arnOf('.CadenceDailyWorkflow', machines), input, { now: time() })
    },
    look: (which, at, input = {}) => {
      clock.set(Date.parse(at))
      return begin(live, arnOf(`.Cadence${which}Workflow`, machines), input, { now: time() })
    },
    rollout: (input) => begin(live, arnOf('.RolloutsWorkflow', machines), input, { now: time() }),
    runtime: guarded({ ...store, clock }, all, arnOfRole(all, 'RolloutsRuntime')),
    review: (input) => begin(live, arnOf('.ReviewWorkflow', machines), input, { now: time() }),
    tune: async (input) => settled(await start(runner, arnOf('TuningWorkflow', machines), input, { now: EPOCH })),
    redrive: async (execution) =>
      /\.(Cadence(Daily|Weekly|Quarterly)|Review|Rollouts)Workflow/.test(execution.machine)
        ? redrive(live, execution)
        : settled(await redrive(runner, execution)),
  }
}

const arnOfRole = (all: Templates, start: string): string =>
  policiesOf(all).roles.find((role) => role.includes(`.${start}`))!

interface DeployedFunction {
  readonly name: string
  readonly role: string
  readonly environment: Readonly<Record<string, string>>
}

/** Functions by ARN: their name, and the role they run under. */
function functionsOf(all: Templates): Record<string, DeployedFunction> {
  const resolve = resolver(all, 'AutotuneWorkflow')
  return Object.fromEntries(
    Object.entries(all.AutotuneWorkflow!.Resources!).flatMap(([id, r]) => {
      const name =
        /^(?:Attestations(?:Gate|Decisions|Promotions)|AuditSql|AutotuneFunctions|Autotune(?=EraseRuns)|Cadence|Review|Rollouts)(\w+?)Function/.exec(
          id,
        )?.[1]
      if (r.Type !== 'AWS::Lambda::Function' || !name) return []
      const { Role, Environment } = r.Properties as {
        Role: unknown
        Environment: { Variables: Record<string, unknown> }
      }
      const environment = Object.fromEntries(
        Object.entries(Environment.Variables).map(([k, v]) => [k, String(resolve(v))]),
      )
      return [[`arn:AutotuneWorkflow.${id}`, { name, role: String(resolve(Role)), environment }]]
    }),
  )
}

export const testSigner: Signer = {
  key: 'test',
  sign: async (text) => createHmac('sha256', 'test').update(text).digest('base64url'),
  holds: async (text, mac) => mac === (await testSigner.sign(text)),
}

const context = {
  awsRequestId: '1',
  functionName: 'f',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:1:function:f',
  memoryLimitInMB: '128',
  logGroupName: 'g',
  logStreamName: 's',
  // Of a real machine: modules that judge are started anew with every call.
  getRemainingTimeInMillis: () => 900_000,
}

/**
 * Runs synthesized state machines offline: just the states and fields that we emit, anything else throws. Its behaviour
 * is taken from the documentation of Step Functions: variables, Assign beside Output, Retry, Catch, Distributed Map,
 * failed children, redrive from the state that failed. Time is counted, not waited for: each execution has a clock of its own,
 * but where a test plays the people that a workflow waits for: there it waits until the test lets time pass.
 */
import { evaluate } from './expressions.ts'
import {
  type Execution,
  type Json,
  KNOWN,
  type Machine,
  only,
  type Runner,
  type Started,
  type State,
  sized,
  type Time,
} from './machine.ts'
import { WorkflowError } from './workflow-error.ts'

/** Thrown where an execution is stopped from outside. No state catches it. */
class Stopped extends Error {
  override name = 'Stopped'
}

function pass({ time }: Execution, ms: number): void {
  if (time.now + ms > time.end) throw new Stopped()
  time.now += ms
}

let executions = 0

type Start = Partial<Time> & { readonly now: number; readonly variables?: Json }

/** Starts an execution and runs it to its end. */
export const start = (runner: Runner, machine: string, input: unknown, at: Start): Promise<Execution> =>
  begin(runner, machine, input, at).ended

/** Starts an execution. */
export function begin(
  runner: Runner,
  machine: string,
  input: unknown,
  { now, end = Number.POSITIVE_INFINITY, variables = {} }: Start,
): Started {
  const execution: Execution = {
    arn: `${machine}:execution:${executions++}`,
    machine,
    status: 'RUNNING',
    output: null,
    error: null,
    entered: [],
    at: { state: runner.machines[machine]!.StartAt, input: sized(input) },
    variables: { ...variables },
    done: new Map(),
    started: now,
    redriven: null,
    time: { now, end },
  }
  return { execution, ended: run(runner, execution) }
}

/** Goes on where a failed execution stopped, with its variables. */
export async function redrive(runner: Runner, execution: Execution): Promise<Execution> {
  if (execution.status !== 'FAILED') throw new Error('only a failed execution is redriven')
  execution.status = 'RUNNING'
  execution.error = null
  // Whoever redrives looks at it first; where time is waited for, the test says how long.
  if (!runner.live) pass(execution, 1000)
  execution.redriven = execution.time.now
  return run(runner, execution)
}

const run = (runner: Runner, execution: Execution): Promise<Execution> =>
  runner.live ? runner.live.clock.running(() => steps(runner, execution)) : steps(runner, execution)

async function steps(runner: Runner, execution: Execution): Promise<Execution> {
  const definition = runner.machines[execution.machine]!
  only('a machine', definition, ['Comment', 'QueryLanguage', 'StartAt', 'TimeoutSeconds', 'States'])
  if (definition.QueryLanguage !== 'JSONata') throw new Error('the runner knows JSONata only')
  try {
    for (;;) {
      const { state: name, input } = execution.at
      execution.entered.push(name)
      runner.enter?.(name)
      const next = await step(runner, execution, definition.States[name]!, input)
      if (next.state === null) {
        execution.status = 'SUCCEEDED'
        execution.output = next.input
        return execution
      }
      execution.at = { state: next.state, input: next.input }
      execution.done = new Map()
    }
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    execution.status = 'FAILED'
    execution.error = { error: error.error, cause: error.message }
    return execution
  }
}

type Next = { readonly state: string | null; readonly input: unknown }

async function step(runner: Runner, execution: Execution, state: State, input: unknown): Promise<Next> {
  const known = KNOWN[state.Type]
  if (!known) throw new Error(`the runner does not know the state type ${state.Type}`)
  only(state.Type, state, known)
  const StartTime = new Date(execution.started).toISOString()
  const EnteredTime = new Date(execution.time.now).toISOString()
  const StateMachine = { Id: execution.machine }
  const RedriveTime = execution.redriven === null ? {} : { RedriveTime: new Date(execution.redriven).toISOString() }
  const context = { Execution: { Id: execution.arn, StartTime, ...RedriveTime }, State: { EnteredTime }, StateMachine }
  const states = { input, context }
  const bind = (more: Json = {}) => ({ ...execution.variables, states: { ...states, ...more } })
  const leave = async (from: Json, more: Json, result: unknown): Promise<unknown> => {
    const assigned = from.Assign ? ((await evaluate(from.Assign, bind(more))) as Json) : {}
    const output = from.Output === undefined ? result : await evaluate(from.Output, bind(more))
    Object.assign(execution.variables, sized(assigned))
    return sized(output)
  }
  if (state.Type === 'Pass') return { state: state.Next as string, input: await leave(state, {}, input) }
  if (state.Type === 'Fail') throw new WorkflowError(state.Error as string, state.Cause as string)
  if (state.Type === 'Wait') {
    const ms =
      state.Seconds === undefined
        ? Math.max(0, Date.parse((await evaluate(state.Timestamp, bind())) as string) - execution.time.now)
        : 1000 * ((await evaluate(state.Seconds, bind())) as number)
    if (runner.live) await parked(runner.live, execution, runner.live.clock.sleep(ms / 1000).over)
    else pass(execution, ms)
    return { state: state.Next as string, input }
  }
  if (state.Type === 'Succeed') return { state: null, input: await leave(state, {}, input) }
  if (state.Type === 'Choice') {
    for (const choice of state.Choices as Json[]) {
      only('a choice', choice, ['Condition', 'Next'])
      if ((await evaluate(choice.Condition, bind())) === true) return { state: choice.Next as string, input }
    }
    return { state: state.Default as string, input }
  }
  try {
    const result = await retrying(execution, (state.Retry ?? []) as Json[], () => {
      if (state.Type === 'Parallel') return parallel(runner, execution, state, input)
      return state.Type === 'Map' ? map(runner, execution, state, bind) : task(runner, execution, state, bind)
    })
    return { state: state.End ? null : (state.Next as string), input: await leave(state, { result }, result) }
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    const caught = ((state.Catch ?? []) as Json[]).find((c) => matches(c.ErrorEquals, error.error))
    if (!caught) throw error
    only('a catcher', caught, ['ErrorEquals', 'Assign', 'Output', 'Next'])
    const output = await leave(caught, { errorOutput: { Error: error.error, Cause: error.message } }, input)
    return { state: caught.Next as string, input: output }
  }
}

const matches = (names: unknown, error: string): boolean =>
  (names as string[]).includes(error) || (names as string[]).includes('States.ALL')

async function retrying<T>(execution: Execution, retriers: readonly Json[], work: () => Promise<T>): Promise<T> {
  const used = retriers.map(() => 0)
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error
      const i = retriers.findIndex((r) => matches(r.ErrorEquals, error.error))
      if (i < 0 || used[i]! >= (retriers[i]!.MaxAttempts as number)) throw error
      const { IntervalSeconds, BackoffRate, MaxDelaySeconds } = retriers[i] as Record<string, number>
      pass(execution, 1000 * Math.min(IntervalSeconds! * BackoffRate! ** used[i]!, MaxDelaySeconds ?? 86_400))
      used[i]!++
    }
  }
}

async function task(runner: Runner, execution: Execution, state: State, bind: (more?: Json) => Json): Promise<unknown> {
  if (state.Resource === 'arn:aws:states:::lambda:invoke.waitForTaskToken')
    return waitingTask(runner, execution, state, bind)
  const args = (await evaluate(state.Arguments, bind())) as Json
  const { time } = execution
  const limit = state.TimeoutSeconds as number
  if (state.Resource === 'arn:aws:states:::lambda:invoke') {
    only('lambda:invoke', args, ['FunctionName', 'Payload'])
    const arn = args.FunctionName as string
    const seconds = runner.seconds(arn)
    const call = (at: number) => runner.invoke(arn, sized(args.Payload), at)
    if (time.now < time.end && time.now + 1000 * seconds > time.end && seconds <= limit)
      runner.unheard.push(() => call(time.end))
    pass(execution, 1000 * Math.min(seconds, limit))
    if (seconds > limit) throw new WorkflowError('States.Timeout', `no answer in ${limit} s`)
    return { Payload: sized(await call(time.now)) }
  }
  if (state.Resource === 'arn:aws:states:::states:startExecution') return startNamed(runner, execution, args)
  if (state.Resource === 'arn:aws:states:::states:startExecution.sync:2') {
    only('startExecution', args, ['StateMachineArn', 'Input'])
    const child = await start(runner, args.StateMachineArn as string, args.Input, time)
    if (child.time.now - time.now > 1000 * limit) throw new WorkflowError('States.Timeout', `no answer in ${limit} s`)
    pass(execution, child.time.now - time.now)
    if (child.status === 'FAILED') throw new WorkflowError('States.TaskFailed', JSON.stringify(child.error))
    return { Output: child.output }
  }
  if (state.Resource === 'arn:aws:states:::aws-sdk:lambda:getAccountSettings') {
    only('getAccountSettings', args, [])
    return { AccountLimit: { UnreservedConcurrentExecutions: runner.concurrency?.() ?? 1000 } }
  }
  if (state.Resource === 'arn:aws:states:::sns:publish') {
    only('sns:publish', args, ['TopicArn', 'Subject', 'Message'])
    const { TopicArn: topic, Subject: subject, Message: message } = args as Record<string, string>
    if (!/^[ -~]{1,100}$/.test(subject!)) throw new WorkflowError('SNS.InvalidParameterException', 'Subject')
    runner.published!.push({ topic: topic!, subject: subject!, message: message! })
    return {}
  }
  throw new Error(`the runner does not know the resource ${state.Resource}`)
}

/** Starts another execution and goes on. */
function startNamed(runner: Runner, { time }: Execution, args: Json): unknown {
  only('startExecution', args, ['StateMachineArn', 'Name', 'Input'])
  if (!runner.live) throw new Error('nobody lets the time pass that this execution would take')
  const name = args.Name as string
  if (!/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/.test(name)) throw new WorkflowError('StepFunctions.InvalidName', name)
  const key = `${args.StateMachineArn}:${name}`
  if (runner.live.started.has(key)) throw new WorkflowError('StepFunctions.ExecutionAlreadyExistsException', name)
  const machine = args.StateMachineArn as string
  const other = runner.live.counted(machine, args.Input) ?? begin(runner, machine, args.Input, { now: time.now })
  runner.live.started.set(key, other)
  return { ExecutionArn: other.execution.arn }
}

/** Waits, and takes up the time at which it ended. */
async function parked<T>({ clock }: NonNullable<Runner['live']>, { time }: Execution, wait: Promise<T>): Promise<T> {
  try {
    return await clock.parked(wait)
  } finally {
    time.now = Math.max(time.now, Date.parse(clock.now()))
  }
}

/** Calls a function with a token, and waits for whoever answers it. */
async function waitingTask(
  runner: Runner,
  execution: Execution,
  state: State,
  bind: (more?: Json) => Json,
): Promise<unknown> {
  const { live } = runner
  if (!live) throw new Error('nobody plays the people that this workflow waits for')
  const token = live.tokens.create()
  const { context } = bind().states as { context: Json }
  const withToken = { ...(bind().states as Json), context: { ...context, Task: { Token: token } } }
  const args = (await evaluate(state.Arguments, { ...bind(), states: withToken })) as Json
  only('lambda:invoke', args, ['FunctionName', 'Payload'])
  const seconds = (await evaluate(state.TimeoutSeconds, bind())) as number
  const waiting = live.tokens.wait(token, seconds, live.clock)
  waiting.catch(() => {})
  try {
    await runner.invoke(args.FunctionName as string, sized(args.Payload), execution.time.now)
  } catch (error) {
    // A task that was answered is over, whatever becomes of the function that it called.
    if (!live.tokens.isAnswered(token)) {
      live.tokens.drop(token)
      throw error
    }
  }
  await parked(live, execution, waiting)
  return {}
}

/** Branches side by side: the first that fails stops the others. Those that only wait are looked at first. */
async function parallel(runner: Runner, execution: Execution, state: State, input: unknown): Promise<unknown> {
  const { now } = execution.time
  const works = (branch: Json) => JSON.stringify(branch).includes('"Task"')
  const branches = (state.Branches as Machine[]).toSorted((a, b) => Number(works(a)) - Number(works(b)))
  let failed: { readonly at: number; readonly error: WorkflowError } | null = null
  let last = now
  for (const branch of branches) {
    only('a branch', branch, ['StartAt', 'States'])
    const machines = { ...runner.machines, branch: { QueryLanguage: 'JSONata', ...branch } }
    const end: number = failed?.at ?? execution.time.end
    try {
      const ended = await start({ ...runner, machines }, 'branch', input, { now, end, variables: execution.variables })
      execution.entered.push(...ended.entered)
      last = Math.max(last, ended.time.now)
      if (ended.error) failed = { at: ended.time.now, error: new WorkflowError(ended.error.error, ended.error.cause) }
    } catch (error) {
      if (!(error instanceof Stopped) || !failed) throw error
    }
  }
  pass(execution, (failed?.at ?? last) - now)
  if (failed) throw failed.error
  return []
}

async function map(runner: Runner, execution: Execution, state: State, bind: (more?: Json) => Json): Promise<unknown> {
  const { ProcessorConfig, StartAt, States, ...rest } = state.ItemProcessor as Machine
  only('an item processor', rest, [])
  const isInline = (ProcessorConfig as Json).Mode === 'INLINE'
  // An inline map tolerates no failed child, and has no field that would say so.
  if (state.ToleratedFailurePercentage !== (isInline ? undefined : 0))
    throw new Error('the runner tolerates no failed child')
  const items = state.ItemReader
    ? await readItems(runner, state.ItemReader as Json, bind)
    : ((await evaluate(state.Items, bind())) as unknown[])
  const failures: WorkflowError[] = []
  const time = { ...execution.time }
  let last = time.now
  const child = async (item: unknown, index: number) => {
    if (execution.done.has(index)) return
    const context = { ...(bind().states as { context: Json }).context, Map: { Item: { Index: index, Value: item } } }
    const input = state.ItemSelector ? await evaluate(state.ItemSelector, bind({ context })) : item
    const inner: Machine = { QueryLanguage: 'JSONata', StartAt, States } as Machine
    const variables = isInline ? execution.variables : {}
    const at = { ...time, variables }
    const ended = await start({ ...runner, machines: { ...runner.machines, child: inner } }, 'child', input, at)
    last = Math.max(last, ended.time.now)
    if (ended.status === 'FAILED') failures.push(new WorkflowError(ended.error!.error, ended.error!.cause))
    else execution.done.set(index, ended.output)
  }
  for (let at = 0; at < items.length; at += 8)
    await Promise.all(items.slice(at, at + 8).map((item, i) => child(item, at + i)))
  pass(execution, last - time.now)
  if (state.ResultWriter) await writeResults(runner, state.ResultWriter as Json, bind, items.length - failures.length)
  if (failures.length > 0)
    throw new WorkflowError(
      'States.ExceedToleratedFailureThreshold',
      `${failures.length} of ${items.length} children failed, first: ${failures[0]!.error}: ${failures[0]!.message}`,
    )
  return state.ResultWriter ? {} : items.map((_, index) => execution.done.get(index))
}

async function readItems(runner: Runner, reader: Json, bind: () => Json): Promise<unknown[]> {
  only('an item reader', reader, ['Resource', 'ReaderConfig', 'Arguments'])
  if (JSON.stringify(reader.ReaderConfig) !== '{"InputType":"JSONL"}') throw new Error('the runner reads JSONL only')
  const args = (await evaluate(reader.Arguments, bind())) as Json
  only('s3:getObject', args, ['Bucket', 'Key', 'VersionId'])
  const { Key, VersionId } = args as { Key: string; VersionId?: string }
  const bytes = await runner.objects.get(Key, VersionId)
  if (!bytes) throw new WorkflowError('States.ItemReaderFailed', `${Key} (version ${VersionId}) is not there`)
  return new TextDecoder()
    .decode(bytes)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

async function writeResults(runner: Runner, writer: Json, bind: () => Json, succeeded: number): Promise<void> {
  only('a result writer', writer, ['Resource', 'WriterConfig', 'Arguments'])
  const { Prefix } = (await evaluate(writer.Arguments, bind())) as { Prefix: string }
  await runner.objects.put(`${Prefix}/${executions++}/manifest.json`, JSON.stringify({ succeeded }))
}

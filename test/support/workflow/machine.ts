/** State machines as the offline runner reads them: definitions, executions, and the states and fields that it knows. */
import type { ObjectStore } from '#ports'
import type { TaskTokens } from './task-tokens.ts'
import type { WaitClock } from './wait-clock.ts'
import { WorkflowError } from './workflow-error.ts'

export type Json = Record<string, unknown>
export type State = Json & { Type: string }
export interface Machine extends Json {
  readonly StartAt: string
  readonly States: Readonly<Record<string, State>>
}

export interface Runner {
  /** Definitions by ARN. */
  readonly machines: Readonly<Record<string, Machine>>
  /** Calls a function by its ARN, at a moment. */
  readonly invoke: (arn: string, payload: unknown, at: number) => Promise<unknown>
  /** Seconds that the next call of a function takes; longer than its timeout: it never comes back. */
  /** Concurrent executions of Lambda that nobody has reserved. */
  readonly concurrency?: (() => number) | undefined
  readonly seconds: (arn: string) => number
  /** Calls that were still at work when their branch was stopped: Lambda finishes them, and nobody listens. */
  readonly unheard: (() => Promise<unknown>)[]
  /** Bucket that readers read and writers write. */
  readonly objects: ObjectStore
  /** Topics that are published to. */
  readonly published?: { readonly topic: string; readonly subject: string; readonly message: string }[]
  /** Told each state that any execution enters. */
  readonly enter?: (state: string) => void
  /** Set where waits are waited for: time that a test moves, and tokens that it answers. */
  readonly live?: {
    readonly clock: WaitClock
    readonly tokens: TaskTokens
    /** Executions that others started, by machine and name: a name is used once. */
    readonly started: Map<string, Started>
    /** Begins an execution whose time is counted and not waited for, as that of a tuning run; null: of this one it is not. */
    readonly counted: (machine: string, input: unknown) => Started | null
  }
}

export interface Execution {
  readonly arn: string
  readonly machine: string
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED'
  output: unknown
  error: { readonly error: string; readonly cause: string } | null
  /** States entered, in order. */
  readonly entered: string[]
  /** Where to go on. */
  at: { state: string; input: unknown }
  readonly variables: Record<string, unknown>
  /** Outputs of the children of the failed map that are done: a redrive does not run them again. */
  done: Map<number, unknown>
  readonly started: number
  /** When it was redriven last. */
  redriven: number | null
  readonly time: Time
}

/** Milliseconds since 1970. */
export interface Time {
  now: number
  /** When what is still at work is stopped. */
  readonly end: number
}

/** An execution as it stands, and its end. */
export interface Started {
  readonly execution: Execution
  readonly ended: Promise<Execution>
}

const LIMIT = 256 * 1024
export const KNOWN: Readonly<Record<string, readonly string[]>> = {
  Task: ['Type', 'Resource', 'Arguments', 'TimeoutSeconds', 'Retry', 'Catch', 'Assign', 'Output', 'Next', 'End'],
  Pass: ['Type', 'Assign', 'Output', 'Next'],
  Choice: ['Type', 'Choices', 'Default'],
  Succeed: ['Type', 'Comment', 'Output'],
  Fail: ['Type', 'Error', 'Cause'],
  Wait: ['Type', 'Timestamp', 'Seconds', 'Next'],
  Parallel: ['Type', 'Branches', 'Catch', 'Next'],
  Map: [
    'Type',
    'Label',
    'MaxConcurrency',
    'ToleratedFailurePercentage',
    'ItemReader',
    'Items',
    'ItemSelector',
    'ItemProcessor',
    'ResultWriter',
    'Catch',
    'Assign',
    'Output',
    'Next',
  ],
}

export const only = (what: string, value: object, known: readonly string[]): void => {
  for (const key of Object.keys(value))
    if (!known.includes(key)) throw new Error(`the runner does not know ${key} of ${what}`)
}

export const sized = <T>(value: T): T => {
  const text = JSON.stringify(value)
  if (text.length > LIMIT) throw new WorkflowError('States.DataLimitExceeded', `${text.length} bytes`)
  return JSON.parse(text) as T
}

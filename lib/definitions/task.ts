/** A Lambda task in JSONata, with the one retry that we allow: throttling and service faults, by name. */
import { Aws } from 'aws-cdk-lib'
import { TRANSIENT_ERRORS } from '#schemas/transient-errors.ts'

/** ARN of a service integration of Step Functions, in whatever partition of AWS this is deployed: China and GovCloud have their own. */
export const integration = (name: string): string => `arn:${Aws.PARTITION}:states:::${name}`

/** Seven attempts, waits 2, 4, 8, 16, 32, 60 s at most: two minutes in all. Bad input and our own errors are never retried. */
export const RETRY = {
  ErrorEquals: TRANSIENT_ERRORS,
  IntervalSeconds: 2,
  BackoffRate: 2,
  MaxAttempts: 6,
  MaxDelaySeconds: 60,
  JitterStrategy: 'FULL',
}

/** The same retry for about so many seconds: a throttled account has room again some time. Whoever calls it ends it earlier where time is up. */
const retryFor = (seconds: number) => ({
  ...RETRY,
  // A jittered wait is half as long on average, and may be next to nothing.
  MaxAttempts: RETRY.MaxAttempts + Math.ceil((4 * seconds) / RETRY.MaxDelaySeconds),
})

/** Errors of a killed function: the steps that resume where they stopped are tried twice more, five seconds apart. */
export const KILLED = {
  ErrorEquals: ['Lambda.Unknown', 'Sandbox.Timedout', 'States.Timeout'],
  IntervalSeconds: 5,
  MaxAttempts: 2,
  BackoffRate: 1,
}

/** One call of a function. */
interface LambdaTask {
  /** Its ARN. */
  readonly function: string
  /** JSONata of the payload: a text in `{% %}`, or an object of such texts. */
  readonly payload: unknown
  /** Longest that one attempt may take, in seconds. */
  readonly seconds: number
  /**
   * Variables set from the function's answer, `$states.result.Payload`.
   * @default - none
   */
  readonly assign?: Readonly<Record<string, string | null>>
  /**
   * Whether a killed function is tried again: for those that resume where they stopped.
   * @default false
   */
  readonly resumes?: boolean
  /**
   * For how many seconds throttling and service faults are retried.
   * @default - two minutes
   */
  readonly patience?: number
}

/**
 * The state of a task, without where it leads. Its output is empty: what later states need is assigned to variables.
 */
export function lambdaTask(task: LambdaTask): Record<string, unknown> {
  const { function: arn, payload, seconds, assign, resumes, patience } = task
  const retry = patience === undefined ? RETRY : retryFor(patience)
  return {
    Type: 'Task',
    Resource: integration('lambda:invoke'),
    Arguments: { FunctionName: arn, Payload: payload },
    TimeoutSeconds: seconds,
    Retry: resumes ? [retry, KILLED] : [retry],
    ...(assign ? { Assign: assign } : {}),
    Output: '{% {} %}',
  }
}

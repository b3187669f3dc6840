/** A Lambda task in JSONata, with the one retry that we allow: throttling and service faults, by name. */
import { TRANSIENT_ERRORS } from '#schemas/transient-errors.ts'

/** Seven attempts, waits 2, 4, 8, 16, 32, 60 s at most: two minutes in all. Bad input and our own errors are never retried. */
export const RETRY = {
  ErrorEquals: TRANSIENT_ERRORS,
  IntervalSeconds: 2,
  BackoffRate: 2,
  MaxAttempts: 6,
  MaxDelaySeconds: 60,
  JitterStrategy: 'FULL',
}

/** Errors of a killed function: the gate's own steps resume, so it tries them twice more before it gives up. */
export const KILLED = {
  ErrorEquals: ['Lambda.Unknown', 'Sandbox.Timedout', 'States.Timeout'],
  IntervalSeconds: 5,
  MaxAttempts: 2,
  BackoffRate: 1,
}

export interface LambdaTask {
  readonly function: string
  /** JSONata of the payload. */
  readonly payload: unknown
  readonly seconds: number
  /** Variables set from the function's answer, `$states.result.Payload`. */
  readonly assign?: Readonly<Record<string, string | null>>
  /** Whether a killed function is tried again. */
  readonly resumes?: boolean
}

/** The state of a task, without where it leads. */
export function lambdaTask({ function: arn, payload, seconds, assign, resumes }: LambdaTask): Record<string, unknown> {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: arn, Payload: payload },
    TimeoutSeconds: seconds,
    Retry: resumes ? [RETRY, KILLED] : [RETRY],
    ...(assign ? { Assign: assign } : {}),
    Output: '{% {} %}',
  }
}

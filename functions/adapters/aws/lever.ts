/** Calls a function of a deployment for a person: once, since a second call is for who reads how the first one ended. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { UserError } from '../../errors.ts'

/** A function works for 15 minutes at most. */
const LONGEST_MS = 15 * 60_000 + 30_000

/** How a function failed. */
export interface LeverFailed {
  readonly failed: { readonly error: string; readonly reason: string }
}

/** What it answered, or how it failed. Throws UserError in its words where it refuses. */
export async function pullLever(
  FunctionName: string,
  input: unknown,
): Promise<{ readonly answer: unknown } | LeverFailed> {
  const client = new LambdaClient({ maxAttempts: 1, requestHandler: { requestTimeout: LONGEST_MS } })
  try {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(input) }),
    )
    const answer: unknown = JSON.parse(new TextDecoder().decode(Payload))
    return FunctionError ? refused(answer as LambdaFailure) : { answer }
  } finally {
    client.destroy()
  }
}

interface LambdaFailure {
  readonly errorType?: string
  readonly errorMessage?: string
}

function refused({ errorType = 'Error', errorMessage = 'no message' }: LambdaFailure): LeverFailed {
  if (errorType === 'UserError') throw new UserError(errorMessage)
  return { failed: { error: errorType, reason: errorMessage } }
}

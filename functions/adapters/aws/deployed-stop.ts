/** Calls the function of a deployment that stops a rollout. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { Moved } from '#core/release/rollout.ts'
import type { HandInput } from '#schemas/rollout-payloads.ts'
import { UserError } from '../../errors.ts'
import { type DeploymentName, findDeployment } from './deployment.ts'

/** What the stop did, or how the function failed: then what it had written stands, and another call goes on from there. */
type StopAnswer = Moved | { readonly failed: { readonly error: string; readonly reason: string } }

/** Throws UserError when the deployment has no rollouts, or its function refuses. */
export async function stopDeployedRollout(name: DeploymentName, hand: HandInput): Promise<StopAnswer> {
  const { stack, stopRollout } = await findDeployment(name)
  if (stopRollout === null)
    throw new UserError(
      `deployment ${stack} has no rollouts that could be stopped: deploy it with "-c rollouts=FOLDER"`,
    )
  // Once: a second call is for the person who reads how the first one ended.
  const client = new LambdaClient({ maxAttempts: 1 })
  try {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: stopRollout, Payload: JSON.stringify(hand) }),
    )
    const answer: unknown = JSON.parse(new TextDecoder().decode(Payload))
    if (FunctionError) return refused(answer as LambdaFailure)
    if (typeof answer === 'object' && answer !== null && 'item' in answer) return answer as Moved
    throw new UserError(`the functions of deployment ${stack} are of another version: deploy it again with this one`)
  } finally {
    client.destroy()
  }
}

interface LambdaFailure {
  readonly errorType?: string
  readonly errorMessage?: string
}

function refused({ errorType = 'Error', errorMessage = 'no message' }: LambdaFailure): StopAnswer {
  if (errorType === 'UserError') throw new UserError(errorMessage)
  return { failed: { error: errorType, reason: errorMessage } }
}

/** Calls the function of a deployment that stops a rollout. */
import type { Moved } from '#core/release/rollout.ts'
import type { HandInput } from '#schemas/rollout-payloads.ts'
import { UserError } from '../../errors.ts'
import { type DeploymentName, findDeployment } from './deployment.ts'
import { type LeverFailed, pullLever } from './lever.ts'

/** What the stop did, or how the function failed: then what it had written stands, and another call goes on from there. */
type StopAnswer = Moved | LeverFailed

/** Throws UserError when the deployment has no rollouts, or its function refuses. */
export async function stopDeployedRollout(name: DeploymentName, hand: HandInput): Promise<StopAnswer> {
  const { stack, stopRollout } = await findDeployment(name)
  if (stopRollout === null)
    throw new UserError(
      `deployment ${stack} has no rollouts that could be stopped: deploy it with "-c rollouts=FOLDER"`,
    )
  const came = await pullLever(stopRollout, hand)
  if ('failed' in came) return came
  const { answer } = came
  if (typeof answer === 'object' && answer !== null && 'item' in answer) return answer as Moved
  throw new UserError(`the functions of deployment ${stack} are of another version: deploy it again with this one`)
}

/** Calls the function of a deployment that erases recorded runs. */
import type { EraseRunsInput } from '#schemas/erase-payloads.ts'
import { UserError } from '../../errors.ts'
import { type DeploymentName, findDeployment } from './deployment.ts'
import { pullLever } from './lever.ts'

/** What the function answers. Throws UserError where the deployment has none, where it refuses, and where it failed: the same call ends it. */
export async function eraseDeployed(name: DeploymentName, input: EraseRunsInput): Promise<unknown> {
  const { stack, erase } = await findDeployment(name)
  if (erase === null)
    throw new UserError(
      `deployment ${stack} has no function that erases: deploy it again with this version ("npx cdk deploy --all")`,
    )
  const came = await pullLever(erase, input)
  if ('answer' in came) return came.answer
  throw new UserError(
    `the function that erases failed (${came.failed.error}); why lies in the vault. What it did stands: the same command ends it, in ten minutes where it was cut off`,
  )
}

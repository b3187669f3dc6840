/** The CloudWatch namespace of a deployment: alarms of one stage never ring for another one in the same account. */
import { Stack } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** What the names of the deployment's stacks begin with: `Autotune` for `prod`, the stack's own name in another app. */
export const namespaceOf = (scope: IConstruct): string => {
  const { stackName } = Stack.of(scope)
  // A stack that is called just that keeps its name: a namespace is never empty.
  return stackName.replace(/Workflow$/, '') || stackName
}

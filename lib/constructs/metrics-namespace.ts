/** What a deployment is called in the account, and its CloudWatch namespace: nothing of one stage or stack is another one's. */
import { Stack } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** The name of its stack; of a nested one, whose name is known at deployment alone, that of the stack above and its own id. */
export function deploymentName(scope: IConstruct): string {
  const stack = Stack.of(scope)
  const above = stack.nestedStackParent
  return above ? `${deploymentName(above)}-${stack.node.id}` : stack.stackName
}

/** What the names of the deployment's stacks begin with: `Autotune` for `prod`, the stack's own name in another app. */
export const namespaceOf = (scope: IConstruct): string => {
  const name = deploymentName(scope)
  // A stack that is called just that keeps its name: a namespace is never empty.
  return name.replace(/Workflow$/, '') || name
}

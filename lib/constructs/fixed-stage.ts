/** The stage that a stack was deployed as, and stays: CloudFormation refuses the template of another one. */
import { CfnOutput, CfnParameter, type Stack } from 'aws-cdk-lib'

/**
 * Fixes the stage of a stack. What a synthesis cannot know, the stack does: a parameter keeps the value of the first
 * deployment (`cdk deploy` and `aws cloudformation deploy` hand the previous one on), and a template of another stage does not
 * allow it, so that its change set is refused before anything is changed, termination protection included.
 */
export function fixStage(stack: Stack, stage: string): void {
  const kept = new CfnParameter(stack, 'Stage', {
    type: 'String',
    default: stage,
    allowedValues: [stage],
    description: 'The stage of this stack, fixed by its first deployment. Never set it by hand.',
    constraintDescription: `must be "${stage}": this stack was deployed as another stage, and a stage keeps or throws away data. Deploy under the stage that it has, or under another name`,
  })
  new CfnOutput(stack, 'DeployedStage', { value: kept.valueAsString })
}

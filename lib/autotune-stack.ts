/** What runs: both workflows over the stores of the stateful stack. Can be removed and deployed again at any time. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import { alarmTopicOf } from './alarm-topic.ts'
import { Autotune } from './constructs/autotune.ts'
import type { Stores } from './constructs/workflow-functions.ts'
import { targetsOf } from './targets.ts'

export interface AutotuneStackProps extends StackProps {
  readonly stores: Stores
}

export class AutotuneStack extends Stack {
  readonly autotune: Autotune

  constructor(scope: Construct, id: string, { stores, ...props }: AutotuneStackProps) {
    super(scope, id, props)
    this.autotune = new Autotune(this, 'Autotune', { stores, targets: targetsOf(this.node) })
    const topic = alarmTopicOf(this.node)
    if (topic) this.autotune.watch.notify(new SnsAction(Topic.fromTopicArn(this, 'Alarms', topic)))
    new CfnOutput(this, 'TuningWorkflowArn', { value: this.autotune.tuning.stateMachineArn })
  }
}

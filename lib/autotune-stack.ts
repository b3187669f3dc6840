/** What runs: the workflows over the stores of the stateful stack. Can be removed and deployed again at any time. */
import { Annotations, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import { alarmTopicOf } from './alarm-topic.ts'
import { Autotune } from './constructs/autotune.ts'
import { ReviewDesk } from './constructs/review-desk.ts'
import type { Stores } from './constructs/workflow-functions.ts'
import { reviewersOf } from './reviewers.ts'
import { targetsOf } from './targets.ts'

export interface AutotuneStackProps extends StackProps {
  readonly stores: Stores
}

export class AutotuneStack extends Stack {
  readonly autotune: Autotune
  /** Null: nobody is named who could review. */
  readonly review: ReviewDesk | null

  constructor(scope: Construct, id: string, { stores, ...props }: AutotuneStackProps) {
    super(scope, id, props)
    const targets = targetsOf(this.node)
    this.autotune = new Autotune(this, 'Autotune', { stores, targets })
    const topic = alarmTopicOf(this.node)
    if (topic) this.autotune.watch.notify(new SnsAction(Topic.fromTopicArn(this, 'Alarms', topic)))
    new CfnOutput(this, 'TuningWorkflowArn', { value: this.autotune.tuning.stateMachineArn })
    const config = reviewersOf(this.node, targets)
    const { tuning, deadLetters } = this.autotune
    this.review = config && new ReviewDesk(this, 'Review', { stores, config, tuning, deadLetters })
    if (this.review) new CfnOutput(this, 'ReviewWorkflowArn', { value: this.review.workflow.stateMachineArn })
    else Annotations.of(this).addInfo('no review desk: "-c reviewers=FILE" names who reviews (docs/review.md)')
  }
}

/**
 * The loop inside a CDK application of your own: the stores in one stack that outlives deployments, the construct
 * `Autotune` in yours. It imports the package as any application does (docs/deploy.md).
 */
import { App, type AppProps, CfnOutput, Duration, Stack, TimeZone } from 'aws-cdk-lib'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { Topic } from 'aws-cdk-lib/aws-sns'
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' }
import { Autotune, StatefulStack, TuningTarget } from 'contextos-autotune/cdk'
import refundTarget from './target.json' with { type: 'json' }

export function exampleApp(props: AppProps = {}): App {
  // Those that `cdk init` writes into cdk.json.
  const app = new App({ ...props, context: { ...flags, ...props.context } })
  const stores = new StatefulStack(app, 'SupportData', { retain: true })
  const support = new Stack(app, 'Support')
  const autotune = new Autotune(support, 'Autotune', {
    stores,
    targets: { RefundCents: TuningTarget.parse(refundTarget) },
    schedules: {
      RefundCents: ScheduleExpression.cron({
        minute: '30',
        hour: '4',
        weekDay: 'MON',
        timeZone: TimeZone.EUROPE_BERLIN,
      }),
    },
    answerAfter: Duration.hours(2),
    logRetention: RetentionDays.ONE_YEAR,
  })
  autotune.notify(new SnsAction(new Topic(support, 'OnCall', { enforceSSL: true })))
  // Who may start runs, and who may import: two roles that people take.
  const people = new AccountRootPrincipal()
  autotune.grantStart(new Role(support, 'Operators', { assumedBy: people }))
  stores.grantImport(new Role(support, 'Importers', { assumedBy: people }))
  // So that the command line finds the workflow: `autotune run --target target.json --stack Support`.
  new CfnOutput(support, 'TuningWorkflowArn', { value: autotune.tuning.stateMachineArn })
  new CfnOutput(support, 'EraseRunsFunction', { value: autotune.eraseRuns.functionName })
  return app
}

// Node 22 does not say whether a file is the one that was started: nobody imports this one there.
if (import.meta.main ?? true) exampleApp({ outdir: 'cdk.out' }).synth()

/**
 * What operators see: a dashboard of the tuning side, and an alarm for each thing that does not mend itself. Of the gate
 * it shows nothing: how long it worked and how it went is sealed.
 */
import { Duration } from 'aws-cdk-lib'
import {
  type AlarmBase,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  Metric,
} from 'aws-cdk-lib/aws-cloudwatch'
import { type CfnRule, Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import { VERDICTS } from '#schemas/run.ts'
import { COUNTED, NAMESPACE } from '#schemas/watch.ts'
import { mayRead } from './rights.ts'
import { deadLetterAlarm, RunbookAlarm } from './runbook-alarm.ts'
import { RuntimeFunction } from './runtime-function.ts'
import type { Stores, WorkflowFunctions } from './workflow-functions.ts'

export interface WatchProps {
  readonly stores: Stores
  readonly functions: WorkflowFunctions
  readonly tuning: StateMachine
  readonly deadLetters: Queue
}

export class Watch extends Construct {
  /** Every alarm. They ring silently until `notify` says whom to call. */
  readonly alarms: readonly AlarmBase[]
  readonly dashboard: Dashboard
  /** Denied accesses to the vault, one message each: who, what, when. */
  readonly denied: Queue

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id)
    const { stores, tuning, deadLetters } = props
    this.denied = this.deniedAccess(stores, deadLetters)
    this.lookAtLedger(stores, deadLetters)
    this.alarms = [
      new RunbookAlarm(this, 'RunFailed', {
        anchor: 'failed-run',
        what: 'A tuning run ended without a verdict.',
        metric: badEnds(tuning),
      }),
      new RunbookAlarm(this, 'BudgetSpent', {
        anchor: 'spent-budget',
        what: 'An intent has no sealed version with a question left.',
        metric: counted('watch-ledger', COUNTED.spentIntents, 'Maximum', Duration.hours(2)),
      }),
      new RunbookAlarm(this, 'VaultDenied', {
        anchor: 'denied-vault-access',
        what: 'Somebody tried to reach the held-out vault and was refused.',
        metric: this.denied.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
      }),
      deadLetterAlarm(this, 'DeadLettersWaiting', deadLetters),
      new RunbookAlarm(this, 'LockOld', {
        anchor: 'old-lock',
        what: 'A lock is older than a day, or the hourly look at the ledger has stopped.',
        metric: counted('watch-ledger', COUNTED.oldestLockHours, 'Maximum', Duration.hours(2)),
        from: 24,
        silenceRings: true,
      }),
    ]
    this.dashboard = this.board(props)
  }

  /** Calls somebody when an alarm rings, and again when it is over. */
  notify(action: IAlarmAction): void {
    for (const alarm of this.alarms) {
      alarm.addAlarmAction(action)
      alarm.addOkAction(action)
    }
  }

  /** CloudTrail tells EventBridge of every access to the vault; what was refused is kept for somebody to look at. */
  private deniedAccess({ vault }: Stores, deadLetterQueue: Queue): Queue {
    const queue = new Queue(this, 'Denied', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
    const rule = new Rule(this, 'VaultRefused', {
      description: 'Keeps refused accesses to the held-out vault',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: { errorCode: ['AccessDenied'], requestParameters: { bucketName: [vault.bucket.bucketName] } },
      },
      targets: [new SqsQueue(queue, { deadLetterQueue })],
    })
    // Reads count too: a rule that is merely enabled does not get every read.
    ;(rule.node.defaultChild as CfnRule).state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
    return queue
  }

  private lookAtLedger({ experience, ledger }: Stores, deadLetters: Queue): void {
    const look = new RuntimeFunction(this, 'Ledger', {
      handler: 'watch-ledger',
      memory: 256,
      timeout: Duration.minutes(1),
      environment: {
        [ENV.bucket]: experience.bucket.bucketName,
        [ENV.table]: ledger.table.tableName,
        [ENV.shardCases]: '1',
      },
      statements: [...mayRead(experience.bucket, 'packs/*'), ledger.mayRead('lock', 'heldout')],
    })
    new Rule(this, 'Hourly', {
      description: 'Looks at locks and held-out budgets',
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [new LambdaFunction(look.function, { deadLetterQueue: deadLetters, retryAttempts: 2 })],
    })
  }

  private board({ functions, tuning }: WatchProps): Dashboard {
    const dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: Duration.days(7) })
    const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12 })
    const day = { period: Duration.days(1), statistic: 'Sum' }
    const { startRun, compileSearch, pinRun, advanceRun, replayShard } = functions
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...this.alarms], width: 24 }))
    dashboard.addWidgets(
      graph('Runs', [tuning.metricStarted(day), tuning.metricSucceeded(day), badEnds(tuning, day.period)]),
      graph(
        'Verdicts',
        VERDICTS.map((v) => counted('advance-run', COUNTED.verdict(v), 'Sum', day.period).with({ label: v })),
      ),
    )
    dashboard.addWidgets(
      graph('Replays', [
        counted('advance-run', COUNTED.replayShards, 'Sum', day.period).with({ label: 'shards asked for' }),
        replayShard.function.metricInvocations({ ...day, label: 'shards replayed' }),
        replayShard.function.metricThrottles({ ...day, label: 'throttled' }),
      ]),
      graph('Duration of a run (p95)', [tuning.metricTime({ statistic: 'p95', period: day.period })]),
    )
    dashboard.addWidgets(
      graph(
        'Duration of the functions of the tuning side (p95)',
        [startRun, compileSearch, pinRun, advanceRun, replayShard].map((f) =>
          f.function.metricDuration({ statistic: 'p95', period: day.period, label: f.node.id }),
        ),
      ),
      graph('Held-out budget and locks', [
        counted('watch-ledger', COUNTED.spentIntents, 'Maximum', Duration.hours(1)),
        counted('watch-ledger', COUNTED.oldestLockHours, 'Maximum', Duration.hours(1)),
      ]),
    )
    return dashboard
  }
}

/** Executions that ended without a verdict. */
const badEnds = (machine: StateMachine, period = Duration.minutes(5)): MathExpression =>
  new MathExpression({
    label: 'ended badly',
    expression: 'failed + timedOut + aborted',
    period,
    usingMetrics: {
      failed: machine.metricFailed({ statistic: 'Sum' }),
      timedOut: machine.metricTimedOut({ statistic: 'Sum' }),
      aborted: machine.metricAborted({ statistic: 'Sum' }),
    },
  })

/** A metric that a function of ours counts. */
const counted = (service: string, metricName: string, statistic: string, period: Duration): Metric =>
  new Metric({ namespace: NAMESPACE, metricName, dimensionsMap: { service }, statistic, period })

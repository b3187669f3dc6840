/**
 * What operators see: a dashboard of the tuning side, and an alarm for each thing that does not mend itself. Of the gate
 * it shows nothing: how long it worked and how it went is sealed.
 */
import { Duration } from 'aws-cdk-lib'
import type { AlarmBase, Dashboard, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch'
import { type CfnRule, Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import { COUNTED } from '#schemas/watch.ts'
import { badEnds, counted, dashboardOf } from './dashboard.ts'
import { callOn, deadLetterAlarm, RunbookAlarm } from './runbook-alarm.ts'
import { ScheduledJob } from './scheduled-job.ts'
import type { WorkflowFunctions } from './workflow-functions.ts'
import type { Stores } from './workflow-rights.ts'

/** What is watched. */
interface WatchProps {
  /** The ledger is looked at every hour; of the vault, who was refused. */
  readonly stores: Stores
  /** Functions whose metrics are shown. */
  readonly functions: WorkflowFunctions
  /** The tuning workflow: its bad ends ring. */
  readonly tuning: StateMachine
  /** Rings while it holds something; takes what this construct could not deliver, too. */
  readonly deadLetters: Queue
}

/** Alarms, their dashboard, and the queue of refused accesses. Nothing calls anybody until `notify` is told whom. */
export class Watch extends Construct {
  /** Every alarm. They ring silently until `notify` says whom to call. */
  readonly alarms: readonly AlarmBase[]
  /** Runs, verdicts, replays, durations and held-out budget of the tuning side. */
  readonly dashboard: Dashboard
  /** Denied accesses to the vault, one message each: who, what, when. */
  readonly denied: Queue

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id)
    const { stores, functions, tuning, deadLetters } = props
    this.denied = this.deniedAccess(stores, deadLetters)
    this.lookAtLedger(stores, deadLetters)
    this.alarms = this.everyAlarm(tuning, deadLetters)
    this.dashboard = dashboardOf(this, 'Dashboard', { functions, tuning, alarms: this.alarms })
  }

  /** Calls somebody when an alarm rings, and again when it is over. */
  notify(action: IAlarmAction): void {
    callOn(this.alarms, action)
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

  private lookAtLedger(stores: Stores, deadLetterQueue: Queue): void {
    new ScheduledJob(this, 'Ledger', {
      handler: 'watch-ledger',
      memory: 256,
      timeout: Duration.minutes(1),
      schedule: Schedule.rate(Duration.hours(1)),
      description: 'Looks at locks and held-out budgets',
      stores,
      reads: ['packs/*'],
      why: 'a pack of any name may have an intent whose budget is looked at; packs do not exist at synthesis',
      environment: { [ENV.shardCases]: '1' },
      statements: [stores.ledger.mayRead('lock', 'heldout')],
      deadLetterQueue,
    })
  }

  /** One for each thing that does not mend itself. Every one has its section in the runbook. */
  private everyAlarm(tuning: StateMachine, deadLetters: Queue): AlarmBase[] {
    return [
      new RunbookAlarm(this, 'RunFailed', {
        anchor: 'failed-run',
        what: 'A tuning run ended without a verdict.',
        metric: badEnds(tuning),
      }),
      new RunbookAlarm(this, 'BudgetSpent', {
        anchor: 'spent-budget',
        what: 'An intent has no sealed version with a question left.',
        metric: counted(this, 'watch-ledger', COUNTED.spentIntents, 'Maximum', Duration.hours(2)),
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
        metric: counted(this, 'watch-ledger', COUNTED.oldestLockHours, 'Maximum', Duration.hours(2)),
        from: 24,
        silenceRings: true,
      }),
    ]
  }
}

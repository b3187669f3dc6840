/** An alarm that says where to read on: every one of ours has its section in docs/runbook.md. */
import { Duration } from 'aws-cdk-lib'
import {
  Alarm,
  type AlarmBase,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { having } from '../props.ts'

/** When it rings and where to read on. */
interface RunbookAlarmProps {
  /** Heading of its section in docs/runbook.md, as a link spells it. */
  readonly anchor: string
  /** What is the matter when it rings, as one sentence. */
  readonly what: string
  /** What is compared with `from`, once a period. */
  readonly metric: IMetric
  /**
   * Rings from this value on, in the metric's own unit.
   * @default 1
   */
  readonly from?: number
  /**
   * Whether a period without data rings too: for what should be counted all the time.
   * @default false
   */
  readonly silenceRings?: boolean
}

/** Rings as soon as one period reaches the threshold. It calls nobody by itself. */
export class RunbookAlarm extends Alarm {
  constructor(
    scope: Construct,
    id: string,
    { anchor, what, metric, from = 1, silenceRings = false }: RunbookAlarmProps,
  ) {
    super(scope, id, {
      alarmDescription: `${what} Read docs/runbook.md#${anchor}`,
      metric,
      threshold: from,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: silenceRings ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    })
  }
}

/** Calls somebody when one of these rings, and again when it is over. */
export function callOn(alarms: readonly AlarmBase[], action: IAlarmAction): void {
  having('an action of an alarm: new SnsAction(topic)', 'bind')('notify', action)
  for (const alarm of alarms) {
    alarm.addAlarmAction(action)
    alarm.addOkAction(action)
  }
}

/** Rings while a dead-letter queue holds something. For every queue of ours, in whatever stack. */
export const deadLetterAlarm = (scope: Construct, id: string, queue: IQueue): RunbookAlarm =>
  new RunbookAlarm(scope, id, {
    anchor: 'dead-letters',
    what: 'Something was not delivered and waits in a dead-letter queue.',
    metric: queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: Duration.minutes(5) }),
  })

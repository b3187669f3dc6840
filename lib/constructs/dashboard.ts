/** The dashboard of the tuning side, and the metrics that it shares with the alarms. Of the gate it shows nothing. */
import { Duration } from 'aws-cdk-lib'
import {
  type AlarmBase,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct, IConstruct } from 'constructs'
import { VERDICTS } from '#schemas/run.ts'
import { COUNTED } from '#schemas/watch.ts'
import { namespaceOf } from './metrics-namespace.ts'
import type { WorkflowFunctions } from './workflow-functions.ts'

/** What is shown. */
interface DashboardProps {
  /** Those of the tuning side are shown; those that touch sealed cases are not. */
  readonly functions: WorkflowFunctions
  /** The tuning workflow. */
  readonly tuning: StateMachine
  /** Shown on top, by their state. */
  readonly alarms: readonly AlarmBase[]
}

/** Creates the dashboard in a scope; it opens on the last seven days. */
export function dashboardOf(scope: Construct, id: string, { functions, tuning, alarms }: DashboardProps): Dashboard {
  const dashboard = new Dashboard(scope, id, { defaultInterval: Duration.days(7) })
  const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12 })
  const day = { period: Duration.days(1), statistic: 'Sum' }
  const { startRun, compileSearch, layOutSearch, gatherSearch, pinRun, advanceRun, replayShard } = functions
  dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24 }))
  dashboard.addWidgets(
    graph('Runs', [tuning.metricStarted(day), tuning.metricSucceeded(day), badEnds(tuning, day.period)]),
    graph(
      'Verdicts',
      VERDICTS.map((v) => counted(scope, 'advance-run', COUNTED.verdict(v), 'Sum', day.period).with({ label: v })),
    ),
  )
  dashboard.addWidgets(
    graph('Replays', [
      counted(scope, 'advance-run', COUNTED.replayShards, 'Sum', day.period).with({ label: 'shards asked for' }),
      replayShard.function.metricInvocations({ ...day, label: 'shards replayed' }),
      replayShard.function.metricThrottles({ ...day, label: 'throttled' }),
    ]),
    graph('Duration of a run (p95)', [tuning.metricTime({ statistic: 'p95', period: day.period })]),
  )
  dashboard.addWidgets(
    graph(
      'Duration of the functions of the tuning side (p95)',
      [startRun, compileSearch, layOutSearch, gatherSearch, pinRun, advanceRun, replayShard].map((f) =>
        f.function.metricDuration({ statistic: 'p95', period: day.period, label: f.node.id }),
      ),
    ),
    graph('Held-out budget and locks', [
      counted(scope, 'watch-ledger', COUNTED.spentIntents, 'Maximum', Duration.hours(1)),
      counted(scope, 'watch-ledger', COUNTED.oldestLockHours, 'Maximum', Duration.hours(1)),
    ]),
  )
  return dashboard
}

/** Executions that ended without a verdict, summed over the period. */
export const badEnds = (machine: StateMachine, period = Duration.minutes(5)): MathExpression =>
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

/** A metric that a function of ours counts, by the name of its step. */
export const counted = (
  scope: IConstruct,
  service: string,
  metricName: string,
  statistic: string,
  period: Duration,
): Metric => new Metric({ namespace: namespaceOf(scope), metricName, dimensionsMap: { service }, statistic, period })

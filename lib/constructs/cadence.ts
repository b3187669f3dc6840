/**
 * The routine in AWS: what looks every day at what was recorded, and starts the runs that broken bands name. No role of it has a
 * right on the vault, the releases or a pack but the sealer's, which counts and splits anew. Reads like a diagram: functions -> workflow -> schedule -> alarm.
 */
import { Duration } from 'aws-cdk-lib'
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Schedule, type ScheduleExpression, ScheduleTargetInput, TimeWindow } from 'aws-cdk-lib/aws-scheduler'
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { Bands } from '#schemas/bands.ts'
import { MOST_HANDED } from '#schemas/cadence-payloads.ts'
import { ENV } from '#schemas/env-names.ts'
import { heldBands } from '../contracts.ts'
import { type DailyTime, dailyCron, needTime, readyTime } from '../daily-time.ts'
import { dailyDefinition } from '../definitions/daily.ts'
import { A_QUEUE, A_STATEFUL_STACK, A_TOPIC, A_WORKFLOW, JUDGES_OF_IT, needParts } from '../props.ts'
import { badEnds } from './dashboard.ts'
import { needNear, needOneApp } from './environments.ts'
import type { Judges } from './judges.ts'
import { looks, ROUTINE_KEEPS } from './looks.ts'
import { mayAdd, mayRead } from './rights.ts'
import { callOn, RunbookAlarm } from './runbook-alarm.ts'
import { RuntimeFunction } from './runtime-function.ts'
import { mappingMachine } from './state-machine.ts'
import type { Stores } from './workflow-rights.ts'

/** What is watched, when, and who is told. */
export interface CadenceProps {
  /** What was recorded, the ledger, which is only read, and the journal of heads, which each judged day gets a line of; vault for the functions of the sealer alone. */
  readonly stores: Stores
  /** What is watched of each intent, with the targets that broken bands name. */
  readonly bands: Bands
  /**
   * Modules that judge what was recorded: `judges` of `Autotune`.
   * @default - none
   */
  readonly judges?: Judges | undefined
  /** The tuning workflow, which a broken band starts. */
  readonly tuning: StateMachine
  /** Takes starts that Scheduler could not deliver. */
  readonly deadLetters: IQueue
  /**
   * When it looks, every day.
   * @default - a quarter of an hour after the day before is ready (`ready_after_hours` of the bands), in UTC
   */
  readonly at?: DailyTime | undefined
  /**
   * When it looks back on a week, every Monday.
   * @default - at the time of the day
   */
  readonly weekly?: DailyTime | undefined
  /**
   * When it looks back on a quarter of the calendar, on the second day after it.
   * @default - at the time of the day
   */
  readonly quarterly?: DailyTime | undefined
  /**
   * Is told when a band moves.
   * @default - nobody is; the judged days say it
   */
  readonly topic?: ITopic | undefined
}

/** The routine of a deployment. @throws RangeError for bands that are none or that a deployment cannot carry, and for what is no time of day */
export class Cadence extends Construct {
  /** One execution a day. Its input may name the last day to judge: `{"date": "2026-11-28"}`. */
  readonly daily: StateMachine
  /** One execution a week. Its input may name the last day of the week as `date`. */
  readonly weekly: StateMachine
  /** One execution a quarter. Its input may name `date`, `suite`, and intents to be split anew as `resplit`, with `by`. */
  readonly quarterly: StateMachine

  private readonly props: CadenceProps
  private readonly alarms: readonly RunbookAlarm[]

  constructor(scope: Construct, id: string, props: CadenceProps) {
    super(scope, id)
    needParts({ stores: A_STATEFUL_STACK, tuning: A_WORKFLOW, deadLetters: A_QUEUE }, props, {
      judges: JUDGES_OF_IT,
      topic: A_TOPIC,
    })
    if (props.topic) {
      needOneApp('routine.topic', props.topic, this)
      needNear('routine.topic', props.topic.topicArn, this)
    }
    this.props = { ...props, bands: heldBands('routine.bands', props.bands) }
    carried(this.props.bands)
    for (const name of ['at', 'weekly', 'quarterly'] as const) needTime(`routine.${name}`, props[name])
    const { weekly, quarterly, clearLogs } = looks(this, this.props)
    this.daily = this.dailyWorkflow(clearLogs)
    this.weekly = weekly
    this.quarterly = quarterly
    this.schedules()
    const failed = (id: string, machine: StateMachine, what: string) =>
      new RunbookAlarm(this, id, { anchor: 'failed-routine', what, metric: badEnds(machine) })
    this.alarms = [
      failed('RoutineFailed', this.daily, 'The daily routine ended before its days were judged.'),
      failed('WeeklyFailed', weekly, 'The weekly routine ended before its week was looked at.'),
      failed('QuarterlyFailed', quarterly, 'The quarterly routine ended before its quarter was looked at.'),
    ]
  }

  /** Calls somebody when the routine fails, and again when it is over. */
  notify(action: IAlarmAction): void {
    callOn(this.alarms, action)
  }

  private dailyWorkflow(clearLogs: RuntimeFunction): StateMachine {
    const { bands, tuning, topic } = this.props
    const parts = {
      planDays: this.planDays().function.functionArn,
      clearLogs: clearLogs.function.functionArn,
      sliceIntent: this.sliceIntent().function.functionArn,
      judgeDays: this.judgeDays().function.functionArn,
    }
    const places = { tuningMachine: tuning.stateMachineArn, topic: topic?.topicArn ?? null }
    return mappingMachine(this, 'DailyWorkflow', {
      definition: dailyDefinition({ ...parts, ...places, bands }),
      functions: Object.values(parts),
      statements: [
        new PolicyStatement({ actions: ['states:StartExecution'], resources: [tuning.stateMachineArn] }),
        ...(topic ? [new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] })] : []),
      ],
    })
  }

  private planDays(): RuntimeFunction {
    const { bucket } = this.props.stores.experience
    return this.make('PlanDays', 'plan-days', 512, 5, mayRead(bucket, 'cadence/daily/*', 'packs/*'))
  }

  /** The search side, production logs with what their rollouts put in force, and where its rows lie: runs and questions are none of its business. */
  private sliceIntent(): RuntimeFunction {
    const { experience, ledger } = this.props.stores
    const { bucket } = experience
    return this.make('SliceIntent', 'slice-intent', 3008, 15, [
      ...mayRead(bucket, 'cadence/*', 'experience/*', 'packs/*', 'production/*'),
      mayAdd(bucket, 'cadence/rows/*'),
      ledger.mayRead('rollout', 'production'),
      ...(this.props.judges?.mayAsk('search') ?? []),
    ])
  }

  /** Reads what stands on an intent: runs, reviews, rollouts, the tuple in force, questions left. Of the vault it knows nothing. Each judged day gets its line in the journal of heads. */
  private judgeDays(): RuntimeFunction {
    const { experience, ledger, journal } = this.props.stores
    const { bucket } = experience
    return this.make(
      'JudgeDays',
      'judge-days',
      3008,
      15,
      [
        ...mayRead(
          bucket,
          'cadence/*',
          ...['manifest', 'refusal', 'target'].map((file) => `autotune/runs/*/${file}.json`),
        ),
        mayAdd(bucket, 'cadence/bands/*', 'cadence/daily/*'),
        ledger.mayRead('lock', 'heldout', 'review', 'rollout', 'release'),
      ],
      journal,
    )
  }

  private make(
    id: string,
    handler: string,
    memory: number,
    minutes: number,
    statements: readonly PolicyStatement[],
    journal?: Stores['journal'],
  ): RuntimeFunction {
    const { experience, ledger } = this.props.stores
    return new RuntimeFunction(this, id, {
      handler,
      failure: ROUTINE_KEEPS,
      memory,
      timeout: Duration.minutes(minutes),
      environment: {
        [ENV.bucket]: experience.bucket.bucketName,
        [ENV.table]: ledger.table.tableName,
        ...(handler === 'slice-intent' ? this.props.judges?.environment('search') : {}),
      },
      statements,
      ...(journal ? { journal } : {}),
    })
  }

  private schedules(): void {
    const { bands, at = readyTime(bands.ready_after_hours), weekly = at, quarterly = at } = this.props
    this.start('EveryDay', this.daily, dailyCron(at), 'Judges the days that are ready')
    this.start('EveryWeek', this.weekly, dailyCron(weekly, { weekDay: 'MON' }), 'Looks back on the week')
    // A day later wherever the place lies: in UTC the quarter is over by then.
    const second = { day: '2', month: '1,4,7,10' }
    this.start('EveryQuarter', this.quarterly, dailyCron(quarterly, second), 'Looks back on the quarter')
  }

  private start(id: string, machine: StateMachine, schedule: ScheduleExpression, description: string): void {
    new Schedule(this, id, {
      schedule,
      description,
      timeWindow: TimeWindow.off(),
      target: new StepFunctionsStartExecution(machine, {
        input: ScheduleTargetInput.fromObject({}),
        deadLetterQueue: this.props.deadLetters,
        retryAttempts: 3,
        maxEventAge: Duration.hours(6),
      }),
    })
  }
}

/** Throws RangeError for bands that are too large for a workflow, or that come to more than its steps hand on. */
function carried(bands: Bands): void {
  const text = JSON.stringify(bands)
  if (text.includes('"{%'))
    throw new RangeError(
      'a text of the bands or of a target begins with {%, which a workflow would compute: write it otherwise',
    )
  const bytes = Buffer.byteLength(text)
  if (bytes > MOST_HANDED.bytes)
    throw new RangeError(
      `the bands with their targets are ${bytes} bytes; a deployment carries ${MOST_HANDED.bytes}: watch the rest with another one, or from cron`,
    )
  const digests = bands.intents.length * (bands.revised_for_days + 1)
  if (digests > MOST_HANDED.digests)
    throw new RangeError(
      `${bands.intents.length} intents that are revised for ${bands.revised_for_days} days come to ${digests} slices a day; a deployment hands on ${MOST_HANDED.digests}: lower revised_for_days`,
    )
  const open = bands.intents.flatMap(({ intent, bands: of }) =>
    of.flatMap(({ metric, target }) => (typeof target === 'string' ? [`${intent}, ${metric}`] : [])),
  )
  if (open.length > 0)
    throw new RangeError(
      `the target of ${open[0]} is the path of a file, which a deployment cannot read: put the target itself in its place, TuningTarget.parse(JSON of that file)`,
    )
  const asking = bands.intents.flatMap(({ intent, bands: of }) =>
    of.flatMap(({ metric, target }) =>
      typeof target === 'object' && target.proposers?.includes('blocks') ? [`${intent}, ${metric}`] : [],
    ),
  )
  if (asking.length > 0)
    throw new RangeError(
      `the target of ${asking[0]} names the proposer "blocks", whose library no band hands over: take it out and give "autotune run --target FILE --proposers blocks --blocks FILE --stack NAME" when that band breaks`,
    )
}

/**
 * The deployed loop as one construct: both workflows, their functions, the daily start of registered targets, and what
 * happens when a run fails. Reads like a diagram: stores -> functions -> gate workflow -> tuning workflow -> watch -> schedule.
 */
import { Duration, Stack } from 'aws-cdk-lib'
import type { IAlarmAction, IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { Rule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { type Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Schedule, ScheduleExpression, ScheduleTargetInput, TimeWindow } from 'aws-cdk-lib/aws-scheduler'
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { Verdict } from '#schemas/run.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { COUNTED } from '#schemas/watch.ts'
import { heldProps, heldTargets } from '../contracts.ts'
import { gateDefinition } from '../definitions/gate.ts'
import { tuningDefinition } from '../definitions/tuning.ts'
import { needFlags } from '../feature-flags.ts'
import { watchLimits } from '../limits.ts'
import { Attestations } from './attestations.ts'
import { AuditSql, type AuditSqlSettings } from './audit-sql.ts'
import { Cadence, type CadenceProps } from './cadence.ts'
import { badEnds, counted } from './dashboard.ts'
import { needSame } from './environments.ts'
import { eraseRuns } from './erase-runs.ts'
import { granted } from './grants.ts'
import { Harness, type HarnessProps } from './harness.ts'
import { type JudgeProps, Judges } from './judges.ts'
import { whole, wholeTime } from './ranges.ts'
import { ReviewDesk, type ReviewDeskProps } from './review-desk.ts'
import { Rollouts, type RolloutsProps } from './rollouts.ts'
import { type RuntimeSettings, setRuntime } from './runtime-settings.ts'
import { endOf, executionsOf, mappingMachine, mayRunNested } from './state-machine.ts'
import { Watch } from './watch.ts'
import { WorkflowFunctions } from './workflow-functions.ts'
import type { AllStores, Stores } from './workflow-rights.ts'

/** What is tuned, when, and within which limits. */
export interface AutotuneProps extends RuntimeSettings {
  /** Experience, vault, ledger and releases that the workflows work on: a `StatefulStack`. */
  readonly stores: AllStores
  /**
   * Targets that are tuned by themselves, by a name of yours: letters and digits, since it becomes part of a construct id.
   * @default - none; runs are started by hand
   */
  readonly targets?: Readonly<Record<string, TuningTarget>>
  /**
   * When they are started.
   * @default - every day at 03:00 UTC, within a window of an hour
   */
  readonly schedule?: ScheduleExpression
  /**
   * When single targets are started instead, by their names, each on the clock of its place:
   * `ScheduleExpression.cron({ hour: '6', timeZone: TimeZone.EUROPE_BERLIN })`.
   * @default - all by `schedule`
   */
  readonly schedules?: Readonly<Record<string, ScheduleExpression>>
  /**
   * The review desk: who reviews what a run certified, by mailed links.
   * @default - none; a certified run waits in the store
   */
  readonly review?: Pick<ReviewDeskProps, 'config'>
  /**
   * The rollouts that an approval starts, by intent.
   * @default - none; an approval starts nothing
   */
  readonly rollouts?: Pick<RolloutsProps, 'configs' | 'services' | 'deliver'>
  /**
   * The daily routine, with its weekly and quarterly look back.
   * @default - none; nothing is watched from day to day
   */
  readonly routine?: Omit<CadenceProps, 'stores' | 'tuning' | 'deadLetters' | 'judges'>
  /**
   * The store as tables for SQL, kept up to date, and a role that may ask them in Athena: `{}` for the defaults.
   * @default - none; not one resource of it
   */
  readonly auditSql?: AuditSqlSettings
  /**
   * Whether what was decided is signed, each kind under a key of its own in KMS.
   * @default false
   */
  readonly attestations?: boolean
  /**
   * Cases of one replay shard, at most: what one function call reads. It ends at 8 million characters too. 1 to 10,000.
   * @default 5000
   */
  readonly shardCases?: number
  /**
   * Shards that are replayed at once. 1 to 10,000.
   * @default 100
   */
  readonly maxConcurrency?: number
  /**
   * From the opening of a question to the sealed set until its answer can be read: the same for every answer, so that
   * nobody learns more than the one bit from how long it took. Scoring that is not done by then is a "no": leave several
   * times what scoring takes. 5 minutes to a day.
   * @default Duration.hours(1)
   */
  readonly answerAfter?: Duration
  /**
   * Your own harness, for targets whose `scoring.replayer` is `module`.
   * @default - none; such a target is refused when its run starts
   */
  readonly harness?: HarnessProps
  /**
   * Modules of your own that judge, for suites whose evaluators have `check: "module"`.
   * @default - none; a run whose suite asks one is refused when it starts
   */
  readonly judges?: readonly JudgeProps[]
  /**
   * Most that the questions of 365 days may spend, over all intents and versions: a run that would go beyond it is refused.
   * @default - what the bands of `routine` declare; without them nothing is refused for it
   */
  readonly yearBudget?: number | undefined
}

/** What both workflows are bounded by. */
interface Limits {
  readonly shardCases: number
  readonly maxConcurrency: number
  readonly answerAfterSeconds: number
}

/**
 * The tuning side of a deployment. It proposes and changes nothing: no role in it may write a pack or a release.
 *
 * @throws RangeError for a limit that is out of its range, a target that is no target, a schedule of none, a harness without a
 *   version, and an app without the feature flags that it needs
 */
export class Autotune extends Construct {
  /** Every function of both workflows. */
  readonly functions: WorkflowFunctions
  /** A harness of your own; it may be none. */
  readonly harness: Harness
  /** The functions of the modules that judge. */
  readonly judges: Judges
  /** Erases recorded runs for people, from both sides. */
  readonly eraseRuns: IFunction
  /** The gate workflow: one question to the held-out set. */
  readonly gate: StateMachine
  /** The tuning workflow: one run, from its target to its verdict. Its input is a `StartRequest`. */
  readonly tuning: StateMachine
  /** Starts that Scheduler could not deliver, and failures that could not be recorded. */
  readonly deadLetters: Queue
  /** Alarms and dashboard; `watch.notify` says whom to call. */
  readonly watch: Watch
  /** Null without `rollouts`. */
  readonly rollouts: Rollouts | null
  /** Null without `review`. */
  readonly review: ReviewDesk | null
  /** Null without `routine`. */
  readonly routine: Cadence | null
  /** Null without `auditSql`. */
  readonly auditSql: AuditSql | null
  /** Null without `attestations`. */
  readonly attestations: Attestations | null

  private readonly stores: Construct

  constructor(scope: Construct, id: string, props: AutotuneProps) {
    super(scope, id)
    needFlags(this)
    watchLimits(this)
    aloneIn(Stack.of(this), this)
    setRuntime(this, props)
    const { stores, schedule = EVERY_DAY, schedules = {} } = props
    if (!stores?.vault?.bucket) throw new RangeError('stores is missing, or no StatefulStack')
    this.stores = stores.vault
    needSame('stores', stores.vault, stores.vault.bucket.env, this, true)
    const targets = heldTargets(props.targets ?? {})
    for (const name of Object.keys(schedules))
      if (!targets[name]) throw new RangeError(`schedules names "${name}", and targets holds none of that name`)
    const bands = heldProps(props, targets)
    const yearBudget = props.yearBudget ?? bands?.error_budget_per_year
    if (yearBudget !== undefined && !(yearBudget > 0 && yearBudget < 1))
      throw new RangeError(`yearBudget is ${yearBudget}; it is above 0 and below 1`)
    const limits = limitsOf(props)
    const { shardCases } = limits
    this.judges = new Judges(this, 'Judges', props.judges ?? [])
    this.harness = new Harness(this, 'Harness', props.harness)
    const { judges, harness } = this
    this.functions = new WorkflowFunctions(this, 'Functions', { stores, shardCases, harness, judges, yearBudget })
    this.eraseRuns = eraseRuns(this, stores).function
    this.gate = this.gateWorkflow(limits)
    this.tuning = this.tuningWorkflow(stores, limits)
    this.deadLetters = this.deadLetterQueue()
    this.recordFailures()
    const { functions, tuning, deadLetters } = this
    this.watch = new Watch(this, 'Watch', { stores, functions, tuning, deadLetters })
    for (const [name, target] of Object.entries(targets)) this.startDaily(name, target, schedules[name] ?? schedule)
    const { rollouts, review, routine, auditSql } = props
    this.rollouts = rollouts ? new Rollouts(this, 'Rollouts', { stores, deadLetters, judges, ...rollouts }) : null
    const rollout = this.rollouts?.workflow
    this.review = review
      ? new ReviewDesk(this, 'Review', { stores, tuning, deadLetters, judges, rollout, ...review })
      : null
    this.routine = routine ? new Cadence(this, 'Routine', { stores, tuning, deadLetters, judges, ...routine }) : null
    const after = endingOf({ tuning, rollouts: this.rollouts, review: this.review, routine: this.routine })
    this.auditSql = auditSql ? new AuditSql(this, 'AuditSql', { stores, deadLetters, after, ...auditSql }) : null
    this.attestations = props.attestations
      ? new Attestations(this, 'Attestations', { stores, deadLetters, after })
      : null
  }

  /** Calls somebody when an alarm of any part rings, and again when it is over. */
  notify(action: IAlarmAction): void {
    this.watch.notify(action)
    this.routine?.notify(action)
    this.auditSql?.notify(action)
    this.attestations?.notify(action)
  }

  /** Lets somebody start runs and follow them, as `autotune run --stack` does. With `grantRead` of the stores they read what came out. */
  grantStart(grantee: IGrantable): Grant {
    return granted(
      this,
      'grantStart',
      grantee,
      [
        new PolicyStatement({ actions: ['states:StartExecution'], resources: [this.tuning.stateMachineArn] }),
        new PolicyStatement({
          actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
          resources: [executionsOf(this.tuning)],
        }),
      ],
      this.stores,
    )
  }

  /** Lets somebody have recorded runs erased (`erase`): to call the function that does it. They see none of them. */
  grantErase(grantee: IGrantable): Grant {
    return granted(
      this,
      'grantErase',
      grantee,
      [
        new PolicyStatement({
          actions: ['lambda:InvokeFunction'],
          resources: [...this.eraseRuns.resourceArnsForGrantInvoke],
        }),
      ],
      this.stores,
    )
  }

  /** Runs that ended without a verdict, over a period. */
  metricRunFailed(period: Duration = Duration.days(1)): IMetric {
    return badEnds(this.tuning, period)
  }

  /** Runs that ended with a verdict, over a period. */
  metricVerdict(verdict: Verdict, period: Duration = Duration.days(1)): IMetric {
    return counted(this, 'advance-run', COUNTED.verdict(verdict), 'Sum', period)
  }

  /** Intents that have no sealed version with a question left; looked at every hour. */
  metricSpentIntents(): IMetric {
    return counted(this, 'watch-ledger', COUNTED.spentIntents, 'Maximum', Duration.hours(1))
  }

  /** Hours that the oldest lock is held; looked at every hour. */
  metricOldestLockHours(): IMetric {
    return counted(this, 'watch-ledger', COUNTED.oldestLockHours, 'Maximum', Duration.hours(1))
  }

  private gateWorkflow(limits: Limits): StateMachine {
    const { reserveQuestion, scoreShard, sealAnswer, publishAnswer } = this.functions
    const parts = {
      reserveQuestion: reserveQuestion.function.functionArn,
      scoreShard: scoreShard.function.functionArn,
      sealAnswer: sealAnswer.function.functionArn,
      publishAnswer: publishAnswer.function.functionArn,
    }
    return mappingMachine(this, 'GateWorkflow', {
      definition: gateDefinition({ ...parts, ...limits }),
      functions: Object.values(parts),
      // A log or a trace would tell which way it went and how long each step took.
      sealed: true,
    })
  }

  private tuningWorkflow({ experience: { bucket } }: Stores, limits: Limits): StateMachine {
    const f = this.functions
    const parts = {
      askProposers: f.askProposers.function.functionArn,
      startRun: f.startRun.function.functionArn,
      openRetired: f.openRetired.function.functionArn,
      compileSearch: f.compileSearch.function.functionArn,
      layOutSearch: f.layOutSearch.function.functionArn,
      gatherSearch: f.gatherSearch.function.functionArn,
      planSeal: f.planSeal.function.functionArn,
      layOutSealed: f.layOutSealed.function.functionArn,
      sealVersion: f.sealVersion.function.functionArn,
      pinRun: f.pinRun.function.functionArn,
      advanceRun: f.advanceRun.function.functionArn,
      finishRun: f.finishRun.function.functionArn,
      replayShard: f.replayShard.function.functionArn,
    }
    const places = { gateMachine: this.gate.stateMachineArn, bucket: bucket.bucketName }
    return mappingMachine(this, 'TuningWorkflow', {
      definition: tuningDefinition({ ...parts, ...places, ...limits }),
      functions: Object.values(parts),
      statements: [
        new PolicyStatement({
          actions: ['s3:GetObject', 's3:GetObjectVersion'],
          resources: ['rounds/*', 'pieces.jsonl'].map((key) => bucket.arnForObjects(`autotune/work/*/${key}`)),
        }),
        new PolicyStatement({
          actions: ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
          resources: [bucket.arnForObjects('autotune/work/*/exports/*')],
        }),
        ...mayRunNested(this.gate),
        // What is left of the account's concurrency; Lambda knows no resource to ask it of.
        new PolicyStatement({ actions: ['lambda:GetAccountSettings'], resources: ['*'] }),
      ],
    })
  }

  private deadLetterQueue(): Queue {
    return new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
  }

  /** An execution that ends badly is recorded with its reason and frees its lock; it can still be redriven. */
  private recordFailures(): void {
    const target = new LambdaFunction(this.functions.recordFailure.function, {
      deadLetterQueue: this.deadLetters,
      retryAttempts: 10,
      maxEventAge: Duration.hours(12),
    })
    new Rule(this, 'RunFailed', {
      description: 'Records a failed tuning run and frees its lock',
      eventPattern: endOf(this.tuning, 'FAILED', 'TIMED_OUT', 'ABORTED'),
      targets: [target],
    })
  }

  private startDaily(name: string, target: TuningTarget, schedule: ScheduleExpression): void {
    new Schedule(this, `Daily${name}`, {
      schedule,
      description: `Tunes ${name}`,
      timeWindow: TimeWindow.flexible(Duration.hours(1)),
      target: new StepFunctionsStartExecution(this.tuning, {
        input: ScheduleTargetInput.fromObject({ target }),
        deadLetterQueue: this.deadLetters,
        retryAttempts: 3,
        maxEventAge: Duration.hours(6),
      }),
    })
  }
}

/** Throws RangeError where a stack holds another one: metrics, workgroup and database are called by the stack. */
function aloneIn(stack: Stack, one: Autotune): void {
  const another = stack.node.findAll().find((c) => c instanceof Autotune && c !== one && Stack.of(c) === stack)
  if (another)
    throw new RangeError(
      `${another.node.path} and ${one.node.path} are in one stack, whose name their metrics and tables have: give each a stack of its own; a nested one will do`,
    )
}

/** Workflows whose ends change what the tables of the store say. */
export const endingOf = (parts: {
  readonly tuning: StateMachine
  readonly rollouts: Rollouts | null
  readonly review: ReviewDesk | null
  readonly routine: Cadence | null
}): StateMachine[] => [
  parts.tuning,
  ...(parts.review ? [parts.review.workflow] : []),
  ...(parts.rollouts ? [parts.rollouts.workflow] : []),
  ...(parts.routine ? [parts.routine.daily, parts.routine.weekly, parts.routine.quarterly] : []),
]

const EVERY_DAY = ScheduleExpression.cron({ minute: '0', hour: '3' })

/** The limits that the props name, within what Step Functions and a question bear. */
function limitsOf(props: AutotuneProps): Limits {
  const { shardCases = 5000, maxConcurrency = 100, answerAfter = Duration.hours(1) } = props
  for (const [name, value] of Object.entries({ shardCases, maxConcurrency })) whole(name, value, 1, 10_000)
  const answerAfterSeconds = wholeTime('answerAfter', answerAfter, 'seconds', 86_400, 300)
  return { shardCases, maxConcurrency, answerAfterSeconds }
}

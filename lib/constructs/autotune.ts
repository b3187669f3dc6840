/**
 * The deployed loop as one construct: both workflows, their functions, the daily start of registered targets, and what
 * happens when a run fails. Reads like a diagram: stores -> functions -> gate workflow -> tuning workflow -> watch -> schedule.
 */
import { Annotations, Duration, Stack, Stage } from 'aws-cdk-lib'
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
import { VERDICTS, type Verdict } from '#schemas/run.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { COUNTED } from '#schemas/watch.ts'
import { heldProps, heldTargets, needTurns } from '../contracts.ts'
import { gateDefinition } from '../definitions/gate.ts'
import { tuningDefinition } from '../definitions/tuning.ts'
import { needFlags } from '../feature-flags.ts'
import { watchLimits } from '../limits.ts'
import { A_STATEFUL_STACK, oneOf } from '../props.ts'
import { isOver } from '../schedule.ts'
import { Attestations } from './attestations.ts'
import { AuditSql } from './audit-sql.ts'
import { type AutotuneProps, needProps } from './autotune-props.ts'
import { Cadence } from './cadence.ts'
import { badEnds, counted } from './dashboard.ts'
import { needSame } from './environments.ts'
import { eraseRuns } from './erase-runs.ts'
import { granted } from './grants.ts'
import { Harness } from './harness.ts'
import { Judges } from './judges.ts'
import { namespaceOf } from './metrics-namespace.ts'
import { whole, wholeTime } from './ranges.ts'
import { ReviewDesk } from './review-desk.ts'
import { Rollouts } from './rollouts.ts'
import { setRuntime } from './runtime-settings.ts'
import { endOf, executionsOf, mappingMachine, mayRunNested } from './state-machine.ts'
import { Watch } from './watch.ts'
import { WorkflowFunctions } from './workflow-functions.ts'
import type { Stores } from './workflow-rights.ts'

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
    needProps(props)
    aloneIn(Stack.of(this), this)
    setRuntime(this, props)
    const { stores, schedule = EVERY_DAY, schedules = {}, judges: judging = [] } = props
    A_STATEFUL_STACK('stores', stores)
    this.stores = stores.vault
    needSame('stores', stores.vault, stores.vault.bucket.env, this, true)
    const targets = heldTargets(props.targets ?? {})
    for (const name of Object.keys(schedules))
      if (!Object.hasOwn(targets, name))
        throw new RangeError(`schedules names "${name}", and targets holds none of that name`)
    const scheduleOf = (name: string) => (Object.hasOwn(schedules, name) && schedules[name]) || schedule
    if (props.schedule && Object.keys(targets).every((name) => Object.hasOwn(schedules, name)))
      throw new RangeError(
        'schedule is given and no target starts by it: name targets, or take one out of schedules, or take schedule out',
      )
    needTurns(targets, scheduleOf)
    const bands = heldProps(props, targets)
    const yearBudget = props.yearBudget ?? bands?.error_budget_per_year
    const limits = limitsOf(props)
    const { shardCases } = limits
    this.judges = new Judges(this, 'Judges', judging)
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
    for (const [name, target] of Object.entries(targets)) this.startDaily(name, target, scheduleOf(name))
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
    return badEnds(this.tuning, needPeriod(period))
  }

  /** Runs that ended with a verdict, over a period. */
  metricVerdict(verdict: Verdict, period: Duration = Duration.days(1)): IMetric {
    oneOf(VERDICTS)('verdict', verdict)
    return counted(this, 'advance-run', COUNTED.verdict(verdict), 'Sum', needPeriod(period))
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
    if (isOver(schedule, Date.now()))
      Annotations.of(this).addWarningV2(
        `contextos-autotune:over${name}`,
        `target ${name} starts once, at a time that is over (${schedule.expressionString}): give it another one, or take it out`,
      )
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

/** Throws RangeError where another one of the same stack, or of one that is called alike, has the names of its metrics and tables. */
function aloneIn(stack: Stack, one: Autotune): void {
  const isAlike = (c: unknown) =>
    c instanceof Autotune &&
    c !== one &&
    namespaceOf(c) === namespaceOf(one) &&
    Stack.of(c).environment === stack.environment
  const another = (Stage.of(one) ?? stack).node.findAll().find(isAlike)
  if (another)
    throw new RangeError(
      `${another.node.path} and ${one.node.path} have metrics and tables of one name, that of their stack ("${namespaceOf(one)}", less "Workflow" at its end): give each a stack of its own; a nested one will do`,
    )
}

/** Seconds below a minute that CloudWatch counts over. */
const SHORT_PERIODS: readonly number[] = [1, 5, 10, 30]

/** @throws RangeError for a time over which CloudWatch counts nothing */
function needPeriod(period: Duration): Duration {
  const seconds = wholeTime('period', period, 'seconds', 366 * 86_400)
  if (seconds % 60 !== 0 && !SHORT_PERIODS.includes(seconds))
    throw new RangeError(
      `period is ${period.toHumanString()}; CloudWatch counts over ${SHORT_PERIODS.join(', ')} seconds, or whole minutes: Duration.minutes(1)`,
    )
  return period
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

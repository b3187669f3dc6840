/**
 * The deployed loop as one construct: both workflows, their functions, the daily start of registered targets, and what
 * happens when a run fails. Reads like a diagram: stores -> functions -> gate workflow -> tuning workflow -> watch -> schedule.
 */
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib'
import { Rule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Schedule, ScheduleExpression, ScheduleTargetInput, TimeWindow } from 'aws-cdk-lib/aws-scheduler'
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { TuningTarget } from '#schemas/target.ts'
import { gateDefinition } from '../definitions/gate.ts'
import { tuningDefinition } from '../definitions/tuning.ts'
import type { HarnessProps } from './harness.ts'
import { stateMachine } from './state-machine.ts'

import { Watch } from './watch.ts'
import { type Stores, WorkflowFunctions } from './workflow-functions.ts'

export interface AutotuneProps {
  /** Experience, vault and ledger that the workflows work on. */
  readonly stores: Stores
  /**
   * Targets that are tuned by themselves, by a name of yours.
   * @default - none; runs are started by hand
   */
  readonly targets?: Readonly<Record<string, TuningTarget>>
  /**
   * When they are started.
   * @default - every day at 03:00 UTC, within a window of an hour
   */
  readonly schedule?: ScheduleExpression
  /**
   * Cases of one replay shard: what one function call replays.
   * @default 500
   */
  readonly shardCases?: number
  /**
   * Shards that are replayed at once.
   * @default 100
   */
  readonly maxConcurrency?: number
  /**
   * From the opening of a question to the sealed set until its answer can be read: the same for every answer, so that
   * nobody learns more than the one bit from how long it took. Scoring that is not done by then is a "no": leave several
   * times what scoring takes.
   * @default Duration.hours(1)
   */
  readonly answerAfter?: Duration
  /**
   * Your own harness, for targets whose `scoring.replayer` is `module`.
   * @default - none; such a target is refused when its run starts
   */
  readonly harness?: HarnessProps
}

/** What both workflows are bounded by. */
interface Limits {
  readonly maxConcurrency: number
  readonly answerAfterSeconds: number
}

export class Autotune extends Construct {
  readonly functions: WorkflowFunctions
  readonly gate: StateMachine
  readonly tuning: StateMachine
  /** Starts that Scheduler could not deliver, and failures that could not be recorded. */
  readonly deadLetters: Queue
  readonly watch: Watch

  constructor(scope: Construct, id: string, props: AutotuneProps) {
    super(scope, id)
    const { stores, targets = {}, shardCases = 500, maxConcurrency = 100, answerAfter = Duration.hours(1) } = props
    for (const [name, value] of Object.entries({ shardCases, maxConcurrency }))
      if (!Number.isSafeInteger(value) || value < 1 || value > 10_000)
        throw new RangeError(`${name} is ${value}; it is a whole number from 1 to 10000`)
    const answerAfterSeconds = answerAfter.toSeconds()
    if (answerAfterSeconds < 300 || answerAfterSeconds > 86_400)
      throw new RangeError(`answerAfter is ${answerAfterSeconds} s; it is from 5 minutes to a day`)
    const limits = { maxConcurrency, answerAfterSeconds }
    this.functions = new WorkflowFunctions(this, 'Functions', { stores, shardCases, harness: props.harness })
    this.gate = this.gateWorkflow(limits)
    this.tuning = this.tuningWorkflow(stores, limits)
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
    this.recordFailures()
    this.watch = new Watch(this, 'Watch', {
      stores,
      functions: this.functions,
      tuning: this.tuning,
      deadLetters: this.deadLetters,
    })
    this.startDaily(targets, props.schedule ?? ScheduleExpression.cron({ minute: '0', hour: '3' }))
  }

  private gateWorkflow(limits: Limits): StateMachine {
    const { reserveQuestion, scoreShard, sealAnswer, publishAnswer } = this.functions
    const parts = {
      reserveQuestion: reserveQuestion.function.functionArn,
      scoreShard: scoreShard.function.functionArn,
      sealAnswer: sealAnswer.function.functionArn,
      publishAnswer: publishAnswer.function.functionArn,
    }
    return this.machine('GateWorkflow', gateDefinition({ ...parts, ...limits }), Object.values(parts), [], {
      sealed: true,
    })
  }

  private tuningWorkflow({ experience: { bucket } }: Stores, limits: Limits): StateMachine {
    const f = this.functions
    const parts = {
      startRun: f.startRun.function.functionArn,
      openRetired: f.openRetired.function.functionArn,
      compileSearch: f.compileSearch.function.functionArn,
      sealVersion: f.sealVersion.function.functionArn,
      pinRun: f.pinRun.function.functionArn,
      advanceRun: f.advanceRun.function.functionArn,
      replayShard: f.replayShard.function.functionArn,
    }
    const { gate } = this
    const stack = Stack.of(this)
    const definition = tuningDefinition({
      ...parts,
      gateMachine: gate.stateMachineArn,
      bucket: bucket.bucketName,
      ...limits,
    })
    return this.machine('TuningWorkflow', definition, Object.values(parts), [
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [bucket.arnForObjects('autotune/work/*/rounds/*')],
      }),
      new PolicyStatement({
        actions: ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
        resources: [bucket.arnForObjects('autotune/work/*/exports/*')],
      }),
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [gate.stateMachineArn] }),
      new PolicyStatement({
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: [
          stack.formatArn({
            service: 'states',
            resource: 'execution',
            resourceName: `${gate.stateMachineName}:*`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      }),
      // `.sync:2` learns of the end by a rule that Step Functions keeps in this account.
      new PolicyStatement({
        actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        resources: [
          stack.formatArn({
            service: 'events',
            resource: 'rule',
            resourceName: 'StepFunctionsGetEventsForStepFunctionsExecutionRule',
          }),
        ],
      }),
    ])
  }

  /**
   * A machine with a role with just the statements given, and the rights of a Distributed Map. A sealed one writes no log
   * and no trace: they would tell which way it went and how long each step took.
   */
  private machine(
    id: string,
    definition: Record<string, unknown>,
    functions: readonly string[],
    statements: readonly PolicyStatement[],
    { sealed = false } = {},
  ): StateMachine {
    const machine = stateMachine(this, id, { definition, functions, statements, sealed })
    // A policy of its own: the machine waits for its role's, and could not be named there.
    new Policy(this, `${id}MapRights`, {
      roles: [machine.role],
      statements: [
        new PolicyStatement({ actions: ['states:StartExecution'], resources: [machine.stateMachineArn] }),
        new PolicyStatement({
          actions: ['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'],
          resources: [
            Stack.of(this).formatArn({
              service: 'states',
              resource: 'execution',
              resourceName: `${machine.stateMachineName}:*`,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          ],
        }),
      ],
    })
    return machine
  }

  /** An execution that ends badly is recorded with its reason and frees its lock; it can still be redriven. */
  private recordFailures(): void {
    new Rule(this, 'RunFailed', {
      description: 'Records a failed tuning run and frees its lock',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [this.tuning.stateMachineArn], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
      targets: [
        new LambdaFunction(this.functions.recordFailure.function, {
          deadLetterQueue: this.deadLetters,
          retryAttempts: 10,
          maxEventAge: Duration.hours(12),
        }),
      ],
    })
  }

  private startDaily(targets: Readonly<Record<string, TuningTarget>>, schedule: ScheduleExpression): void {
    for (const [name, target] of Object.entries(targets)) {
      const parsed = TuningTarget.safeParse(target)
      if (!parsed.success)
        throw new RangeError(
          `target "${name}" is not valid: ${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`,
        )
      new Schedule(this, `Daily${name}`, {
        schedule,
        description: `Tunes ${name}`,
        timeWindow: TimeWindow.flexible(Duration.hours(1)),
        target: new StepFunctionsStartExecution(this.tuning, {
          input: ScheduleTargetInput.fromObject({ target: parsed.data }),
          deadLetterQueue: this.deadLetters,
          retryAttempts: 3,
          maxEventAge: Duration.hours(6),
        }),
      })
    }
  }
}

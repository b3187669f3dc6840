/**
 * Rollouts in AWS: the workflow that looks at production every hour, and the levers of people. Every function that moves a
 * rollout runs under the one role that may write releases; no other role of this stack can.
 */
import { Duration, Stack } from 'aws-cdk-lib'
import { Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { AccountRootPrincipal, Policy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import type { RolloutConfig } from '#schemas/release.ts'
import { PRODUCTION_INBOX } from '#schemas/s3-keys.ts'
import { rolloutDefinition } from '../definitions/rollout.ts'
import type { ReleaseStore } from './release-store.ts'
import { mayRead, mayWrite } from './rights.ts'
import { RoutingConfig } from './routing-config.ts'
import { RuntimeFunction } from './runtime-function.ts'
import { stateMachine } from './state-machine.ts'
import type { Stores } from './workflow-functions.ts'

export interface RolloutsProps {
  /** Experience, ledger and releases; the vault is none of its business. */
  readonly stores: Pick<Stores, 'experience' | 'ledger'> & { readonly releases: ReleaseStore }
  /** How each intent goes forward, and what brings it back. An intent without one is not rolled out. */
  readonly configs: Readonly<Record<string, RolloutConfig>>
  /** Takes rollouts that failed. */
  readonly deadLetters: IQueue
  /**
   * Whether routing is published in AppConfig too.
   * @default false
   */
  readonly appConfig?: boolean
}

export class Rollouts extends Construct {
  readonly workflow: StateMachine
  /** The levers of people. */
  readonly stop: IFunction
  readonly resume: IFunction
  /** For the user's runtime to assume: hands in scored runs, and reads who gets which arm. */
  readonly runtime: Role

  /** Null: routing is published beside the releases alone. */
  readonly routing: RoutingConfig | null

  private readonly props: RolloutsProps

  constructor(scope: Construct, id: string, props: RolloutsProps) {
    super(scope, id)
    this.props = props
    this.routing = props.appConfig ? new RoutingConfig(this, 'Routing', Object.keys(props.configs)) : null
    const { bucket } = props.stores.experience
    const { ledger, releases } = props.stores
    const startRollout = this.releasing('StartRollout', 'start-rollout', [
      ...mayRead(bucket, 'autotune/runs/*', 'goldens/*', 'packs/*', 'production/*', 'reviews/*/evidence-*'),
      mayWrite(bucket, 'packs/*'),
      ledger.mayRead('review', 'rollout', 'release', 'version', 'production', 'rejection'),
      ledger.mayWrite('rollout', 'release', 'rejection'),
      ledger.mayCreate('version', 'proposal'),
      ...(this.routing?.mayPublish() ?? []),
    ])
    const evaluateStage = this.releasing('EvaluateStage', 'evaluate-stage', [])
    this.stop = this.releasing('StopRollout', 'stop-rollout', []).function
    this.resume = this.releasing('ResumeRollout', 'resume-rollout', []).function
    const recordProduction = new RuntimeFunction(this, 'RecordProduction', {
      ...this.shape('record-production'),
      statements: [
        ...mayRead(bucket, `${PRODUCTION_INBOX}*`, 'production/*'),
        mayWrite(bucket, 'production/*', 'inbox/refused/*'),
        new PolicyStatement({
          actions: ['s3:DeleteObject'],
          resources: [bucket.arnForObjects(`${PRODUCTION_INBOX}*`)],
        }),
        ledger.mayRead('rollout', 'production'),
        ledger.mayCreate('production'),
      ],
    })
    const parts = {
      startRollout: startRollout.function.functionArn,
      recordProduction: recordProduction.function.functionArn,
      evaluateStage: evaluateStage.function.functionArn,
    }
    this.workflow = stateMachine(this, 'Workflow', {
      definition: rolloutDefinition({ ...parts, configs: props.configs }),
      functions: Object.values(parts),
    })
    // A policy of its own: the machine waits for its role's, and could not be named there.
    new Policy(this, 'HandOver', {
      roles: [this.workflow.role],
      statements: [
        new PolicyStatement({ actions: ['states:StartExecution'], resources: [this.workflow.stateMachineArn] }),
      ],
    })
    this.runtime = new Role(this, 'Runtime', {
      assumedBy: new AccountRootPrincipal(),
      description: 'Hands in scored production runs and reads routing; assumed by the agent runtime',
    })
    this.runtime.addToPolicy(mayWrite(bucket, `${PRODUCTION_INBOX}*`))
    for (const statement of mayRead(releases.bucket, 'rollouts/*')) this.runtime.addToPolicy(statement)
    if (this.routing) this.runtime.addToPolicy(this.routing.mayRead())
    this.keepFailures()
  }

  /** Under the role of the releases. The first carries the statements of all, since they share it. */
  private releasing(id: string, handler: string, statements: readonly PolicyStatement[]): RuntimeFunction {
    return new RuntimeFunction(this, id, {
      ...this.shape(handler),
      statements,
      role: this.props.stores.releases.releaser,
    })
  }

  private shape(handler: string) {
    const { experience, ledger, releases } = this.props.stores
    return {
      handler,
      // They hold a search set or a production log in memory.
      memory: 3008,
      timeout: Duration.minutes(15),
      environment: {
        [ENV.bucket]: experience.bucket.bucketName,
        [ENV.table]: ledger.table.tableName,
        ...(handler === 'record-production'
          ? {}
          : { [ENV.releases]: releases.bucket.bucketName, [ENV.releaseKey]: releases.signingKey.keyArn }),
        ...(handler !== 'record-production' && this.routing
          ? { [ENV.appConfig]: Stack.of(this).toJsonString(this.routing.places) }
          : {}),
      },
    }
  }

  /** A rollout that failed is looked after by nobody until it is redriven: it must ring. */
  private keepFailures(): void {
    new Rule(this, 'RolloutFailed', {
      description: 'Keeps the failure of a rollout where failures are looked for; it can be redriven',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [this.workflow.stateMachineArn], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
      targets: [new SqsQueue(this.props.deadLetters)],
    })
  }
}

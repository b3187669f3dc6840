/**
 * The functions of the rollouts, one method each. Every one that moves a rollout runs under the role that may write
 * releases.
 */
import { Duration, Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { ENV, serviceVariable } from '#schemas/env-names.ts'
import type { FormName } from '#schemas/forms.ts'
import { PRODUCTION_INBOX } from '#schemas/s3-keys.ts'
import type { Judges } from './judges.ts'
import { mayRead, mayWrite } from './rights.ts'
import type { RoutingService } from './routing-services.ts'
import { RuntimeFunction } from './runtime-function.ts'
import type { OpenStores } from './workflow-rights.ts'

/** What the functions of rollouts share. */
interface RolloutFunctionsProps {
  /** Experience, ledger, journal and releases; the vault is none of its business. */
  readonly stores: OpenStores
  /** Modules that judge, for the one that replays a baseline. */
  readonly judges: Judges | undefined
  /** Services that routing is published to, by name. */
  readonly services: Readonly<Record<string, RoutingService>>
  /** Forms that routing is delivered in. */
  readonly deliver: readonly FormName[]
}

/** Makes the functions in the scope of the rollouts. Each method is called once: its name is a construct id. */
export class RolloutFunctions {
  private readonly scope: Construct
  private readonly props: RolloutFunctionsProps

  constructor(scope: Construct, props: RolloutFunctionsProps) {
    this.scope = scope
    this.props = props
  }

  /** Starts a rollout whose review was approved. It carries the statements of all that move one: they share a role. */
  startRollout(): RuntimeFunction {
    const { ledger, experience } = this.props.stores
    const { bucket } = experience
    return this.releasing('StartRollout', 'start-rollout', [
      ...mayRead(
        bucket,
        'autotune/runs/*',
        'goldens/*',
        'packs/*',
        'production/*',
        'proposals/*',
        'reviews/*/evidence-*',
      ),
      mayWrite(bucket, 'packs/*'),
      ...(this.props.judges?.mayAsk('search') ?? []),
      ledger.mayCheck(),
      ledger.mayWrite('rollout', 'release', 'rejection'),
      ledger.mayCreate('version', 'proposal'),
    ])
  }

  /** Looks at production and moves the rollout by its verdict. */
  evaluateStage(): RuntimeFunction {
    return this.releasing('EvaluateStage', 'evaluate-stage')
  }

  /** Takes a rollout back by hand. */
  stopRollout(): RuntimeFunction {
    return this.releasing('StopRollout', 'stop-rollout')
  }

  /** Lets a paused rollout go on by hand. */
  resumeRollout(): RuntimeFunction {
    return this.releasing('ResumeRollout', 'resume-rollout')
  }

  /** Takes in what the runtime handed in, under a role of its own: it moves nothing. */
  recordProduction(): RuntimeFunction {
    const { ledger, experience, journal } = this.props.stores
    const { bucket } = experience
    return new RuntimeFunction(this.scope, 'RecordProduction', {
      ...this.shape('record-production'),
      journal,
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
  }

  /** A function under the one role that may write releases. */
  private releasing(id: string, handler: string, statements: readonly PolicyStatement[] = []): RuntimeFunction {
    return new RuntimeFunction(this.scope, id, {
      ...this.shape(handler),
      statements,
      journal: this.props.stores.journal,
      role: this.props.stores.releases.releaser,
    })
  }

  /** What the adapter of each service is told. */
  private places(): Record<string, string> {
    const told = (service: RoutingService) => Stack.of(this.scope).toJsonString(service.places())
    return Object.fromEntries(
      Object.entries(this.props.services).map(([name, service]) => [serviceVariable(name), told(service)]),
    )
  }

  private shape(handler: string) {
    const { experience, ledger, releases } = this.props.stores
    return {
      handler,
      failure:
        'called by Step Functions or by a person, who are told of the failure; a failed rollout reaches the dead-letter queue',
      // They hold a search set or a production log in memory.
      memory: 3008,
      timeout: Duration.minutes(15),
      environment: {
        [ENV.bucket]: experience.bucket.bucketName,
        [ENV.table]: ledger.table.tableName,
        ...(handler === 'record-production'
          ? {}
          : { [ENV.releases]: releases.bucket.bucketName, [ENV.releaseKey]: releases.signingKey.keyArn }),
        ...(handler === 'start-rollout' ? this.props.judges?.environment('search') : {}),
        ...(handler !== 'record-production' && this.props.deliver.length > 0
          ? { [ENV.deliver]: this.props.deliver.join(',') }
          : {}),
        ...(handler === 'record-production' ? {} : this.places()),
      },
    }
  }
}

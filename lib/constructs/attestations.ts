/**
 * Attestations of a deployment: for each kind of decision a key of KMS that never leaves it, and a function that alone may sign
 * with it. Reads like a diagram: key -> function -> when it signs -> alarm.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import { ATTESTATIONS } from '#schemas/s3-keys.ts'
import { A_QUEUE, A_STATEFUL_STACK, needParts, WORKFLOWS } from '../props.ts'
import { denyUnless, mayAdd, mayRead } from './rights.ts'
import { callOn, RunbookAlarm } from './runbook-alarm.ts'
import { RuntimeFunction } from './runtime-function.ts'
import { runtimeOf } from './runtime-settings.ts'
import { callAfterEnds } from './whatever-ended.ts'
import type { OpenStores } from './workflow-rights.ts'

/** What is signed, and after what. */
export interface AttestationsProps {
  /** Everything but the vault: a statement is made of what is open. */
  readonly stores: OpenStores
  /** Workflows after whose ends there may be something to sign. */
  readonly after: readonly StateMachine[]
  /** Takes calls that never came to an end. */
  readonly deadLetters: IQueue
}

/** Who signs, by construct, and what of a proposal: that it recomputes, only who recomputes it can say. */
const SIGNERS = { Gate: 'gate', Decisions: 'review_decision', Promotions: 'promotion' } as const

/** One key and one function for each kind of decision: who turns one of them signs nothing of the others. */
export class Attestations extends Construct {
  /** ARNs of the keys, by what they sign: for `attest keygen --key kms:ARN`, which prints their entries. */
  readonly keys: Readonly<Record<string, string>>
  /** Ids of its parts. */
  readonly parts: readonly string[] = Object.keys(SIGNERS)

  private readonly alarms: readonly RunbookAlarm[]

  constructor(scope: Construct, id: string, props: AttestationsProps) {
    super(scope, id)
    needParts({ stores: A_STATEFUL_STACK, after: WORKFLOWS, deadLetters: A_QUEUE }, props)
    const made = Object.entries(SIGNERS).map(([name, kind]) => this.signer(name, kind, props))
    this.keys = Object.fromEntries(made.map(({ kind, key }) => [kind, key.keyArn]))
    const { after, deadLetters } = props
    const functions = made.map(({ sign }) => sign.function)
    callAfterEnds(this, { functions, after, deadLetters, description: 'Signs what was decided' })
    this.alarms = made.map(
      ({ part, sign, kind }) =>
        new RunbookAlarm(part, 'NotSigned', {
          anchor: 'not-attested',
          what: `Statements were not signed: ${kind}.`,
          metric: sign.function.metricErrors({ period: Duration.minutes(5) }),
        }),
    )
  }

  /** Calls somebody when something was not signed, and again when it was. */
  notify(action: IAlarmAction): void {
    callOn(this.alarms, action)
  }

  private signer(name: string, kind: string, { stores }: AttestationsProps) {
    const { experience, releases, ledger, journal } = stores
    const part = new Construct(this, name)
    const role = new Role(part, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Signs statements of one kind (${kind}) and adds them; changes nothing, sees nothing recorded`,
    })
    const key = this.signingKey(part, kind, role)
    const sign = new RuntimeFunction(part, 'SignAttestations', {
      handler: 'sign-attestations',
      failure: 'called with nothing to keep: the next call does the same, and an alarm rings',
      memory: 1024,
      timeout: Duration.minutes(15),
      role,
      environment: {
        [ENV.bucket]: experience.bucket.bucketName,
        [ENV.releases]: releases.bucket.bucketName,
        [ENV.table]: ledger.table.tableName,
        [ENV.attestKey]: key.keyArn,
        [ENV.attests]: kind,
        ...journal.environment(),
      },
      statements: [
        // What a store decided is held against its journal before anything of it is signed.
        ...mayRead(experience.bucket, 'autotune/runs/*', 'packs/*', 'proposals/*', `${ATTESTATIONS}*`),
        ...mayRead(releases.bucket, '*'),
        ledger.mayCheck(),
        ...journal.mayCheck(),
        mayAdd(experience.bucket, `${ATTESTATIONS}*`),
        new PolicyStatement({ actions: ['kms:GetPublicKey', 'kms:Sign'], resources: [key.keyArn] }),
      ],
    })
    return { part, kind, key, sign }
  }

  /** It outlives the stack: what it signed stays signed, and the file of keys says until when it counts. */
  private signingKey(part: Construct, kind: string, signer: Role): Key {
    const retain = (runtimeOf(this).logRemoval ?? RemovalPolicy.RETAIN) === RemovalPolicy.RETAIN
    const key = new Key(part, 'Key', {
      description: `Signs attestations: ${kind}`,
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      pendingWindow: Duration.days(retain ? 30 : 7),
    })
    key.addToResourcePolicy(denyUnless([signer], 'DenySigning', ['kms:Sign'], ['*']))
    return key
  }
}

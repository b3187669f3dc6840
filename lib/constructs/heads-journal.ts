/**
 * The journal of heads: its lines in a bucket of their own, and the key that lines and ledger items are signed under. Who may
 * add to it carries a tag, because roles of another stack cannot be named here: bucket and key refuse everybody else.
 */
import { Duration, RemovalPolicy, Tags } from 'aws-cdk-lib'
import { AnyPrincipal, Effect, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { Bucket, BucketEncryption, ObjectLockRetention } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import { keys } from '#schemas/s3-keys.ts'
import { bucketDefaults, logBucket } from './log-bucket.ts'
import { mayRead, mayWrite } from './rights.ts'

/** How long its lines stay. */
interface HeadsJournalProps {
  /** Whether bucket and key outlive their stack. */
  readonly retain: boolean
  /** How long a line cannot be removed (governance mode). */
  readonly lockFor: Duration
}

/** Tag of a role that decides. Whoever may tag roles may write policies too. */
const DECIDES = 'autotune:decides'

/** The journal of heads of a deployment (docs/trust.md): only ever added to, by those roles that decide something. */
export class HeadsJournal extends Construct {
  /**
   * One object a line, written where none stands. Not in the experience bucket, where objects are replaced and expire: a lock
   * is a bucket's own.
   */
  readonly bucket: Bucket
  /** HMAC key. It outlives every deployment: without it no line can be checked any more. */
  readonly key: Key

  constructor(scope: Construct, id: string, { retain, lockFor }: HeadsJournalProps) {
    super(scope, id)
    this.bucket = new Bucket(this, 'Bucket', {
      ...bucketDefaults(retain),
      encryption: BucketEncryption.S3_MANAGED,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.governance(lockFor),
      serverAccessLogsBucket: logBucket(this, 'AccessLogs', retain),
    })
    this.key = new Key(this, 'Key', {
      description: 'Signs the journal of heads',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      pendingWindow: Duration.days(retain ? 30 : 7),
    })
    this.key.addToResourcePolicy(denyAll('DenySigning', ['kms:GenerateMac'], '*', NOT_DECIDING))
    const lines = this.bucket.arnForObjects('*')
    this.bucket.addToResourcePolicy(denyAll('DenyWrites', ['s3:PutObject'], lines, NOT_DECIDING))
    this.bucket.addToResourcePolicy(denyAll('DenyReplacing', ['s3:PutObject'], lines, NOT_CONDITIONAL))
    this.bucket.addToResourcePolicy(
      denyAll('DenyRemoval', ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'], lines),
    )
  }

  /** Reads and checks lines; what an auditor may. */
  mayCheck(): PolicyStatement[] {
    return [...mayRead(this.bucket, `${keys.heads()}*`), this.mac('kms:VerifyMac')]
  }

  /** Reads, checks and adds lines: marks a role as one that decides, and gives the statements for it. */
  mayAppend(role: IRole): PolicyStatement[] {
    Tags.of(role).add(DECIDES, 'yes')
    return [...this.mayCheck(), mayWrite(this.bucket, `${keys.heads()}*`), this.mac('kms:GenerateMac')]
  }

  /** Variables by which a function finds it. */
  environment(): Readonly<Record<string, string>> {
    return { [ENV.heads]: this.bucket.bucketName, [ENV.headsKey]: this.key.keyArn }
  }

  private mac(action: string): PolicyStatement {
    return new PolicyStatement({ actions: [action], resources: [this.key.keyArn] })
  }
}

const NOT_DECIDING = { StringNotEquals: { [`aws:PrincipalTag/${DECIDES}`]: 'yes' } }
/** A write without `If-None-Match`. */
const NOT_CONDITIONAL = { Null: { 's3:if-none-match': 'true' } }

/** Denies to everybody, under conditions. */
const denyAll = (sid: string, actions: string[], resource: string, conditions: Record<string, unknown> = {}) =>
  new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions,
    resources: [resource],
    conditions,
  })

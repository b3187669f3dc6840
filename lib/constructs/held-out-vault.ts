/**
 * The sealed side: a bucket and a key of its own, and the four roles that may touch it. Ingest writes and cannot read;
 * the functions of sealer, gate and eraser read; everyone else is denied by bucket and key policy, whatever their own policies say.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  type IPrincipal,
  ManagedPolicy,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Bucket, BucketEncryption, ObjectLockRetention } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { SEAL_PREFIX } from '#schemas/work-keys.ts'
import { accessTrail } from './access-trail.ts'
import { ABANDONED_UPLOADS, bucketDefaults, logBucket } from './log-bucket.ts'
import { denyUnless } from './rights.ts'
import type { RuntimeFunction } from './runtime-function.ts'

/** How long what is sealed stays. */
interface HeldOutVaultProps {
  /** Whether bucket and key outlive their stack. */
  readonly retain: boolean
  /** How long a sealed object version cannot be removed (governance mode): longer than the version answers questions. */
  readonly lockFor: Duration
  /**
   * One of the user's own in its place, which encrypts nothing else.
   * @default - a new one
   */
  readonly key?: Key | undefined
}

/** Work files of the sealer go as those of a run do, and their versions when their lock ends. */
const SEALING = {
  id: 'SealingFilesExpire',
  prefix: SEAL_PREFIX,
  expiration: Duration.days(30),
  noncurrentVersionExpiration: Duration.days(1),
}

const READ_OBJECTS = ['s3:GetObject', 's3:GetObjectVersion']
const WRITE_OBJECTS = ['s3:PutObject']
const UNLOCK = ['s3:BypassGovernanceRetention', 's3:DeleteObjectVersion']
const READ_KEY = ['kms:Decrypt']
const WRITE_KEY = ['kms:GenerateDataKey']

/** The held-out vault (DESIGN 6). Administration of the bucket is not denied: a policy change is visible, a read is not. */
export class HeldOutVault extends Construct {
  /** Held-out runs, sealed cases and the log of the gate. Versions cannot be removed before their lock ends. */
  readonly bucket: Bucket
  /** Encrypts this bucket and nothing else; used by the four roles alone. */
  readonly key: Key
  /** Writes held-out runs, reads nothing. Assumed by whoever imports, from this account. */
  readonly ingest: Role
  /** Seals, replays the baseline, refreshes, retires. Runs functions only, and reaches the vault from those of `openTo` alone. */
  readonly sealer: Role
  /** Answers questions. The same of its functions. */
  readonly gate: Role
  /** Erases what people ask it to, past the lock. The same of its function. Every access of it is on the trail. */
  readonly eraser: Role

  constructor(scope: Construct, id: string, { retain, lockFor, key }: HeldOutVaultProps) {
    super(scope, id)
    const lambda = new ServicePrincipal('lambda.amazonaws.com')
    this.ingest = this.role(
      'Ingest',
      new AccountRootPrincipal(),
      'Imports recorded runs: writes the vault, cannot read it',
    )
    this.sealer = this.role('Sealer', lambda, 'Seals and retires held-out versions')
    this.gate = this.role('Gate', lambda, 'Answers held-out questions with one bit')
    this.eraser = this.role('Eraser', lambda, 'Erases recorded runs that people ask it to, past the lock')
    this.key = this.shut(key ?? this.own(retain))
    const logs = this.sealedLogs(retain)
    this.bucket = this.sealedBucket(retain, lockFor, logs)
    const { ingest, sealer, gate } = this
    accessTrail(this, 'Trail', { logs, bucket: this.bucket, ingest, silent: [sealer, gate] })
    this.denyOthers(this.bucket)
    this.allowReaders()
    this.allowIngest()
  }

  private role(id: string, assumedBy: IPrincipal, description: string): Role {
    return new Role(this, id, { assumedBy, description })
  }

  /** Access logs tell which sealed cases a question touched: they are as sealed as the cases. */
  private sealedLogs(retain: boolean): Bucket {
    const logs = logBucket(this, 'AccessLogs', retain)
    logs.addToResourcePolicy(
      denyUnless([this.sealer, this.gate], 'DenyLogReads', READ_OBJECTS, [logs.arnForObjects('*')]),
    )
    return logs
  }

  private sealedBucket(retain: boolean, lockFor: Duration, logs: Bucket): Bucket {
    return new Bucket(this, 'Bucket', {
      ...bucketDefaults(retain),
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.governance(lockFor),
      serverAccessLogsBucket: logs,
      lifecycleRules: [SEALING, ABANDONED_UPLOADS],
    })
  }

  /** Its administration is the account's; its use is not. */
  private own(retain: boolean): Key {
    return new Key(this, 'Key', {
      description: 'Held-out vault',
      enableKeyRotation: true,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      pendingWindow: Duration.days(retain ? 30 : 7),
    })
  }

  /** Keeps everybody else from a key. */
  private shut(key: Key): Key {
    const use = ['kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:CreateGrant']
    const encrypt = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext']
    key.addToResourcePolicy(denyUnless(this.readers, 'DenyDecrypt', use, ['*']))
    key.addToResourcePolicy(denyUnless([this.ingest, ...this.readers], 'DenyEncrypt', encrypt, ['*']))
    // Nobody needs it but S3 on their behalf: bytes that somebody copied out of the bucket stay shut to these roles too.
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'DenyDirectUse',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: [...READ_KEY, ...encrypt],
        resources: ['*'],
        conditions: { StringNotLike: { 'kms:ViaService': `s3.${Stack.of(this).region}.amazonaws.com*` } },
      }),
    )
    return key
  }

  private denyOthers(bucket: Bucket): void {
    const objects = [bucket.arnForObjects('*')]
    const { readers } = this
    bucket.addToResourcePolicy(
      denyUnless(
        readers,
        'DenyObjectReads',
        [...READ_OBJECTS, 's3:GetObjectAttributes', 's3:GetObjectVersionAttributes', 's3:GetObjectTorrent'],
        objects,
      ),
    )
    bucket.addToResourcePolicy(
      denyUnless(readers, 'DenyListing', ['s3:ListBucketVersions', 's3:ListBucket'], [bucket.bucketArn]),
    )
    bucket.addToResourcePolicy(
      denyUnless([...readers, this.ingest], 'DenyObjectWrites', [...WRITE_OBJECTS, 's3:ReplicateObject'], objects),
    )
    // Nobody else shortens a lock or removes a version before its time; administration can only change this policy, visibly.
    bucket.addToResourcePolicy(denyUnless([this.eraser], 'DenyUnlocking', UNLOCK, objects))
  }

  private get readers(): Role[] {
    return [this.sealer, this.gate, this.eraser]
  }

  private allowReaders(): void {
    for (const reader of this.readers) reader.addToPolicy(may([...READ_KEY, ...WRITE_KEY], this.key.keyArn))
  }

  /**
   * Opens the vault, and whatever else they need, to functions that run under sealer, gate or eraser. The role alone reaches nothing:
   * whoever may pass it to a function of their own reads no case with it. AWS looks at this condition in the policies of a role,
   * and in none of a bucket or a key; so every right is given with it.
   * @param id the policies begin with, in the scope of the functions: the stack of the vault must not name what is deployed after it
   * @param more statements of these functions, by the end of their policy's id
   */
  openTo(
    scope: Construct,
    id: string,
    role: Role,
    functions: readonly RuntimeFunction[],
    more: Readonly<Record<string, readonly PolicyStatement[]>>,
  ): void {
    const vault = [
      may([...READ_OBJECTS, ...WRITE_OBJECTS], this.bucket.arnForObjects('*')),
      // Without it S3 answers 403 in place of 404 for an object that is not there.
      may(['s3:ListBucket'], this.bucket.bucketArn),
    ]
    const from = { 'lambda:SourceFunctionArn': functions.map((f) => f.function.functionArn) }
    // Managed, and several of them: together they would pass what IAM takes of one policy, and of the inline ones of a role.
    for (const [part, statements] of Object.entries({ Vault: vault, ...more })) {
      for (const statement of statements) statement.addCondition('ArnEquals', from)
      new ManagedPolicy(scope, `${id}${part}`, { roles: [role], statements: [...statements] })
    }
  }

  /** What erasing takes beside reading and writing: every version, past its lock. */
  mayErase(): PolicyStatement[] {
    return [
      may([...UNLOCK, 's3:DeleteObject'], this.bucket.arnForObjects('*')),
      may(['s3:ListBucketVersions'], this.bucket.bucketArn),
    ]
  }

  private allowIngest(): void {
    this.ingest.addToPolicy(may(WRITE_OBJECTS, this.bucket.arnForObjects('experience/*')))
    this.ingest.addToPolicy(may(WRITE_KEY, this.key.keyArn))
  }
}

const may = (actions: string[], resource: string) => new PolicyStatement({ actions, resources: [resource] })

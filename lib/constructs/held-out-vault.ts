/**
 * The sealed side: a bucket and a key of its own, and the three roles that may touch it. Ingest writes and cannot read;
 * sealer and gate read; everyone else is denied by bucket and key policy, whatever their own policies say.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { type CfnTrail, Trail } from 'aws-cdk-lib/aws-cloudtrail'
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  type IPrincipal,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Bucket, BucketEncryption, ObjectLockRetention } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { bucketDefaults, logBucket } from './log-bucket.ts'
import { denyUnless } from './rights.ts'

export interface HeldOutVaultProps {
  /** Whether bucket and key outlive their stack. */
  readonly retain: boolean
  /** How long a sealed object version cannot be removed (governance mode). */
  readonly lockFor: Duration
}

const READ_OBJECTS = ['s3:GetObject', 's3:GetObjectVersion']
const WRITE_OBJECTS = ['s3:PutObject']
const READ_KEY = ['kms:Decrypt']
const WRITE_KEY = ['kms:GenerateDataKey']

export class HeldOutVault extends Construct {
  readonly bucket: Bucket
  readonly key: Key
  /** Writes held-out runs, reads nothing. */
  readonly ingest: Role
  /** Seals, replays the baseline, refreshes, retires. */
  readonly sealer: Role
  /** Answers questions. */
  readonly gate: Role

  constructor(scope: Construct, id: string, { retain, lockFor }: HeldOutVaultProps) {
    super(scope, id)
    const lambda = new ServicePrincipal('lambda.amazonaws.com')
    this.ingest = this.role(
      'Ingest',
      new AccountRootPrincipal(),
      'Imports recorded runs: writes the vault, cannot read it',
    )
    this.sealer = this.role('Sealer', lambda, 'Seals and retires held-out versions')
    this.gate = this.role('Gate', lambda, 'Answers held-out questions with one bit')
    this.key = this.vaultKey(retain)
    const logs = this.sealedLogs(retain)
    this.bucket = new Bucket(this, 'Bucket', {
      ...bucketDefaults(retain),
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.governance(lockFor),
      serverAccessLogsBucket: logs,
    })
    this.recordAccess(logs)
    this.denyOthers(this.bucket)
    this.allow()
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

  /**
   * A trail of who else touches a sealed object, kept beside the access logs: it is what a refused access is told from.
   * Sealer and gate are left out, since a record of their reads is as sealed as the cases; so are the writes of ingest.
   */
  private recordAccess(logs: Bucket): void {
    const trail = new Trail(this, 'Trail', {
      bucket: logs,
      isMultiRegionTrail: false,
      includeGlobalServiceEvents: false,
    })
    const sessionsOf = ({ roleName }: Role) =>
      Stack.of(this).formatArn({ service: 'sts', region: '', resource: 'assumed-role', resourceName: `${roleName}/` })
    const sealed = [
      { field: 'eventCategory', equalTo: ['Data'] },
      { field: 'resources.type', equalTo: ['AWS::S3::Object'] },
      { field: 'resources.ARN', startsWith: [this.bucket.arnForObjects('')] },
    ]
    const { ingest, sealer, gate } = this
    const cfn = trail.node.defaultChild as CfnTrail
    cfn.eventSelectors = undefined
    cfn.advancedEventSelectors = [
      {
        name: 'EverybodyElse',
        fieldSelectors: [
          ...sealed,
          { field: 'userIdentity.arn', notStartsWith: [ingest, sealer, gate].map(sessionsOf) },
        ],
      },
      {
        name: 'ReadsOfIngest',
        fieldSelectors: [
          ...sealed,
          { field: 'readOnly', equalTo: ['true'] },
          { field: 'userIdentity.arn', startsWith: [sessionsOf(ingest)] },
        ],
      },
    ]
  }

  /** Administration of the key is the account's; its use is not. */
  private vaultKey(retain: boolean): Key {
    const key = new Key(this, 'Key', {
      description: 'Held-out vault',
      enableKeyRotation: true,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      pendingWindow: Duration.days(30),
    })
    const use = ['kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:CreateGrant']
    const encrypt = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext']
    key.addToResourcePolicy(denyUnless([this.sealer, this.gate], 'DenyDecrypt', use, ['*']))
    key.addToResourcePolicy(denyUnless([this.ingest, this.sealer, this.gate], 'DenyEncrypt', encrypt, ['*']))
    return key
  }

  private denyOthers(bucket: Bucket): void {
    const objects = [bucket.arnForObjects('*')]
    const readers = [this.sealer, this.gate]
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
    // Nobody shortens a lock or removes a version before its time; administration can only change this policy, visibly.
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'DenyUnlocking',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:BypassGovernanceRetention', 's3:DeleteObjectVersion'],
        resources: objects,
      }),
    )
  }

  private allow(): void {
    const objects = this.bucket.arnForObjects('*')
    const statement = (actions: string[], resources: string[]) => new PolicyStatement({ actions, resources })
    for (const reader of [this.sealer, this.gate]) {
      reader.addToPolicy(statement([...READ_OBJECTS, ...WRITE_OBJECTS], [objects]))
      // Without it S3 answers 403 in place of 404 for an object that is not there.
      reader.addToPolicy(statement(['s3:ListBucket'], [this.bucket.bucketArn]))
      reader.addToPolicy(statement([...READ_KEY, ...WRITE_KEY], [this.key.keyArn]))
    }
    this.ingest.addToPolicy(statement(WRITE_OBJECTS, [this.bucket.arnForObjects('experience/*')]))
    this.ingest.addToPolicy(statement(WRITE_KEY, [this.key.keyArn]))
  }
}

/** Signed releases under Object Lock, and the one role that may write them. No role on the tuning path is named here. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { Bucket, BucketEncryption, ObjectLockRetention } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { bucketDefaults, logBucket } from './log-bucket.ts'
import { denyUnless, mayRead, mayWrite } from './rights.ts'

/** How long what is released stays. */
interface ReleaseStoreProps {
  /** Whether the bucket outlives its stack. */
  readonly retain: boolean
  /** How long a release cannot be removed. */
  readonly lockFor: Duration
}

/** The store of releases (DESIGN 6): only the release role writes it, whatever else is granted in the account. */
export class ReleaseStore extends Construct {
  /** Pinned tuples, promotion records, routing and signed artifacts, under Object Lock. */
  readonly bucket: Bucket
  /** The release role; runs functions only. */
  readonly releaser: Role
  /** Signs rollout artifacts. It outlives every deployment: without it no artifact can be checked any more. */
  readonly signingKey: Key

  constructor(scope: Construct, id: string, { retain, lockFor }: ReleaseStoreProps) {
    super(scope, id)
    this.releaser = new Role(this, 'Releaser', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'Writes signed releases after approval',
    })
    this.bucket = this.lockedBucket(retain, lockFor)
    this.signingKey = this.macKey(retain)
  }

  /** Written and read by the releaser; writing is denied to everyone else. */
  private lockedBucket(retain: boolean, lockFor: Duration): Bucket {
    const bucket = new Bucket(this, 'Bucket', {
      ...bucketDefaults(retain),
      encryption: BucketEncryption.S3_MANAGED,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.governance(lockFor),
      serverAccessLogsBucket: logBucket(this, 'AccessLogs', retain),
    })
    bucket.addToResourcePolicy(
      denyUnless(
        [this.releaser],
        'DenyWrites',
        ['s3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'],
        [bucket.arnForObjects('*')],
      ),
    )
    for (const statement of mayRead(bucket, '*')) this.releaser.addToPolicy(statement)
    this.releaser.addToPolicy(mayWrite(bucket, '*'))
    return bucket
  }

  private macKey(retain: boolean): Key {
    const key = new Key(this, 'SigningKey', {
      description: 'Signs rollout artifacts',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    key.addToResourcePolicy(denyUnless([this.releaser], 'DenySigning', ['kms:GenerateMac'], ['*']))
    this.releaser.addToPolicy(
      new PolicyStatement({ actions: ['kms:GenerateMac', 'kms:VerifyMac'], resources: [key.keyArn] }),
    )
    return key
  }
}

/** A release is evidence for as long as an auditor may ask: a year, in governance mode. */
export const RELEASE_LOCK = Duration.days(365)

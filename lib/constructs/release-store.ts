/** Signed releases under Object Lock, and the one role that may write them. No role on the tuning path is named here. */
import { Duration } from 'aws-cdk-lib'
import { AnyPrincipal, Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Bucket, BucketEncryption, ObjectLockRetention } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { bucketDefaults, logBucket } from './log-bucket.ts'

export interface ReleaseStoreProps {
  /** Whether the bucket outlives its stack. */
  readonly retain: boolean
  /** How long a release cannot be removed. */
  readonly lockFor: Duration
}

export class ReleaseStore extends Construct {
  readonly bucket: Bucket
  readonly releaser: Role

  constructor(scope: Construct, id: string, { retain, lockFor }: ReleaseStoreProps) {
    super(scope, id)
    this.releaser = new Role(this, 'Releaser', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'Writes signed releases after approval',
    })
    this.bucket = new Bucket(this, 'Bucket', {
      ...bucketDefaults(retain),
      encryption: BucketEncryption.S3_MANAGED,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.governance(lockFor),
      serverAccessLogsBucket: logBucket(this, 'AccessLogs', retain),
    })
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'DenyWrites',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'],
        resources: [this.bucket.arnForObjects('*')],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': [this.releaser.roleArn] } },
      }),
    )
    this.releaser.addToPolicy(
      new PolicyStatement({ actions: ['s3:PutObject', 's3:GetObject'], resources: [this.bucket.arnForObjects('*')] }),
    )
  }
}

/** A release is evidence for as long as an auditor may ask. */
export const RELEASE_LOCK = Duration.days(365)

/** The bucket that the optimiser reads: packs, search runs and goldens, run artifacts and work files. Never a held-out case. */
import { Duration } from 'aws-cdk-lib'
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { WORK_PREFIX } from '#schemas/work-keys.ts'
import { bucketDefaults, logBucket } from './log-bucket.ts'

export interface ExperienceStoreProps {
  /** Whether the bucket outlives its stack. */
  readonly retain: boolean
}

/** How long work files stay: longer than a failed run can be redriven (14 days). */
const WORK_DAYS = 30

export class ExperienceStore extends Construct {
  readonly bucket: Bucket

  constructor(scope: Construct, id: string, { retain }: ExperienceStoreProps) {
    super(scope, id)
    this.bucket = new Bucket(this, 'Bucket', {
      ...bucketDefaults(retain),
      encryption: BucketEncryption.S3_MANAGED,
      serverAccessLogsBucket: logBucket(this, 'AccessLogs', retain),
      lifecycleRules: [
        {
          id: 'WorkFilesExpire',
          prefix: WORK_PREFIX,
          expiration: Duration.days(WORK_DAYS),
          noncurrentVersionExpiration: Duration.days(1),
        },
        { id: 'AbandonedUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
      ],
    })
  }
}

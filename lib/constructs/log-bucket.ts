/** A bucket that takes access logs, and the defaults that every bucket of ours shares. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'

/** Nothing here is uploaded in parts: parts that somebody began to send are charged, and seen by nobody, until they go. */
export const ABANDONED_UPLOADS = { id: 'AbandonedUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) }

/**
 * No public access, TLS only, versions, and kept or removed with the stack: what test/infra demands of every bucket.
 */
export const bucketDefaults = (retain: boolean) =>
  ({
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    versioned: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    lifecycleRules: [ABANDONED_UPLOADS],
    removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  }) satisfies BucketProps

/** Whoever looks back on a year finds all of it. */
const LOG_DAYS = 400

/** A bucket for server access logs and trails, which go after 400 days. It keeps none of its own. */
export function logBucket(scope: Construct, id: string, retain: boolean): Bucket {
  return new Bucket(scope, id, {
    ...bucketDefaults(retain),
    encryption: BucketEncryption.S3_MANAGED,
    lifecycleRules: [
      {
        id: 'LogsExpire',
        expiration: Duration.days(LOG_DAYS),
        noncurrentVersionExpiration: Duration.days(1),
      },
      ABANDONED_UPLOADS,
    ],
  })
}

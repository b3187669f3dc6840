/** Statements over the experience bucket, by key prefix. */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IBucket } from 'aws-cdk-lib/aws-s3'

/** Reads objects under prefixes (each may hold `*`), and learns that one is not there. */
export const mayRead = (bucket: IBucket, ...prefixes: string[]): PolicyStatement[] => [
  new PolicyStatement({ actions: ['s3:GetObject'], resources: prefixes.map((p) => bucket.arnForObjects(p)) }),
  // Without it S3 answers 403 in place of 404 for an object that is not there.
  new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
]

/** Writes objects under prefixes. */
export const mayWrite = (bucket: IBucket, ...prefixes: string[]): PolicyStatement =>
  new PolicyStatement({ actions: ['s3:PutObject'], resources: prefixes.map((p) => bucket.arnForObjects(p)) })

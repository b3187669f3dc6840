/** Statements over buckets and keys: what a role may by key prefix, and what all but some may not. */
import { AnyPrincipal, Effect, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IBucket } from 'aws-cdk-lib/aws-s3'

/** Reads objects under prefixes (each may hold `*`) as they stand, and learns that one is not there. */
export const mayRead = (bucket: IBucket, ...prefixes: string[]): PolicyStatement[] =>
  reading('s3:GetObject', bucket, prefixes)

/** Reads objects under prefixes at the version that a reference names. */
export const mayReadVersions = (bucket: IBucket, ...prefixes: string[]): PolicyStatement[] =>
  reading('s3:GetObjectVersion', bucket, prefixes)

const reading = (action: string, bucket: IBucket, prefixes: readonly string[]): PolicyStatement[] => [
  new PolicyStatement({ actions: [action], resources: prefixes.map((p) => bucket.arnForObjects(p)) }),
  // Without it S3 answers 403 in place of 404 for an object that is not there.
  new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
]

/** Writes objects under prefixes (each may hold `*`), and reads or removes none. */
export const mayWrite = (bucket: IBucket, ...prefixes: string[]): PolicyStatement =>
  new PolicyStatement({ actions: ['s3:PutObject'], resources: prefixes.map((p) => bucket.arnForObjects(p)) })

/** Adds objects under prefixes where none stands, and replaces, reads or removes none. */
export const mayAdd = (bucket: IBucket, ...prefixes: string[]): PolicyStatement =>
  new PolicyStatement({
    actions: ['s3:PutObject'],
    resources: prefixes.map((p) => bucket.arnForObjects(p)),
    conditions: { Null: { 's3:if-none-match': 'false' } },
  })

/**
 * Denies actions to every principal of every account but the named roles, whatever else is granted.
 * @param sid name of the statement, unique in its policy
 * @param resources ARNs; "*" in the policy of a key
 */
export function denyUnless(
  roles: readonly IRole[],
  sid: string,
  actions: string[],
  resources: string[],
): PolicyStatement {
  return new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions,
    resources,
    conditions: {
      ArnNotEquals: { 'aws:PrincipalArn': roles.map((r) => r.roleArn) },
      // S3 itself delivers access logs; no service principal reads.
      Bool: { 'aws:PrincipalIsAWSService': 'false' },
    },
  })
}

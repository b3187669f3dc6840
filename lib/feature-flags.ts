/** Feature flags of the CDK without which what is synthesized would not hold, or not be deployed. */
import { FeatureFlags } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** Each with what goes wrong without it. */
const NEEDED: Readonly<Record<string, string>> = {
  '@aws-cdk/aws-s3:createDefaultLoggingPolicy': 'access logs would be delivered by an ACL, which these buckets refuse',
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': 'they would be asked for by an ACL, which synthesis refuses',
  '@aws-cdk/aws-iam:minimizePolicies': 'policies of roles would be longer than IAM takes',
}

/** Throws RangeError, naming the flags that the app lacks and where they go. */
export function needFlags(scope: IConstruct): void {
  const lacking = Object.keys(NEEDED).filter((flag) => !FeatureFlags.of(scope).isEnabled(flag))
  if (lacking.length === 0) return
  const entries = lacking.map((flag) => `"${flag}": true`).join(', ')
  const why = lacking.map((flag) => NEEDED[flag]).join('; ')
  throw new RangeError(
    `the app lacks feature flags of the CDK: put ${entries} into "context" of cdk.json, or all recommended ones, as "cdk init" writes them. Without them ${why}`,
  )
}

/** A trail of who touches a sealed object, less of those whose reads are as sealed as the objects themselves. */
import { Stack } from 'aws-cdk-lib'
import { type CfnTrail, Trail } from 'aws-cdk-lib/aws-cloudtrail'
import type { Role } from 'aws-cdk-lib/aws-iam'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'

/** What is watched, and where the trail is kept. */
interface AccessTrailProps {
  /** The sealed bucket. */
  readonly bucket: Bucket
  /** Takes the trail, beside the access logs: it is read by as few. */
  readonly logs: Bucket
  /** Writes all the time: only its reads are recorded, and it may not read. */
  readonly ingest: Role
  /** Whose accesses are not recorded at all: a record of them would tell which cases a question touched. */
  readonly silent: readonly Role[]
}

/** Creates the trail in a scope. It is what a refused access is told from. */
export function accessTrail(scope: Construct, id: string, { bucket, logs, ingest, silent }: AccessTrailProps): Trail {
  const trail = new Trail(scope, id, {
    bucket: logs,
    isMultiRegionTrail: false,
    includeGlobalServiceEvents: false,
  })
  const sessionsOf = ({ roleName }: Role) =>
    Stack.of(scope).formatArn({ service: 'sts', region: '', resource: 'assumed-role', resourceName: `${roleName}/` })
  const sealed = [
    { field: 'eventCategory', equalTo: ['Data'] },
    { field: 'resources.type', equalTo: ['AWS::S3::Object'] },
    { field: 'resources.ARN', startsWith: [bucket.arnForObjects('')] },
  ]
  const cfn = trail.node.defaultChild as CfnTrail
  cfn.eventSelectors = undefined
  cfn.advancedEventSelectors = [
    {
      name: 'EverybodyElse',
      fieldSelectors: [...sealed, { field: 'userIdentity.arn', notStartsWith: [ingest, ...silent].map(sessionsOf) }],
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
  return trail
}

/** What a deployment is made of: names that its stacks put out, found by the stacks' name or by the experience bucket. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { GetBucketTaggingCommand, S3Client } from '@aws-sdk/client-s3'
import { UserError } from '../../errors.ts'

export interface Deployment {
  /** Name that its stacks begin with. */
  readonly stack: string
  readonly bucket: string
  readonly vault: string
  readonly table: string
  /** Role that an import works under. */
  readonly ingestRole: string
  /** Its journal of heads; null: it was deployed by a version that kept none. */
  readonly journal: DeployedJournal | null
  /** Tuning workflow; null: the workflow stack is not deployed. */
  readonly tuning: string | null
  /** Review workflow; null: no review desk is deployed. */
  readonly review: string | null
  /** Function that stops a rollout; null: rollouts are not deployed. */
  readonly stopRollout: string | null
  /** Function that erases recorded runs; null: it was deployed by a version without one. */
  readonly erase: string | null
}

/** What a journal of heads is checked with. */
interface DeployedJournal {
  readonly bucket: string
  readonly key: string
  /** Role that a verification works under. */
  readonly auditorRole: string
  /** Role that a rejection is lifted under; null: it was deployed by a version that lifted none. */
  readonly memoryRole: string | null
  /** Role that attestations of people are added under; null: it was deployed by a version that took none. */
  readonly attestorRole: string | null
  readonly releases: string
  /** Key of rollout artifacts. */
  readonly releaseKey: string
}

/** How a person names a deployment. */
export type DeploymentName = { readonly stack: string } | { readonly bucket: string }

/** Finds a deployment. Throws UserError when there is none of that name, or when its stacks put out something else. */
export async function findDeployment(name: DeploymentName): Promise<Deployment> {
  const named = 'stack' in name ? name.stack : await stackOfBucket(name.bucket)
  const stack = named.replace(/(Data|Workflow)$/, '')
  const cloudformation = new CloudFormationClient({})
  try {
    const [data, workflow, own] = await Promise.all(
      [`${stack}Data`, `${stack}Workflow`, stack].map((s) => outputsOf(cloudformation, s)),
    )
    if (!data)
      throw new UserError(
        `there is no stack ${stack}Data in this account and region: deploy it ("npx cdk deploy --all"), or name another with --stack, or set AWS_REGION and AWS_PROFILE`,
      )
    const need = (output: string): string => {
      const value = data.get(output)
      if (value === undefined)
        throw new UserError(`stack ${stack}Data has no output ${output}: deploy it again with this version`)
      return value
    }
    return {
      stack,
      bucket: need('ExperienceBucketName'),
      vault: need('VaultBucketName'),
      table: need('LedgerTableName'),
      ingestRole: need('IngestRoleArn'),
      journal: data.has('HeadsBucketName')
        ? {
            bucket: need('HeadsBucketName'),
            key: need('HeadsKeyArn'),
            auditorRole: need('AuditorRoleArn'),
            memoryRole: data.get('MemoryRoleArn') ?? null,
            attestorRole: data.get('AttestorRoleArn') ?? null,
            releases: need('ReleasesBucketName'),
            releaseKey: need('ReleaseKeyArn'),
          }
        : null,
      // An application that uses the construct has the workflow in a stack of its own name.
      tuning: (workflow ?? own)?.get('TuningWorkflowArn') ?? null,
      review: arnIn((workflow ?? own)?.get('ReviewWorkflowArn')),
      stopRollout: (workflow ?? own)?.get('StopRolloutFunction') ?? null,
      erase: (workflow ?? own)?.get('EraseRunsFunction') ?? null,
    }
  } finally {
    cloudformation.destroy()
  }
}

/** An output that names something; null: it says why there is nothing. */
const arnIn = (output: string | undefined): string | null => (output?.startsWith('arn:') ? output : null)

/** Outputs of a stack; null when there is no such stack. */
export async function outputsOf(
  client: CloudFormationClient,
  stack: string,
): Promise<ReadonlyMap<string, string> | null> {
  try {
    const { Stacks: [found] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }))
    return new Map((found?.Outputs ?? []).map((o) => [o.OutputKey!, o.OutputValue!]))
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist'))
      return null
    throw error
  }
}

/** CloudFormation tags what it creates: a bucket says itself which stack it belongs to. */
async function stackOfBucket(bucket: string): Promise<string> {
  const s3 = new S3Client({})
  try {
    const { TagSet = [] } = await s3.send(new GetBucketTaggingCommand({ Bucket: bucket }))
    const tag = TagSet.find(({ Key }) => Key === 'aws:cloudformation:stack-name')
    if (tag?.Value) return tag.Value
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'NoSuchTagSet') throw error
  } finally {
    s3.destroy()
  }
  throw new UserError(`bucket ${bucket} belongs to no stack: name the deployment with --stack NAME`)
}

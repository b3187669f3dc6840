/**
 * Empties what keeps the stacks of a throw-away deployment from going away. Bucket policies, which keep everybody from versions,
 * go first and on all buckets, so that no log is delivered any more; then every version, past its lock, and versions of routing.
 */
import {
  AppConfigClient,
  DeleteHostedConfigurationVersionCommand,
  paginateListHostedConfigurationVersions,
} from '@aws-sdk/client-appconfig'
import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation'
import {
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { UserError } from '../../errors.ts'
import { outputsOf } from './deployment.ts'

/** What was emptied. */
interface Emptied {
  readonly buckets: readonly string[]
  readonly versions: number
  readonly routing: number
}

const THROWAWAY = 'throwaway'

/**
 * Empties the deployment whose stacks begin with a name. What was emptied once is empty the next time.
 * @throws UserError, having changed nothing, where there is none or its stacks keep their data
 */
export async function emptyStage(name: string): Promise<Emptied> {
  const cloudformation = new CloudFormationClient({})
  const data = await outputsOf(cloudformation, `${name}Data`)
  const workflow = await outputsOf(cloudformation, `${name}Workflow`)
  if (!data && !workflow)
    throw new UserError(`there is no stack ${name}Data and none ${name}Workflow in this account and region`)
  for (const [part, outputs] of Object.entries({ Data: data, Workflow: workflow })) {
    const stage = outputs?.get('DeployedStage')
    if (outputs && stage !== THROWAWAY)
      throw new UserError(
        `stack ${name}${part} is of the stage "${stage ?? 'unknown'}" and keeps its data: nothing was emptied. Only "${THROWAWAY}" is thrown away`,
      )
  }
  const buckets = data ? await bucketsOf(cloudformation, `${name}Data`) : []
  const s3 = new S3Client({})
  for (const Bucket of buckets) await s3.send(new DeleteBucketPolicyCommand({ Bucket }))
  let versions = 0
  for (const bucket of buckets) versions += await emptyBucket(s3, bucket)
  return { buckets, versions, routing: await emptyRouting(workflow?.get('RoutingInAppConfig')) }
}

async function bucketsOf(client: CloudFormationClient, StackName: string): Promise<string[]> {
  const buckets: string[] = []
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
    for (const { ResourceType, PhysicalResourceId, ResourceStatus } of StackResourceSummaries)
      if (ResourceType === 'AWS::S3::Bucket' && PhysicalResourceId && ResourceStatus !== 'DELETE_COMPLETE')
        buckets.push(PhysicalResourceId)
  return buckets
}

/** Page after page, each of what is left. */
async function emptyBucket(s3: S3Client, Bucket: string): Promise<number> {
  for (let removed = 0; ; ) {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }))
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key: Key!, VersionId: VersionId! }))
    if (Objects.length === 0) return removed
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true }, BypassGovernanceRetention: true }),
    )
    if (Errors[0])
      throw new UserError(`${Bucket}/${Errors[0].Key}: ${Errors[0].Message}. Mend that, then give the command again`)
    removed += Objects.length
  }
}

/** AppConfig deletes no profile that has versions. */
async function emptyRouting(output: string | undefined): Promise<number> {
  if (output === undefined) return 0
  const client = new AppConfigClient({})
  const places = JSON.parse(output) as Record<string, { readonly application: string; readonly profile: string }>
  let removed = 0
  for (const { application: ApplicationId, profile: ConfigurationProfileId } of Object.values(places)) {
    const at = { ApplicationId, ConfigurationProfileId }
    const found: number[] = []
    for await (const { Items = [] } of paginateListHostedConfigurationVersions({ client }, at))
      found.push(...Items.map((item) => item.VersionNumber!))
    for (const VersionNumber of found)
      await client.send(new DeleteHostedConfigurationVersionCommand({ ...at, VersionNumber }))
    removed += found.length
  }
  return removed
}

/** Emptying a throw-away deployment: never another stage, policies first, every version past its lock. */
import {
  AppConfigClient,
  DeleteHostedConfigurationVersionCommand,
  ListHostedConfigurationVersionsCommand,
} from '@aws-sdk/client-appconfig'
import { CloudFormationClient, DescribeStacksCommand, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation'
import {
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { emptyStage } from '#adapters/aws/empty-stage.ts'
import { stackWith } from '../../support/aws/stack.ts'

vi.stubEnv('AWS_REGION', 'eu-central-1')
const [cloudformation, s3, appconfig] = [
  mockClient(CloudFormationClient),
  mockClient(S3Client),
  mockClient(AppConfigClient),
]
afterAll(() => {
  vi.unstubAllEnvs()
  for (const client of [cloudformation, s3, appconfig]) client.restore()
})

/** Buckets with their versions, and whether a policy still stands there. */
let buckets: Record<string, { policy: boolean; versions: string[] }>
const stack = (stage: string) =>
  stackWith({
    DeployedStage: stage,
    RoutingInAppConfig: '{"a":{"application":"app","environment":"e","profile":"p"}}',
  })

beforeEach(() => {
  for (const client of [cloudformation, s3, appconfig]) client.reset()
  buckets = {
    vault: { policy: true, versions: Array.from({ length: 1500 }, (_, i) => `v${i}`) },
    logs: { policy: true, versions: ['l1'] },
    empty: { policy: true, versions: [] },
  }
  cloudformation.on(DescribeStacksCommand).resolves(stack('throwaway'))
  cloudformation.on(ListStackResourcesCommand).resolves({
    StackResourceSummaries: [
      ...Object.keys(buckets).map((name) => ({ ResourceType: 'AWS::S3::Bucket', PhysicalResourceId: name })),
      { ResourceType: 'AWS::S3::Bucket', PhysicalResourceId: 'gone', ResourceStatus: 'DELETE_COMPLETE' as const },
      { ResourceType: 'AWS::KMS::Key', PhysicalResourceId: 'key' },
    ].map((r) => ({
      LogicalResourceId: 'X',
      LastUpdatedTimestamp: new Date(0),
      ResourceStatus: 'CREATE_COMPLETE',
      ...r,
    })),
  })
  s3.on(DeleteBucketPolicyCommand).callsFake(({ Bucket }) => {
    buckets[Bucket]!.policy = false
    return {}
  })
  s3.on(ListObjectVersionsCommand).callsFake(({ Bucket }) => {
    // A log bucket whose policy stands is written to.
    expect(Object.values(buckets).some(({ policy }) => policy)).toBe(false)
    const [first, ...rest] = buckets[Bucket]!.versions.slice(0, 1000)
    return {
      DeleteMarkers: first ? [{ Key: 'k', VersionId: first }] : [],
      Versions: rest.map((VersionId) => ({ Key: 'k', VersionId })),
    }
  })
  s3.on(DeleteObjectsCommand).callsFake(({ Bucket, Delete, BypassGovernanceRetention }) => {
    expect(BypassGovernanceRetention).toBe(true)
    const gone = new Set((Delete.Objects as { VersionId: string }[]).map(({ VersionId }) => VersionId))
    buckets[Bucket]!.versions = buckets[Bucket]!.versions.filter((v) => !gone.has(v))
    return {}
  })
  appconfig.on(ListHostedConfigurationVersionsCommand).resolves({ Items: [{ VersionNumber: 1 }, { VersionNumber: 2 }] })
  appconfig.on(DeleteHostedConfigurationVersionCommand).resolves({})
})

describe('a throw-away deployment', () => {
  it('is emptied whole: policies first, every version and marker, and versions of routing', async () => {
    expect(await emptyStage('Stage')).toEqual({ buckets: ['vault', 'logs', 'empty'], versions: 1501, routing: 2 })
    for (const { policy, versions } of Object.values(buckets)) expect([policy, versions]).toEqual([false, []])
    expect((await emptyStage('Stage')).versions).toBe(0)
  })

  it.each(['prod', 'staging', 'kept'])('is nothing of the stage %s: nothing is touched', async (stage) => {
    cloudformation.on(DescribeStacksCommand).resolves(stack(stage))
    await expect(emptyStage('Stage')).rejects.toThrow(`is of the stage "${stage}" and keeps its data`)
    expect([s3.calls(), appconfig.calls()]).toEqual([[], []])
  })

  it('is not there: said so, and nothing is touched', async () => {
    const none = Object.assign(new Error('Stack with id StageData does not exist'), { name: 'ValidationError' })
    cloudformation.on(DescribeStacksCommand).rejects(none)
    await expect(emptyStage('Stage')).rejects.toThrow('there is no stack StageData')
    expect(s3.calls()).toEqual([])
  })

  it('stops at a version that does not go, by its key', async () => {
    s3.on(DeleteObjectsCommand).resolves({ Errors: [{ Key: 'k', Message: 'Access Denied' }] })
    await expect(emptyStage('Stage')).rejects.toThrow('vault/k: Access Denied')
  })
})

/**
 * An account in which the stacks are deployed, behind the SDK's own clients: outputs as synthesized, buckets in memory,
 * dynalite for the table, the offline runner for Step Functions. An assumed role may what its synthesized policies allow;
 * the caller may everything but what bucket policies deny to all.
 */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { GenerateMacCommand, KMSClient, KMSInvalidMacException, VerifyMacCommand } from '@aws-sdk/client-kms'
import {
  DeleteObjectCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { mockClient } from 'aws-sdk-client-mock'
import { dynamoTable } from '#adapters/aws/dynamo-table.ts'
import { s3Store } from '#adapters/aws/s3-store.ts'
import type { Store } from '#ports'
import { freshTable, startEngine } from '../../adapters/aws/dynamo-engine.ts'
import { memoryBucket } from '../../adapters/aws/memory-bucket.ts'
import { templatesOf } from '../infra/deployment.ts'
import { type Ask, policiesOf } from '../infra/iam.ts'
import { resolver } from '../infra/resolve.ts'
import { arnOf, viaS3 } from '../infra/security-table.ts'
import { headsSigner, type Journaled, journaled } from '../journaled.ts'
import { memoryScratch } from '../memory-scratch.ts'
import { deploy, type Faults, testSigner } from '../workflow/deployed.ts'
import type { Execution } from '../workflow/machine.ts'
import type { Harness } from '../workflow/outside.ts'

/** Region and keys as a shell has them; every client reads them from here. */
const SHELL = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'caller', AWS_SECRET_ACCESS_KEY: 'secret' }

const failing = (name: string, message: string): Error => Object.assign(new Error(message), { name })

export interface Account {
  readonly bucket: string
  /** The store itself, past every policy. */
  readonly store: Journaled
  /** Objects written, as `BUCKET KEY`, in order. */
  readonly written: string[]
  /** What the next workflows meet, and what every call to AWS meets first. */
  faults: Faults
  before: (action: string, key: string) => void
  /** Outputs of the stacks by name; may be changed. */
  readonly stacks: Record<string, Record<string, string> | undefined>
  /** Executions that do not end by themselves, when told so. */
  standStill: boolean
  stop(): Promise<void>
}

/** @param harness of a deployment that names one, with its templates and what its functions answer. @default none */
export async function account(harness?: Harness): Promise<Account> {
  const templates = harness?.templates ?? templatesOf()
  const engine = await startEngine()
  const { table } = await freshTable(engine.client)
  const endpoint = await engine.client.config.endpoint!()
  const shell = { ...SHELL, AWS_ENDPOINT_URL_DYNAMODB: `http://${endpoint.hostname}:${endpoint.port}` }
  const kept = Object.fromEntries(Object.keys(shell).map((name) => [name, process.env[name]]))
  Object.assign(process.env, shell)

  const stacks = Object.fromEntries(
    Object.entries(templates).map(([stack, { Outputs = {} }]) => {
      const resolve = resolver(templates, stack)
      return [stack, Object.fromEntries(Object.entries(Outputs).map(([key, o]) => [key, String(resolve(o.Value))]))]
    }),
  ) as Account['stacks']
  const data = stacks.AutotuneData!
  // Named as an account would: the stacks name them by logical id, which a bucket's name cannot be.
  const [bucket, vault, heads, releases] = [
    'autotune-experience',
    'autotune-vault',
    'autotune-heads',
    'autotune-releases',
  ]
  Object.assign(data, { ExperienceBucketName: bucket, VaultBucketName: vault, LedgerTableName: table })
  Object.assign(data, { HeadsBucketName: heads, ReleasesBucketName: releases })
  // Before any client is mocked as a class: these two keep a mock of their own.
  const buckets = new Map([bucket, vault, heads, releases].map((name) => [name, memoryBucket(name)]))
  const at = (name: string) => s3Store({ client: buckets.get(name)!.client, bucket: name })
  const bare: Store = {
    objects: at(bucket),
    vault: at(vault),
    releases: at(releases),
    table: dynamoTable({ client: engine.client, table }),
    clock: { now: () => new Date().toISOString() },
    progress: () => {},
    scratch: memoryScratch,
    rolesApart: true,
  }
  const store = journaled(bare, at(heads))

  const policies = policiesOf(templates)
  const key = arnOf(templates, 'AWS::KMS::Key', 'VaultKey')
  const arns: Readonly<Record<string, string>> = {
    [bucket]: arnOf(templates, 'AWS::S3::Bucket', 'ExperienceBucket'),
    [vault]: arnOf(templates, 'AWS::S3::Bucket', 'VaultBucket'),
    [heads]: arnOf(templates, 'AWS::S3::Bucket', 'HeadsBucket'),
    [releases]: arnOf(templates, 'AWS::S3::Bucket', 'ReleasesBucket'),
  }
  /** Whether whoever signs a request may make it. */
  const need = (principal: string, action: string, name: string, object: string, context = {}) => {
    const asks: Ask[] = [{ action, resource: object === '' ? arns[name]! : `${arns[name]}/${object}`, context }]
    if (name === vault && action === 's3:PutObject')
      asks.push({ action: 'kms:GenerateDataKey', resource: key, context: viaS3 })
    const denied =
      principal === 'caller'
        ? name === vault || object.startsWith('ingest/')
        : asks.some((ask) => !policies.may(principal, ask))
    if (denied) throw failing('AccessDenied', `User: ${principal} is not authorized to perform: ${action}`)
  }
  const written: string[] = []
  const executions = new Map<string, Execution>()
  const cloudformation = mockClient(CloudFormationClient)
  const sts = mockClient(STSClient)
  const s3 = mockClient(S3Client)
  const sfn = mockClient(SFNClient)
  const kms = mockClient(KMSClient)
  const its: Account = {
    bucket,
    store,
    written,
    faults: {},
    before: () => {},
    stacks,
    standStill: false,
    async stop() {
      for (const mock of [cloudformation, sts, s3, sfn, kms]) mock.restore()
      for (const [name, value] of Object.entries(kept))
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      await engine.stop()
    },
  }

  cloudformation.on(DescribeStacksCommand).callsFake(({ StackName }) => {
    its.before('cloudformation:DescribeStacks', StackName)
    const outputs = stacks[StackName]
    if (!outputs) throw failing('ValidationError', `Stack with id ${StackName} does not exist`)
    return {
      Stacks: [{ Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })) }],
    }
  })
  sts.on(AssumeRoleCommand).callsFake(({ RoleArn }) => {
    its.before('sts:AssumeRole', RoleArn)
    const Expiration = new Date(Date.now() + 3_600_000)
    return { Credentials: { AccessKeyId: RoleArn, SecretAccessKey: 's', SessionToken: 't', Expiration } }
  })
  /** Only assumed roles come here: whoever calls has no right to a key. */
  const mac = async (action: string, KeyId: string, Message: Uint8Array, client: KMSClient): Promise<string> => {
    const { accessKeyId } = await client.config.credentials()
    if (!policies.may(accessKeyId, { action, resource: KeyId }))
      throw failing('AccessDenied', `User: ${accessKeyId} is not authorized to perform: ${action}`)
    const signer = KeyId.includes('Heads') ? headsSigner : testSigner
    return signer.sign(Buffer.from(Message).toString())
  }
  kms.on(GenerateMacCommand).callsFake(async ({ KeyId, Message }, getClient) => ({
    Mac: Buffer.from(await mac('kms:GenerateMac', KeyId, Message, getClient()), 'base64url'),
  }))
  kms.on(VerifyMacCommand).callsFake(async ({ KeyId, Message, Mac }, getClient) => {
    if ((await mac('kms:VerifyMac', KeyId, Message, getClient())) !== Buffer.from(Mac).toString('base64url'))
      throw new KMSInvalidMacException({ message: 'no', $metadata: {} })
    return { MacValid: true }
  })
  type Input = { Bucket: string; Key?: string; IfNoneMatch?: string }
  const through =
    (action: string, Command: new (input: never) => never) =>
    async (input: Input, getClient: () => S3Client): Promise<unknown> => {
      const name = input.Key ?? ''
      its.before(action, name)
      const { accessKeyId } = await getClient().config.credentials()
      need(accessKeyId, action, input.Bucket, name, input.IfNoneMatch ? { 's3:if-none-match': '*' } : {})
      if (action === 's3:PutObject') written.push(`${input.Bucket} ${name}`)
      return buckets.get(input.Bucket)!.client.send(new Command(input as never))
    }
  s3.on(GetObjectCommand).callsFake(through('s3:GetObject', GetObjectCommand as never))
  s3.on(HeadObjectCommand).callsFake(through('s3:GetObject', HeadObjectCommand as never))
  s3.on(PutObjectCommand).callsFake(through('s3:PutObject', PutObjectCommand as never))
  s3.on(DeleteObjectCommand).callsFake(through('s3:DeleteObject', DeleteObjectCommand as never))
  s3.on(ListObjectsV2Command).callsFake(through('s3:ListBucket', ListObjectsV2Command as never))
  s3.on(GetBucketTaggingCommand).callsFake((input) => {
    if (!buckets.has(input.Bucket)) throw failing('NoSuchBucket', 'The specified bucket does not exist')
    return { TagSet: [{ Key: 'aws:cloudformation:stack-name', Value: 'AutotuneData' }] }
  })
  sfn.on(StartExecutionCommand).callsFake(async ({ stateMachineArn, input }) => {
    its.before('states:StartExecution', stateMachineArn)
    const execution = await deploy(store, { faults: its.faults, ...(harness && { harness, shardCases: 5 }) }).tune(
      JSON.parse(input),
    )
    executions.set(execution.arn, execution)
    return { executionArn: execution.arn }
  })
  sfn.on(DescribeExecutionCommand).callsFake(({ executionArn }) => {
    its.before('states:DescribeExecution', executionArn)
    const { status, output, error } = executions.get(executionArn)!
    if (its.standStill) return { status: 'RUNNING' }
    // Step Functions hands on a function's error as the JSON text that Lambda made of it.
    const cause = error && JSON.stringify({ errorType: error.error, errorMessage: error.cause, trace: [] })
    return status === 'FAILED' ? { status, error: error!.error, cause } : { status, output: JSON.stringify(output) }
  })
  sfn.on(GetExecutionHistoryCommand).callsFake(({ executionArn }) => ({
    events: executions
      .get(executionArn)!
      .entered.toReversed()
      .map((name) => ({ stateEnteredEventDetails: { name } })),
  }))
  return its
}

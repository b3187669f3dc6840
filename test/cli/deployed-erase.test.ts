/** `erase --stack`: the function of the deployment erases, and the words are those of a folder. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { EraseRunsInput } from '#schemas/erase-payloads.ts'
import { autotune } from './command-line.ts'

const cloudformation = mockClient(CloudFormationClient)
const lambda = mockClient(LambdaClient)
beforeAll(() => void vi.stubEnv('AWS_REGION', 'eu-central-1'))
afterAll(() => {
  cloudformation.restore()
  lambda.restore()
  vi.unstubAllEnvs()
})
const outputs = (values: Record<string, string>) => ({
  Stacks: [
    {
      StackName: 's',
      CreationTime: new Date(0),
      StackStatus: 'CREATE_COMPLETE' as const,
      Outputs: Object.entries(values).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
    },
  ],
})
const DATA = { ExperienceBucketName: 'b', VaultBucketName: 'v', LedgerTableName: 't', IngestRoleArn: 'r' }
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)) as never
const PLAN = { runs: 1, copies: 0, families: 1, segments: 1, past_runs: [], retired_versions: [], erased_before: [] }
const erase = (...more: string[]) =>
  autotune('erase', 'run_1', '--reason', 'request 4711', '--person', 'ana@example.com', '--stack', 'Autotune', ...more)

beforeEach(() => {
  cloudformation.reset()
  lambda.reset()
  cloudformation.on(DescribeStacksCommand, { StackName: 'AutotuneData' }).resolves(outputs(DATA))
  cloudformation
    .on(DescribeStacksCommand, { StackName: 'AutotuneWorkflow' })
    .resolves(outputs({ EraseRunsFunction: 'erase-it' }))
  cloudformation.on(DescribeStacksCommand, { StackName: 'Autotune' }).resolves(outputs({}))
})

test.each([
  [[], false, 'would erase 1 recorded run of 1 family'],
  [['--yes'], true, 'erased 1 recorded run of 1 family'],
] as const)('asks the function once, with %j', async (more, yes, says) => {
  lambda.on(InvokeCommand, { FunctionName: 'erase-it' }).resolves({ Payload: bytes({ erased: yes, ...PLAN }) })
  const { code, out, err } = await erase(...more)
  expect([code, err, out]).toEqual([0, '', expect.stringContaining(says)])
  const asked = lambda
    .commandCalls(InvokeCommand)
    .map(({ args }) => EraseRunsInput.parse(JSON.parse(args[0].input.Payload as never)))
  expect(asked).toEqual([{ wanted: { runs: ['run_1'] }, reason: 'request 4711', person: 'ana@example.com', yes }])
})

test('is refused in the words of the function, and says of a failure that the same call ends it', async () => {
  const answers = (errorType: string, errorMessage: string) =>
    lambda.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload: bytes({ errorType, errorMessage }) })
  answers('UserError', 'run r is under way')
  expect(await erase('--yes')).toMatchObject({ code: 2, err: expect.stringContaining('run r is under way') })
  answers('SealedFailure', '')
  expect(await erase('--yes')).toMatchObject({ code: 2, err: expect.stringContaining('the same command ends it') })
})

test('says of a deployment of an earlier version that it has none', async () => {
  cloudformation.on(DescribeStacksCommand, { StackName: 'AutotuneWorkflow' }).resolves(outputs({}))
  expect(await erase()).toMatchObject({ code: 2, err: expect.stringContaining('deploy it again') })
})

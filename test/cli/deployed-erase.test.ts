/** `erase --stack`: the function of the deployment erases, and the words are those of a folder. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { EraseRunsInput } from '#schemas/erase-payloads.ts'
import { DATA_OUTPUTS, payload, stackWith } from '../support/aws/stack.ts'
import { autotune } from './command-line.ts'

const cloudformation = mockClient(CloudFormationClient)
const lambda = mockClient(LambdaClient)
beforeAll(() => void vi.stubEnv('AWS_REGION', 'eu-central-1'))
afterAll(() => {
  cloudformation.restore()
  lambda.restore()
  vi.unstubAllEnvs()
})
const PLAN = { runs: 1, copies: 0, families: 1, segments: 1, past_runs: [], retired_versions: [], erased_before: [] }
const erase = (...more: string[]) =>
  autotune('erase', 'run_1', '--reason', 'request 4711', '--person', 'ana@example.com', '--stack', 'Autotune', ...more)

beforeEach(() => {
  cloudformation.reset()
  lambda.reset()
  cloudformation.on(DescribeStacksCommand, { StackName: 'AutotuneData' }).resolves(stackWith(DATA_OUTPUTS))
  cloudformation
    .on(DescribeStacksCommand, { StackName: 'AutotuneWorkflow' })
    .resolves(stackWith({ EraseRunsFunction: 'erase-it' }))
  cloudformation.on(DescribeStacksCommand, { StackName: 'Autotune' }).resolves(stackWith({}))
})

test.each([
  [[], false, 'would erase 1 recorded run of 1 family'],
  [['--yes'], true, 'erased 1 recorded run of 1 family'],
] as const)('asks the function once, with %j', async (more, yes, says) => {
  lambda.on(InvokeCommand, { FunctionName: 'erase-it' }).resolves({ Payload: payload({ erased: yes, ...PLAN }) })
  const { code, out, err } = await erase(...more)
  expect([code, err, out]).toEqual([0, '', expect.stringContaining(says)])
  const asked = lambda
    .commandCalls(InvokeCommand)
    .map(({ args }) => EraseRunsInput.parse(JSON.parse(args[0].input.Payload as never)))
  expect(asked).toEqual([{ wanted: { runs: ['run_1'] }, reason: 'request 4711', person: 'ana@example.com', yes }])
})

test('is refused in the words of the function, and says of a failure that the same call ends it', async () => {
  const answers = (errorType: string, errorMessage: string) =>
    lambda.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload: payload({ errorType, errorMessage }) })
  answers('UserError', 'run r is under way')
  expect(await erase('--yes')).toMatchObject({ code: 2, err: expect.stringContaining('run r is under way') })
  answers('SealedFailure', '')
  expect(await erase('--yes')).toMatchObject({ code: 2, err: expect.stringContaining('the same command ends it') })
})

test('says of a deployment of an earlier version that it has none', async () => {
  cloudformation.on(DescribeStacksCommand, { StackName: 'AutotuneWorkflow' }).resolves(stackWith({}))
  expect(await erase()).toMatchObject({ code: 2, err: expect.stringContaining('deploy it again') })
})

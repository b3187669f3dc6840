/** `rollout stop --stack`: the function of the deployment stops, and the words are those of a folder. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Store } from '#ports'
import { HandInput } from '#schemas/rollout-payloads.ts'
import { stopRolloutFunction } from '../../functions/handlers/stop-rollout.ts'
import { approve, at, certified, ID, rolloutOf, START, signer, start } from '../steps/release/support.ts'
import { DATA_OUTPUTS, payload, stackWith } from '../support/aws/stack.ts'
import { NO_HARNESS } from '../support/workflow/no-harness.ts'
import { autotune } from './command-line.ts'

const cloudformation = mockClient(CloudFormationClient)
const lambda = mockClient(LambdaClient)
afterAll(() => {
  cloudformation.restore()
  lambda.restore()
  vi.unstubAllEnvs()
})
const stop = (...more: string[]) =>
  autotune('rollout', 'stop', ID, '--reason', 'missing refunds', '--by', 'fay', '--stack', 'Autotune', ...more)

let store: Store
beforeAll(async () => {
  vi.stubEnv('AWS_REGION', 'eu-central-1')
  const made = await certified()
  await approve(made, 'r')
  store = at(made, START)
  await start(store)
}, 60_000)
beforeEach(() => {
  cloudformation.reset()
  lambda.reset()
  cloudformation.on(DescribeStacksCommand).resolves(stackWith({}))
  cloudformation.on(DescribeStacksCommand, { StackName: 'AutotuneData' }).resolves(stackWith(DATA_OUTPUTS))
  cloudformation
    .on(DescribeStacksCommand, { StackName: 'AutotuneWorkflow' })
    .resolves(stackWith({ StopRolloutFunction: 'stop-it' }))
})

describe('a stop of a deployed rollout', () => {
  test('is the function of the deployment, and reads as on a folder', async () => {
    lambda.on(InvokeCommand, { FunctionName: 'stop-it' }).callsFake(async ({ Payload }) => {
      const input = HandInput.parse(JSON.parse(Payload))
      return { Payload: payload(await stopRolloutFunction.work(input, { ...NO_HARNESS, store, signer })) }
    })
    const first = await stop()
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toContain(`rollout ${ID}: STOPPED: the whole prior tuple serves everyone`)
    expect((await rolloutOf(store)).records.at(-1)).toMatchObject({ by: 'fay', verdict: 'stopped' })
    const again = await stop('--json')
    expect(again.code).toBe(0)
    expect(again.json()).toMatchObject({ rollout: ID, status: 'stopped', record: null, unchanged: /stopped already/ })
  })

  test('is refused in the words of the function', async () => {
    const errorMessage = `no rollout "${ID}" in this store`
    lambda
      .on(InvokeCommand)
      .resolves({ FunctionError: 'Unhandled', Payload: payload({ errorType: 'UserError', errorMessage }) })
    expect(await stop()).toMatchObject({ code: 2, err: `autotune: ${errorMessage}\n` })
  })

  test('that fails half-way says that another call goes on', async () => {
    lambda
      .on(InvokeCommand)
      .resolves({ FunctionError: 'Unhandled', Payload: payload({ errorType: 'KMSError', errorMessage: 'later' }) })
    const { code, out } = await stop()
    expect([code, out]).toEqual([1, expect.stringMatching(/KMSError: later\n.*call it again/)])
  })

  test('needs rollouts in the deployment, and no other verb of them works there', async () => {
    cloudformation.on(DescribeStacksCommand, { StackName: 'AutotuneWorkflow' }).resolves(stackWith({}))
    expect(await stop()).toMatchObject({ code: 2, err: expect.stringContaining('has no rollouts') })
    expect(lambda.calls()).toHaveLength(0)
    const resume = await autotune('rollout', 'resume', ID, '--reason', 'why not', '--stack', 'Autotune')
    expect(resume).toMatchObject({ code: 2, err: expect.stringContaining('works on a folder') })
  })
})

import { InvokeCommand, LambdaClient, LambdaServiceException } from '@aws-sdk/client-lambda'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it } from 'vitest'
import { lambdaCaller } from '#adapters/aws/lambda-caller.ts'

const ARN = 'arn:aws:lambda:eu-central-1:111122223333:function:desk:7'
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)) as never

function mocked() {
  const client = new LambdaClient({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
  return { mock: mockClient(client), caller: lambdaCaller(client) }
}
const failure = (name: string) => new LambdaServiceException({ name, $fault: 'server', $metadata: {}, message: name })

describe('a harness function called through Lambda', () => {
  it('is sent JSON under the pinned version, and answers JSON', async () => {
    const { mock, caller } = mocked()
    mock.on(InvokeCommand).resolves({ Payload: bytes({ returned: 1 }) })
    expect(await caller.call(ARN, { settings: { a: 1 } }, 1000)).toEqual({ returned: { returned: 1 } })
    expect(mock.commandCalls(InvokeCommand)[0]!.args[0].input).toEqual({
      FunctionName: ARN,
      Payload: '{"settings":{"a":1}}',
    })
  })

  it.each([
    ['Error', 'no such passage', 'the harness function failed: Error: no such passage'],
    [
      'Runtime.ExitError',
      'RequestId: 8f5c8d9a-1f1b-4a8e-9d50-0f5f3f7f2c11 Error: Runtime exited with error: exit status 1',
      'the harness function failed: Runtime.ExitError: Runtime exited with error: exit status 1',
    ],
    [
      'Sandbox.Timedout',
      '2026-11-25T01:02:03.456Z 8f5c8d9a-1f1b-4a8e-9d50-0f5f3f7f2c11 Task timed out after 3.00 seconds',
      'the harness function reached its own timeout',
    ],
  ])('fails a case by what it said (%s), without ids and times', async (errorType, errorMessage, failed) => {
    const { mock, caller } = mocked()
    mock.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload: bytes({ errorType, errorMessage }) })
    expect(await caller.call(ARN, {}, 1000)).toEqual({ failed })
  })

  it('is cut at the limit', async () => {
    const { mock, caller } = mocked()
    mock.on(InvokeCommand).callsFake(
      (_input, _client) =>
        new Promise((_, reject) => {
          setTimeout(() => reject(Object.assign(new Error('aborted'), { name: 'AbortError' })), 50)
        }),
    )
    expect(await caller.call(ARN, {}, 10)).toEqual({ failed: 'the harness gave no answer within 10 ms and was cut' })
  })

  it('fails a case that is larger than a call takes', async () => {
    const { mock, caller } = mocked()
    mock.on(InvokeCommand).rejects(failure('RequestTooLargeException'))
    expect(await caller.call(ARN, {}, 1000)).toEqual({ failed: expect.stringContaining('6 MB') })
  })

  it.each(['TooManyRequestsException', 'ServiceException', 'AccessDeniedException', 'ResourceNotFoundException'])(
    'throws %s: no case is to blame for it',
    async (name) => {
      const { mock, caller } = mocked()
      mock.on(InvokeCommand).rejects(failure(name))
      await expect(caller.call(ARN, {}, 1000)).rejects.toThrow(name)
    },
  )
})

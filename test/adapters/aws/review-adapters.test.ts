import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import { InvalidToken, SendTaskSuccessCommand, SFNClient, TaskDoesNotExist, TaskTimedOut } from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { sesMailer } from '#adapters/aws/ses-mailer.ts'
import { waitingTasks } from '#adapters/aws/waiting-tasks.ts'

describe('a notice by SES', () => {
  it('goes to one person, as plain text', async () => {
    const ses = mockClient(SESv2Client)
    ses.on(SendEmailCommand).resolves({})
    onTestFinished(() => ses.restore())
    const mailer = sesMailer({ client: new SESv2Client(), sender: 'autotune@example.com' })
    await mailer.send({ to: 'ana@example.com', subject: 'Review', text: 'https://desk/review/x' })
    expect(ses.commandCalls(SendEmailCommand)[0]!.args[0].input).toEqual({
      FromEmailAddress: 'autotune@example.com',
      Destination: { ToAddresses: ['ana@example.com'] },
      Content: {
        Simple: {
          Subject: { Data: 'Review', Charset: 'UTF-8' },
          Body: { Text: { Data: 'https://desk/review/x', Charset: 'UTF-8' } },
        },
      },
    })
  })
})

describe('a workflow that waits', () => {
  const sfn = mockClient(SFNClient)
  const tasks = waitingTasks(new SFNClient())
  beforeEach(() => sfn.reset())
  afterAll(() => sfn.restore())

  it('is woken with nothing in hand', async () => {
    sfn.on(SendTaskSuccessCommand).resolves({})
    expect(await tasks.wake('token')).toBe(true)
    expect(sfn.commandCalls(SendTaskSuccessCommand)[0]!.args[0].input).toEqual({ taskToken: 'token', output: '{}' })
  })

  it.each([TaskTimedOut, TaskDoesNotExist, InvalidToken])('does not wait any more: %o', async (Gone) => {
    sfn.on(SendTaskSuccessCommand).rejects(new Gone({ message: 'gone', $metadata: {} }))
    expect(await tasks.wake('token')).toBe(false)
  })

  it('fails as Step Functions fails, without the token', async () => {
    sfn.on(SendTaskSuccessCommand).rejects(new Error('later'))
    await expect(tasks.wake('secret-token')).rejects.toThrow(/^later$/)
  })
})

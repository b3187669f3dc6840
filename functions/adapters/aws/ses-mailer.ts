/** Notices by SES: plain text, one recipient each, so that nobody sees another one's link. */
import { type SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import type { Mailer } from '#ports'

interface SesMailerOptions {
  readonly client: SESv2Client
  /** Address that notices come from. */
  readonly sender: string
}

export const sesMailer = ({ client, sender }: SesMailerOptions): Mailer => ({
  async send({ to, subject, text }) {
    const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' })
    await client.send(
      new SendEmailCommand({
        FromEmailAddress: sender,
        Destination: { ToAddresses: [to] },
        Content: { Simple: { Subject: utf8(subject), Body: { Text: utf8(text) } } },
      }),
    )
  },
})

/** Sends every reviewer who may still decide their own link. Called again, it sends the same links again. */
import { SESv2Client } from '@aws-sdk/client-sesv2'
import { sesMailer } from '#adapters/aws/ses-mailer.ts'
import { ENV } from '#schemas/env-names.ts'
import { ReviewInput } from '#schemas/review-desk.ts'
import { type DeskWorld, openDeskWorld } from '../lambda/desk-world.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import type { OpenStep } from '../lambda/step.ts'
import { need } from '../lambda/world.ts'
import type { Mailer } from '../ports.ts'
import { notifyReviewers as notify } from '../steps/review/notice.ts'

interface NoticeWorld extends DeskWorld {
  readonly mailer: Mailer
  /** Scheme and host of the desk. */
  readonly origin: string
}

export const notifyReviewersFunction: OpenStep<ReviewInput, { readonly sent: number }, NoticeWorld> = {
  name: 'notify-reviewers',
  input: ReviewInput,
  about: ({ review_id }) => ({ review: review_id }),
  work: async ({ review_id }, { store, code, mailer, origin }) => ({
    sent: await notify(store, code, mailer, { reviewId: review_id, origin }),
  }),
}

export const handler = handlerOver(notifyReviewersFunction, () => ({
  ...openDeskWorld(),
  mailer: sesMailer({ client: new SESv2Client(), sender: need(process.env, ENV.sender) }),
  origin: need(process.env, ENV.deskOrigin),
}))

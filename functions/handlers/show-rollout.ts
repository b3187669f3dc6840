/** GET and HEAD of the page of a rollout, by a reviewer's link. It reads what the page shows, and has no right to more. */
import { HttpRequest, type HttpResponse } from '#schemas/review-desk.ts'
import { type DeskWorld, openDeskWorld } from '../lambda/desk-world.ts'
import { answerRolloutHttp } from '../lambda/http.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import type { OpenStep } from '../lambda/step.ts'

export const showRolloutFunction: OpenStep<HttpRequest, HttpResponse, DeskWorld> = {
  name: 'show-rollout',
  input: HttpRequest,
  about: ({ requestContext }) => ({ method: requestContext.http.method }),
  work: (event, { store, code }) => answerRolloutHttp(store, code, event),
}

export const handler = handlerOver(showRolloutFunction, openDeskWorld)

/** GET and HEAD of a review link. It may read a review and record a refused attempt, and it has no right to more. */
import { HttpRequest, type HttpResponse } from '#schemas/review-desk.ts'
import { type DeskWorld, openDeskWorld } from '../lambda/desk-world.ts'
import { answerHttp, httpResponse } from '../lambda/http.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import type { OpenStep } from '../lambda/step.ts'

export const showReviewFunction: OpenStep<HttpRequest, HttpResponse, DeskWorld> = {
  name: 'show-review',
  input: HttpRequest,
  about: ({ requestContext }) => ({ method: requestContext.http.method }),
  work: async (event, { store, code }) => httpResponse(event, await answerHttp(store, code, event)),
}

export const handler = handlerOver(showReviewFunction, openDeskWorld)

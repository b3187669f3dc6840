/**
 * POST of a review link: the decision is recorded by one conditional write, and only then the waiting workflow is woken.
 * The one function that may answer a task token. A request after a kill between the two wakes it then.
 */
import { SFNClient } from '@aws-sdk/client-sfn'
import { waitingTasks } from '#adapters/aws/waiting-tasks.ts'
import { HttpRequest, type HttpResponse } from '#schemas/review-desk.ts'
import { type DeskWorld, openDeskWorld } from '../lambda/desk-world.ts'
import { answerHttp, httpResponse } from '../lambda/http.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { OpenStep } from '../lambda/step.ts'
import type { WaitingTasks } from '../ports.ts'
import { wakeWaiting } from '../steps/review/waiting.ts'

interface DecisionWorld extends DeskWorld {
  readonly tasks: WaitingTasks
}

export const recordDecisionFunction: OpenStep<HttpRequest, HttpResponse, DecisionWorld> = {
  name: 'record-decision',
  input: HttpRequest,
  about: ({ requestContext }) => ({ method: requestContext.http.method }),
  async work(event, { store, code, tasks }) {
    const answer = await answerHttp(store, code, event)
    const { review } = answer
    if (review && review.status !== 'open') await wakeWaiting(store, tasks, review.review_id)
    return httpResponse(event, answer)
  },
}

export const handler = handlerOver(recordDecisionFunction, () => ({
  ...openDeskWorld(process.env, signed),
  tasks: waitingTasks(new SFNClient()),
}))

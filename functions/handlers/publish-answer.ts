/**
 * Publishes the answer when it is due: the one bit, or, with a yes, everything. A gate that could not finish has spent
 * the question: it is answered "no" then, and nobody can tell that from any other "no".
 */
import { type Answered, GateInput } from '#schemas/payloads.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { askedOf } from '../lambda/gate-question.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { Step } from '../lambda/step.ts'
import { putJson } from '../lambda/work.ts'
import { openWorld } from '../lambda/world.ts'
import { publishAnswer as publish } from '../steps/heldout/gate.ts'

export const publishAnswerFunction: Step<GateInput, Answered> = {
  name: 'publish-answer',
  sealed: 'gate',
  input: GateInput,
  async work(asked, { store }) {
    const { run, question } = await askedOf(store, asked)
    const answer = await publish(store, run, question.commit)
    return { answer: await putJson(store, workKeys.answer(run.run_id), answer) }
  },
}

export const handler = makeHandler(publishAnswerFunction, () => openWorld(process.env, signed))

/**
 * Publishes the answer when it is due: the one bit, or, with a yes, everything. A gate that could not finish has spent
 * the question: it is answered "no" then, and nobody can tell that from any other "no".
 */
import { answerCache } from '#adapters/model-cache.ts'
import type { ModelUsage } from '#schemas/model-usage.ts'
import { type Answered, GateInput } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { askedOf } from '../lambda/gate-question.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { Step } from '../lambda/step.ts'
import { type Published, putJson } from '../lambda/work.ts'
import { openWorld } from '../lambda/world.ts'
import type { Store } from '../ports.ts'
import { type Asked, publishAnswer as publish } from '../steps/heldout/gate.ts'
import { askingOf, sealedUsage } from '../steps/run/answered-usage.ts'

export const publishAnswerFunction: Step<GateInput, Answered> = {
  name: 'publish-answer',
  sealed: 'gate',
  input: GateInput,
  async work(input, { store }) {
    const { run, question } = await askedOf(store, input)
    const asked = await publish(store, run, question.commit)
    const usage = await usageOf(store, run, asked)
    const answer: Published = { ...asked, ...(usage && { usage }) }
    return { answer: await putJson(store, workKeys.answer(run.run_id), answer) }
  },
}

/** Null: no model was asked live, or it is a "no", which tells nothing else. */
async function usageOf(store: Store, run: AutotuneRun, asked: Asked): Promise<ModelUsage[] | null> {
  const asking = askingOf(run)
  if (!asking || !('answer' in asked) || !asked.answer.certified) return null
  return await sealedUsage(store, asked.answer, asking, (objects, payer) => answerCache(objects, store.clock, payer))
}

export const handler = makeHandler(publishAnswerFunction, () => openWorld(process.env, signed))

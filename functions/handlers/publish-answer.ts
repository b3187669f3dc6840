/**
 * Publishes the answer when it is due: the one bit, or, with a yes, everything. A gate that could not finish has spent
 * the question: it is answered "no" then, and nobody can tell that from any other "no".
 */
import { RunInput } from '#schemas/payloads.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { askedOf } from '../shared/gate-question.ts'
import { makeHandler, type Step } from '../shared/make-handler.ts'
import { putJson } from '../shared/work.ts'
import { publishAnswer as publish } from '../steps/gate.ts'

export const publishAnswer: Step<RunInput, Record<string, never>> = {
  name: 'publish-answer',
  input: RunInput,
  about: () => ({}),
  async work({ run: ref }, { store }) {
    const { run, question } = await askedOf(store, ref.run_id)
    await putJson(store, workKeys.answer(ref.run_id), await publish(store, run, question.commit))
    return {}
  },
}

export const handler = makeHandler(publishAnswer)

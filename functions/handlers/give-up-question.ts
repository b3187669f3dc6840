/** A gate that cannot finish has spent the question: it is answered "no", and nobody can tell that from any other "no". */
import type { LedgerItem } from '#schemas/heldout.ts'
import { RunInput } from '#schemas/payloads.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { askedOf } from '../shared/gate-question.ts'
import { makeHandler, type Step } from '../shared/make-handler.ts'
import { putJson } from '../shared/work.ts'
import { abandonQuestion, reserveQuestion } from '../steps/gate.ts'
import { rowKeys } from '../steps/ledger-keys.ts'

export const giveUpQuestion: Step<RunInput, Record<string, never>> = {
  name: 'give-up-question',
  input: RunInput,
  about: () => ({}),
  async work({ run: ref }, { store }) {
    const { run, question } = await askedOf(store, ref.run_id)
    // A crash before the reservation spends the question too: it is opened only to be answered "no".
    const reserved = await reserveQuestion(store, run, question.commit)
    if ('asked' in reserved) {
      await putJson(store, workKeys.answer(ref.run_id), reserved.asked)
      return {}
    }
    const answer = await abandonQuestion(store, run.target.intent!, ref.run_id)
    const row = await store.table.get<LedgerItem>(...rowKeys.version(run.target.intent!, answer!.version))
    await putJson(store, workKeys.answer(ref.run_id), { answer, item: row!.body })
    return {}
  },
}

export const handler = makeHandler(giveUpQuestion)

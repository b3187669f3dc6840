/** The other side of a thread: answers one question after the other, and says what it could not answer. */
import { parentPort, type TransferListItem } from 'node:worker_threads'
import { TamperError } from '#core/experience/run-files.ts'
import { UserError } from '../../../errors.ts'
import { systemPart } from '../files/at-path.ts'
import type { Answered, Asked, Failure } from './thread.ts'

/** @param transferred what of an answer is handed over and not copied */
export function answerQuestions<Q, A>(
  answer: (question: Q) => A | Promise<A>,
  transferred: (answer: A) => readonly TransferListItem[] = () => [],
): void {
  const reply = (answered: Answered<A>, transfer: readonly TransferListItem[] = []) =>
    parentPort!.postMessage(answered, transfer)
  parentPort!.on('message', async ({ id, question }: Asked<Q>) => {
    try {
      const answered = await answer(question)
      reply({ id, answer: answered }, transferred(answered))
    } catch (error) {
      reply({ id, failure: failureOf(error) })
    }
  })
}

function failureOf(error: unknown): Failure {
  if (error instanceof TamperError) {
    const { runId, file, detail } = error
    return { kind: 'tamper', runId, file, detail }
  }
  return error instanceof UserError
    ? { kind: 'user', message: error.message }
    : { kind: 'other', error, system: error instanceof Error ? systemPart(error) : {} }
}

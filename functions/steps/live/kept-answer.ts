/** Is an answer that a record names still the one that is kept? */
import { digestOf } from '#core/canonical.ts'
import type { AskedAnswer } from '#core/live/asked-answers.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'

/** Why it is not, in words; null: it is. `objects`: where answers of its side of the split lie. */
export async function answerProblem(objects: ObjectStore, { request, reply }: AskedAnswer): Promise<string | null> {
  const key = keys.modelAnswer(request)
  const found = await readJson<{ reply: unknown }>(objects, key)
  if (found === null) return `${key} is missing`
  return digestOf(found.reply) === reply ? null : `${key} was changed`
}

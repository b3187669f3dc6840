/**
 * Answers of a model by the digest of what was asked, in an object store. Each side of the split has a cache of its own:
 * the search would read sealed questions from a common one, and an answer that was planted on the search side would decide
 * a sealed case. What both sides ask is paid twice.
 */
import { canonical } from '#core/canonical.ts'
import { recordable } from '#core/model/reply.ts'
import { type ModelRequest, requestDigest, requestIdentity, requestOf } from '#core/model/request.ts'
import type { AnswerCache, Clock, KeptAnswer, ModelPort, ObjectStore } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { inBlocks } from '../streams/groups.ts'
import { readJson } from '../streams/read-object.ts'

/** As it lies in the store. */
interface Kept extends Pick<KeptAnswer, 'reply'>, Partial<Pick<KeptAnswer, 'at' | 'payer'>> {
  readonly request: ReturnType<typeof requestIdentity>
}

/**
 * Of two that ask at once, here or in another process, the first to be kept answers both; in one process the model is asked
 * once. A refusal is an answer too. `payer`: who is said to have paid for what is asked from now on; absent: nobody.
 */
export function answerCache(objects: ObjectStore, clock: Clock, payer: string | null = null): AnswerCache {
  const asking = new Map<string, Promise<KeptAnswer>>()
  const kept = async (key: string, fresh: boolean): Promise<KeptAnswer | null> => {
    const found = await readJson<Kept>(objects, key)
    return found && { reply: found.reply, at: found.at ?? null, payer: found.payer ?? null, fresh }
  }
  const askOnce = async (request: ModelRequest, key: string, model: ModelPort): Promise<KeptAnswer> => {
    const known = await kept(key, false)
    if (known) return known
    const reply = recordable(await model.converse(request))
    const written = { request: requestIdentity(request), reply, at: clock.now(), ...(payer !== null && { payer }) }
    await objects.putIfAbsent(key, canonical(written))
    // Read back also where it was the first: an answer is the same to the order of its fields, asked or kept.
    return (await kept(key, true))!
  }
  return {
    payer,
    async *paid() {
      if (payer === null) return
      const read = (key: string) => readJson<Kept>(objects, key)
      for await (const found of inBlocks(objects.list(keys.modelAnswers()), read))
        if (found?.payer === payer)
          yield { request: requestOf(found.request), reply: found.reply, at: found.at ?? null }
    },
    async ask(request, model) {
      const key = keys.modelAnswer(requestDigest(request))
      const asked = asking.get(key)
      if (asked) return { ...(await asked), fresh: false }
      const answer = askOnce(request, key, model).finally(() => asking.delete(key))
      asking.set(key, answer)
      return answer
    },
  }
}

/** A model behind a cache. */
export const cachedModel = (cache: AnswerCache, model: ModelPort): ModelPort => ({
  converse: async (request) => (await cache.ask(request, model)).reply,
})

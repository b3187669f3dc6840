/** A model whose answers are kept by the digest of what was asked: the same request gives the same bytes, for ever. */
import { canonical, digestOf } from '#core/canonical.ts'
import type { ModelPort, ObjectStore } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { readJson } from '../streams/read-object.ts'

type Reply = Awaited<ReturnType<ModelPort['converse']>>

/** Of two that ask at once, the first to be kept answers both. A refusal is an answer too. */
export function cachedModel(objects: ObjectStore, model: ModelPort): ModelPort {
  return {
    async converse(request) {
      const key = keys.modelAnswer(digestOf(request))
      const kept = async () => (await readJson<{ reply: Reply }>(objects, key))?.reply
      const known = await kept()
      if (known) return known
      const reply = await model.converse(request)
      await objects.putIfAbsent(key, canonical({ request, reply }))
      return (await kept())!
    },
  }
}

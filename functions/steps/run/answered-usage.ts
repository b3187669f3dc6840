/** What a live run asked of its model, counted from the answers that are kept: the same wherever it ran, and however often it was begun. */
import { payerOf } from '#core/live/live-model.ts'
import { NO_PRICES } from '#core/model/cost.ts'
import type { ModelRefusal, ModelReply } from '#core/model/reply.ts'
import { requestDigest } from '#core/model/request.ts'
import { NOTHING_ASKED, tallied, usageRows } from '#core/model/tally.ts'
import { liveOf } from '#core/replay/cage.ts'
import type { ModelUsage } from '#schemas/model-usage.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { AnswerCache, ObjectStore } from '../../ports.ts'
import { inBlocks } from '../../streams/groups.ts'
import { readJson, streamLines } from '../../streams/read-object.ts'
import { under } from '../../streams/under.ts'
import { repliedAnswers } from './answers-kept.ts'

/** The answers that lie in a store, as one payer has them. */
export type CacheOf = (objects: ObjectStore, payer: string) => AnswerCache

/** Of the search side; none where the run asked no model. Reads every kept answer. */
export async function answeredUsage(
  { objects }: { readonly objects: ObjectStore },
  run: AutotuneRun,
  cacheOf: CacheOf,
): Promise<ModelUsage[]> {
  const replies = streamLines(objects, keys.autotuneRun(run.run_id, 'harness-replies.jsonl'))
  const kept = inBlocks(repliedAnswers(replies), async ({ request, at }) => {
    const found = await readJson<{ readonly reply: ModelReply | ModelRefusal }>(objects, keys.modelAnswer(request))
    return found && { request, at, reply: found.reply }
  })
  return await usageIn(objects, run, cacheOf, kept)
}

/** Of its question on the sealed side, whose answers lie in the vault for that question alone. */
export const sealedUsage = (
  { vault }: { readonly vault: ObjectStore },
  run: AutotuneRun,
  question: number,
  cacheOf: CacheOf,
): Promise<ModelUsage[]> =>
  usageIn(under(vault, keys.gateLog(run.heldout_test_set!.version, question)), run, cacheOf, [])

/** An answer that a run was given, by the digest of its request. */
interface Given {
  readonly request: string
  readonly at: string | null
  readonly reply: ModelReply | ModelRefusal
}

/** @param given answers that others may have paid for; null: it is not kept any more */
async function usageIn(
  objects: ObjectStore,
  run: AutotuneRun,
  cacheOf: CacheOf,
  given: AsyncIterable<Given | null> | Iterable<Given | null>,
): Promise<ModelUsage[]> {
  const pin = liveOf(run.replayer)
  if (!pin) return []
  let tally = NOTHING_ASKED
  const counted = new Set<string>()
  const count = ({ request, reply, at }: Given, paid: boolean) => {
    if (counted.has(request)) return
    counted.add(request)
    tally = tallied(tally, 'replay', { request: pin, usage: 'refused' in reply ? null : reply, at, paid })
  }
  for await (const { request, reply, at } of cacheOf(objects, payerOf(run.target, run.candidates, pin)).paid())
    count({ request: requestDigest(request), reply, at }, true)
  for await (const one of given) if (one) count(one, false)
  return usageRows(tally, run.price_table ?? NO_PRICES)
}

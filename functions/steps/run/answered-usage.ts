/** What a live run asked of its model, counted from the answers that are kept: the same wherever it ran, and however often it was begun. */
import type { SealedQuestion } from '#core/live/asked-answers.ts'
import { payerOf } from '#core/live/live-model.ts'
import { NO_PRICES } from '#core/model/cost.ts'
import type { ModelRefusal, ModelReply } from '#core/model/reply.ts'
import { requestDigest } from '#core/model/request.ts'
import { NOTHING_ASKED, tallied, usageRows } from '#core/model/tally.ts'
import { liveOf } from '#core/replay/cage.ts'
import type { LivePin } from '#schemas/live-model.ts'
import type { ModelUsage } from '#schemas/model-usage.ts'
import type { PriceTable } from '#schemas/pack.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { AnswerCache, ObjectStore } from '../../ports.ts'
import { inBlocks } from '../../streams/groups.ts'
import { readJson, streamLines } from '../../streams/read-object.ts'
import { under } from '../../streams/under.ts'
import { repliedAnswers } from './answers-kept.ts'

/** The answers that lie in a store, as one payer has them. */
export type CacheOf = (objects: ObjectStore, payer: string) => AnswerCache

/** Who asks a model live, and at what prices. */
export interface LiveAsking {
  readonly pin: LivePin
  readonly payer: string
  readonly prices: PriceTable | null
}

/** The same of a run that is pinned; null: it asks no model. */
export function askingOf({ target, candidates, replayer, price_table: prices }: AutotuneRun): LiveAsking | null {
  const pin = liveOf(replayer)
  return pin ? { pin, payer: payerOf(target, candidates, pin), prices } : null
}

/** Of the search side. Reads every kept answer. */
export async function answeredUsage(
  { objects }: { readonly objects: ObjectStore },
  runId: string,
  asking: LiveAsking,
  cacheOf: CacheOf,
): Promise<ModelUsage[]> {
  const replies = streamLines(objects, keys.autotuneRun(runId, 'harness-replies.jsonl'))
  const kept = inBlocks(repliedAnswers(replies), async ({ request, at }) => {
    const found = await readJson<{ readonly reply: ModelReply | ModelRefusal }>(objects, keys.modelAnswer(request))
    return found && { request, at, reply: found.reply }
  })
  return await usageIn(objects, asking, cacheOf, kept)
}

/** Of its question on the sealed side, whose answers lie in the vault for that question alone. */
export const sealedUsage = (
  { vault }: { readonly vault: ObjectStore },
  { version, question }: SealedQuestion,
  asking: LiveAsking,
  cacheOf: CacheOf,
): Promise<ModelUsage[]> => usageIn(under(vault, keys.gateLog(version, question)), asking, cacheOf, [])

/** An answer that a run was given, by the digest of its request. */
interface Given {
  readonly request: string
  readonly at: string | null
  readonly reply: ModelReply | ModelRefusal
}

/** @param given answers that others may have paid for; null: it is not kept any more */
async function usageIn(
  objects: ObjectStore,
  { pin, payer, prices }: LiveAsking,
  cacheOf: CacheOf,
  given: AsyncIterable<Given | null> | Iterable<Given | null>,
): Promise<ModelUsage[]> {
  let tally = NOTHING_ASKED
  const counted = new Set<string>()
  const count = ({ request, reply, at }: Given, paid: boolean) => {
    if (counted.has(request)) return
    counted.add(request)
    tally = tallied(tally, 'replay', { request: pin, usage: 'refused' in reply ? null : reply, at, paid })
  }
  for await (const { request, reply, at } of cacheOf(objects, payer).paid())
    count({ request: requestDigest(request), reply, at }, true)
  for await (const one of given) if (one) count(one, false)
  return usageRows(tally, prices ?? NO_PRICES)
}

/** What a live run of a deployment asked on its search side, by the answers that are kept of it: its functions count nothing together. */
import { payerOf } from '#core/live/live-model.ts'
import { NO_PRICES } from '#core/model/cost.ts'
import type { ModelRefusal, ModelReply } from '#core/model/reply.ts'
import { requestDigest } from '#core/model/request.ts'
import { NOTHING_ASKED, tallied, usageRows } from '#core/model/tally.ts'
import { liveOf } from '#core/replay/cage.ts'
import type { RunUsage } from '#schemas/model-usage.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { AnswerCache, Store } from '../../ports.ts'
import { inBlocks } from '../../streams/groups.ts'
import { readJson, streamLines } from '../../streams/read-object.ts'
import { repliedAnswers } from './answers-kept.ts'

/**
 * Null: the run asked no model. Reads every kept answer.
 * @param cacheOf the answers of the search side, as one payer has them
 */
export async function answeredUsage(
  { objects }: Pick<Store, 'objects'>,
  run: AutotuneRun,
  cacheOf: (payer: string) => AnswerCache,
): Promise<RunUsage | null> {
  const pin = liveOf(run.replayer)
  if (!pin) return null
  let tally = NOTHING_ASKED
  const counted = new Set<string>()
  const count = (digest: string, reply: ModelReply | ModelRefusal, at: string | null, paid: boolean) => {
    if (counted.has(digest)) return
    counted.add(digest)
    tally = tallied(tally, 'replay', { request: pin, usage: 'refused' in reply ? null : reply, at, paid })
  }
  for await (const { request, reply, at } of cacheOf(payerOf(run.target, run.candidates, pin)).paid())
    count(requestDigest(request), reply, at, true)
  const replies = streamLines(objects, keys.autotuneRun(run.run_id, 'harness-replies.jsonl'))
  const kept = inBlocks(repliedAnswers(replies), async ({ request, at }) => {
    if (counted.has(request)) return null
    const found = await readJson<{ readonly reply: ModelReply | ModelRefusal }>(objects, keys.modelAnswer(request))
    return found && { request, at, reply: found.reply }
  })
  for await (const one of kept) if (one) count(one.request, one.reply, one.at, false)
  const { run_id } = run
  return { usage: 'usage.v1', run_id, rows: usageRows(tally, run.price_table ?? NO_PRICES) }
}

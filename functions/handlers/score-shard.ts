/** Scores one sealed shard for listed candidates, or, where code replays, for one of them or its baseline, in one of two passes. Scores stay in the vault; a recorded one is never taken again. */
import { canonicalLines } from '#core/canonical.ts'
import { ScoreItem } from '#schemas/payloads.ts'
import { gateKeys } from '#schemas/work-keys.ts'
import { askedOf, scoringsOf } from '../lambda/gate-question.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { withReplays } from '../lambda/replays.ts'
import { keepHeads, shardLines } from '../lambda/sealed-shards.ts'
import type { Step } from '../lambda/step.ts'

export const scoreShardFunction: Step<ScoreItem, Record<string, never>> = {
  name: 'score-shard',
  sealed: 'gate',
  input: ScoreItem,
  async work({ asked, reserved: { version, question: k, shards, together = 1 }, item }, world) {
    const { store } = world
    const { run, question } = await askedOf(store, asked)
    const first = Math.floor(item / shards) * together
    const shard = item % shards
    const sharded = { run, k }
    const { replayer, target, candidates, price_table: prices } = run
    const replaying = {
      replayer,
      target,
      candidates,
      prices,
      question: { version, question: k },
    } as const
    return await withReplays(world, replaying, async (replays) => {
      let lines: readonly string[] | null = null
      for (const [at, { change, pass }] of scoringsOf(run, question).entries()) {
        if (at < first || at >= first + together) continue
        const recorded = gateKeys.scores(version, k, at, shard)
        if ((await store.vault.get(recorded)) !== null) continue
        lines ??= await shardLines(world, sharded, shard)
        // First: where a score of it stands, the heads do.
        if (at === 0) await keepHeads(store, sharded, shard, lines)
        const scores = await Array.fromAsync(replays.score(lines, run, change, pass, k))
        await store.vault.putIfAbsent(recorded, canonicalLines(scores))
      }
      return {}
    })
  },
}

export const handler = makeHandler(scoreShardFunction)

/** Scores one sealed shard for one listed candidate, or, where code replays, for its baseline, in one of two passes. The score stays in the vault; a recorded one is never taken again. */
import { canonicalLines } from '#core/canonical.ts'
import { ScoreItem } from '#schemas/payloads.ts'
import { gateKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import { askedOf, scoringsOf } from '../lambda/gate-question.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { replaysOf } from '../lambda/replays.ts'
import type { Step } from '../lambda/step.ts'
import { streamLines } from '../streams/read-object.ts'

export const scoreShardFunction: Step<ScoreItem, Record<string, never>> = {
  name: 'score-shard',
  sealed: 'gate',
  input: ScoreItem,
  async work({ asked, reserved: { version, question: k, shards }, item }, world) {
    const { store } = world
    const { run, question } = await askedOf(store, asked)
    const scoring = Math.floor(item / shards)
    const shard = item % shards
    const recorded = gateKeys.scores(version, k, scoring, shard)
    if ((await store.vault.get(recorded)) !== null) return {}
    const lines = streamLines(store.vault, gateKeys.shard(version, k, shard))
    const replays = replaysOf(world, run.replayer, run.target.intent!, 'shard')
    const { change, pass } = scoringsOf(run, question)[scoring]!
    const scores = await Array.fromAsync(replays.score(lines, run, change, pass))
    if (scores.length === 0) throw new UserError('a sealed shard is missing')
    await store.vault.putIfAbsent(recorded, canonicalLines(scores))
    return {}
  },
}

export const handler = makeHandler(scoreShardFunction)

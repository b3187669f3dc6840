/** Reserves the question by one conditional write, and only then lays the sealed cases out in shards, inside the vault. */
import { canonical } from '#core/canonical.ts'
import { type Reserved, ReserveInput } from '#schemas/payloads.ts'
import { gateKeys, workKeys } from '#schemas/work-keys.ts'
import { askedOf, scoringsOf } from '../lambda/gate-question.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { scoredTogether, shardLimits } from '../lambda/replays.ts'
import { signed } from '../lambda/signed-store.ts'
import type { Step } from '../lambda/step.ts'
import { putJson } from '../lambda/work.ts'
import { openWorld } from '../lambda/world.ts'
import { reserveQuestion as reserve } from '../steps/heldout/gate.ts'
import { openSealed } from '../steps/heldout/open-sealed.ts'
import { asText, inTextBlocks } from '../streams/groups.ts'
import { readJson } from '../streams/read-object.ts'

export const reserveQuestionFunction: Step<ReserveInput, Reserved> = {
  name: 'reserve-question',
  sealed: 'gate',
  input: ReserveInput,
  async work({ asked, due: wanted }, world) {
    const { store } = world
    const { run, question } = await askedOf(store, asked)
    const { intent, version } = run.heldout_test_set!
    const reserved = await reserve(store, run, question.commit)
    if ('asked' in reserved) {
      const answer = await putJson(store, workKeys.answer(run.run_id), reserved.asked)
      return { items: 0, shards: 0, version, question: 0, due: wanted, answer }
    }
    const k = reserved.open.body.open!.k
    await store.vault.putIfAbsent(gateKeys.due(version, k), canonical({ due: wanted }))
    const { due } = (await readJson<{ due: string }>(store.vault, gateKeys.due(version, k)))!
    const sealed = await openSealed(store, intent, version)
    let shards = 0
    const limits = shardLimits(world, run.replayer, run.evaluator_suite)
    for await (const lines of inTextBlocks(sealed.lines(), limits, (line) => line.length))
      await store.vault.putIfAbsent(gateKeys.shard(version, k, shards++), asText(lines))
    const atOnce = scoredTogether(run.replayer, run.evaluator_suite)
    const items = Math.ceil(scoringsOf(run, question).length / atOnce) * shards
    return { items, shards, together: atOnce, version, question: k, due, answer: null }
  },
}

export const handler = makeHandler(reserveQuestionFunction, () => openWorld(process.env, signed))

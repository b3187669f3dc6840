/** Reserves the question by one conditional write, and only then cuts the sealed version into shards, where it lies. */
import { canonical } from '#core/canonical.ts'
import { type Reserved, ReserveInput } from '#schemas/payloads.ts'
import { gateKeys, workKeys } from '#schemas/work-keys.ts'
import { askedOf, scoringsOf } from '../lambda/gate-question.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { scoredTogether } from '../lambda/replays.ts'
import { shardsOf } from '../lambda/sealed-shards.ts'
import { signed } from '../lambda/signed-store.ts'
import type { Step } from '../lambda/step.ts'
import { putJson } from '../lambda/work.ts'
import { openWorld } from '../lambda/world.ts'
import { reserveQuestion as reserve } from '../steps/heldout/gate.ts'
import { readJson } from '../streams/read-object.ts'

export const reserveQuestionFunction: Step<ReserveInput, Reserved> = {
  name: 'reserve-question',
  sealed: 'gate',
  input: ReserveInput,
  async work({ asked, due: wanted }, world) {
    const { store } = world
    const { run, question } = await askedOf(store, asked)
    const { version } = run.heldout_test_set!
    const reserved = await reserve(store, run, question.commit)
    if ('asked' in reserved) {
      const answer = await putJson(store, workKeys.answer(run.run_id), reserved.asked)
      return { items: 0, shards: 0, version, question: 0, due: wanted, answer }
    }
    const k = reserved.open.body.open!.k
    await store.vault.putIfAbsent(gateKeys.due(version, k), canonical({ due: wanted }))
    const { due } = (await readJson<{ due: string }>(store.vault, gateKeys.due(version, k)))!
    const { length: shards } = await shardsOf(world, { run, k })
    const atOnce = scoredTogether(run.replayer, run.evaluator_suite)
    const items = Math.ceil(scoringsOf(run, question).length / atOnce) * shards
    return { items, shards, together: atOnce, version, question: k, due, answer: null }
  },
}

export const handler = makeHandler(reserveQuestionFunction, () => openWorld(process.env, signed))

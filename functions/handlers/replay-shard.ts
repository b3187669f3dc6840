/** Replays one shard of the search set under one candidate's settings. Idempotent: the same item writes the same bytes. */
import type { SealedLine } from '#core/baseline/reproduce.ts'
import type { SettingsTable } from '#schemas/common.ts'
import { type ObjectRef, ReplayItem } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { AT_ONCE, replaysOf } from '../lambda/replays.ts'
import type { Step } from '../lambda/step.ts'
import { needJson, putWork } from '../lambda/work.ts'
import { readLines } from '../streams/read-object.ts'

export const replayShardFunction: Step<ReplayItem, ObjectRef> = {
  name: 'replay-shard',
  input: ReplayItem,
  about: ({ run_id, intent, settings, shard }) => ({ run: run_id, intent, candidate: settings, shard }),
  async work({ run_id, input, settings: digest, settings_version, shard, shard_version }, world) {
    const { store } = world
    const run = await needJson<AutotuneRun>(store, input)
    const settingsRef = { key: workKeys.settings(run_id, digest), version_id: settings_version }
    const settings = await needJson<SettingsTable>(store, settingsRef)
    const lines = await readLines<SealedLine>(store.objects, workKeys.shard(run_id, shard), shard_version)
    if (lines.length === 0) throw new UserError(`${workKeys.shard(run_id, shard)} is missing: start the run again`)
    const replays = replaysOf(world, run.replayer, run.target.intent!, AT_ONCE.shard)
    // Two answers refuse the run where the search reads them: it may never come to this candidate.
    const answers = await replays.answerTwice(lines, settings, run)
    // In the order in which the suite names its evaluators: the search reads the first that failed. Canonical JSON sorts.
    const text = answers.map((a) => `${JSON.stringify(a)}\n`).join('')
    return await putWork(store, workKeys.answers(run_id, digest, shard), text)
  },
}

export const handler = makeHandler(replayShardFunction)

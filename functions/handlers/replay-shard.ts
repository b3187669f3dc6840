/** Replays one shard of the search set under the settings of some candidates. Idempotent: the same item writes the same bytes. */
import type { SealedLine } from '#core/baseline/reproduce.ts'
import type { SettingsTable } from '#schemas/common.ts'
import { type ObjectRef, type ReplayedItem, ReplayItem } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { withReplays } from '../lambda/replays.ts'
import type { Step } from '../lambda/step.ts'
import { needJson, putWork } from '../lambda/work.ts'
import { readLines } from '../streams/read-object.ts'

export const replayShardFunction: Step<ReplayItem, ReplayedItem> = {
  name: 'replay-shard',
  input: ReplayItem,
  about: ({ run_id, intent, settings, shard }) => ({
    run: run_id,
    intent,
    candidates: settings.map(({ digest }) => digest),
    shard,
  }),
  async work({ run_id, input, settings, shard, shard_version }, world) {
    const { store } = world
    const run = await needJson<AutotuneRun>(store, input)
    const lines = await readLines<SealedLine>(store.objects, workKeys.shard(run_id, shard), shard_version)
    if (lines.length === 0) throw new UserError(`${workKeys.shard(run_id, shard)} is missing: start the run again`)
    const { replayer, target, candidates, price_table: prices } = run
    return await withReplays(world, { replayer, target, candidates, prices }, async (replays) => {
      const written: ObjectRef[] = []
      for (const { digest, version_id } of settings) {
        const table = await needJson<SettingsTable>(store, { key: workKeys.settings(run_id, digest), version_id })
        // Two answers refuse the run where the search reads them: it may never come to this candidate.
        const answers = await replays.answerTwice(lines, table, run, { withReplies: true })
        // In the order in which the suite names its evaluators: the search reads the first that failed. Canonical JSON sorts.
        const text = answers.map((a) => `${JSON.stringify(a)}\n`).join('')
        written.push(await putWork(store, workKeys.answers(run_id, digest, shard), text))
      }
      return { answers: written }
    })
  },
}

export const handler = makeHandler(replayShardFunction)

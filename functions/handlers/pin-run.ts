/** Pins the run's input once, replays its baseline, and lays the search set out in shards. */
import { Gathered, sealedLine } from '#core/baseline/reproduce.ts'
import { canonical } from '#core/canonical.ts'
import { type Pinned, PinRunInput } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { AT_ONCE, replaysOf, shardSize } from '../lambda/replays.ts'
import type { Step } from '../lambda/step.ts'
import { needJson, type PanelFile, putJson, putText, refTo, requestOf } from '../lambda/work.ts'
import { holdLock } from '../steps/run/lock.ts'
import { answeredContract, baselinePins, pinnedInput, pinnedLines } from '../steps/run/run.ts'
import { inShards } from '../streams/groups.ts'

export const pinRunFunction: Step<PinRunInput, Pinned> = {
  name: 'pin-run',
  input: PinRunInput,
  about: ({ run, search_set }) => ({ run: run.run_id, intent: run.intent, cases: search_set.cases }),
  async work({ run, search_set: { version_id: searchVersion, ...searchSet }, heldout }, world) {
    const { store } = world
    const request = await requestOf(store, run)
    await holdLock(store, run, request.about)
    const contract = await answeredContract(store, request.target)
    const input = await pinnedInput(store, request, contract, {
      runId: run.run_id,
      replayer: request.replayer,
      searchSet,
      heldout: heldout.facts,
    })
    // The first pin stands: a retry after a kill works on the same bytes, whatever memory has learned since.
    await store.objects.putIfAbsent(workKeys.run(run.run_id), canonical(input))
    const pin = await refTo(store, workKeys.run(run.run_id))
    const pinned = await needJson<AutotuneRun>(store, pin)
    const version = pinned.search_set.digest === searchSet.digest ? searchVersion : undefined
    const replays = replaysOf(world, pinned.replayer, run.intent, AT_ONCE.wholeSet)
    const gathered = new Gathered()
    const pins = baselinePins(pinned)
    const reproduced = async function* () {
      const lines = await pinnedLines(store, pinned, version)
      for await (const { line, case: head, result, tracing } of replays.reproduce(lines, pins, 'search')) {
        gathered.add({ case: head, result, ...(tracing ? { tracing } : {}) })
        if ('measures' in result) yield sealedLine(line, result.measures)
      }
    }
    const shards: PanelFile['shards'][number][] = []
    for await (const shard of inShards(reproduced(), shardSize(world, pinned.replayer))) {
      const text = shard.map((line) => `${line}\n`).join('')
      const { version_id } = await putText(store, workKeys.shard(run.run_id, shards.length), text)
      shards.push({ cases: shard.length, version_id })
    }
    const { panel: _, ...rest } = gathered.reproduction({ withExamples: true })
    const panel: PanelFile = { shards, ...rest }
    return { input: pin, panel: await putJson(store, workKeys.panel(run.run_id), panel) }
  },
}

export const handler = makeHandler(pinRunFunction)

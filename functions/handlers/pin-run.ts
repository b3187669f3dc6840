/** Pins the run's input once, replays its baseline, and lays the search set out in shards. */
import { canonical } from '#core/canonical.ts'
import { Gathered, headOf, type Reproduction, reproduceLine, sealedLine } from '#core/gate/reproduce.ts'
import type { Pinned } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { PinRunInput } from '#schemas/workflow.ts'
import { makeHandler, type Step } from '../shared/make-handler.ts'
import { holdLock, needJson, putJson, putText, refTo, requestOf } from '../shared/work.ts'
import { answeredContract, baselinePins, pinnedInput, pinnedLines } from '../steps/run.ts'
import { inShards } from '../steps/store.ts'

/** How the search set lies in the work folder. */
export interface PanelFile {
  /** Cases of each shard, and its version. */
  readonly shards: readonly { readonly cases: number; readonly version_id: string }[]
  readonly excluded: Reproduction['excluded']
}

export const pinRun: Step<PinRunInput, Pinned> = {
  name: 'pin-run',
  input: PinRunInput,
  about: ({ run, search_set }) => ({ run: run.run_id, intent: run.intent, cases: search_set.cases }),
  async work({ run, search_set: { version_id: searchVersion, ...searchSet }, heldout }, { store, shardCases }) {
    const request = await requestOf(store, run)
    await holdLock(store, run, request.about)
    const contract = await answeredContract(store, request.target)
    const input = await pinnedInput(store, request, contract, {
      runId: run.run_id,
      replayer: { kind: 'transcript' },
      searchSet,
      heldout: heldout.facts,
    })
    // The first pin stands: a retry after a kill works on the same bytes, whatever memory has learned since.
    await store.objects.putIfAbsent(workKeys.run(run.run_id), canonical(input))
    const pin = await refTo(store, workKeys.run(run.run_id))
    const pinned = await needJson<AutotuneRun>(store, pin)
    const version = pinned.search_set.digest === searchSet.digest ? searchVersion : undefined
    const gathered = new Gathered()
    const pins = baselinePins(pinned)
    const reproduced = async function* () {
      for await (const line of await pinnedLines(store, pinned, version)) {
        const { case: replayCase, result } = reproduceLine(line, pins)
        gathered.add({ case: headOf(replayCase), result })
        if ('measures' in result) yield sealedLine(line, result.measures)
      }
    }
    const shards: PanelFile['shards'][number][] = []
    for await (const shard of inShards(reproduced(), shardCases)) {
      const text = shard.map((line) => `${line}\n`).join('')
      const { version_id } = await putText(store, workKeys.shard(run.run_id, shards.length), text)
      shards.push({ cases: shard.length, version_id })
    }
    const panel: PanelFile = { shards, excluded: gathered.reproduction().excluded }
    return { input: pin, panel: await putJson(store, workKeys.panel(run.run_id), panel) }
  },
}

export const handler = makeHandler(pinRun)

/** Pins the run's input once, replays its baseline, and lays the search set out in shards. */
import { canonical, canonicalLines } from '#core/canonical.ts'
import { type Reproduction, reproduce } from '#core/gate/reproduce.ts'
import type { Pinned } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { PinRunInput } from '#schemas/workflow.ts'
import { makeHandler, type Step } from '../shared/make-handler.ts'
import { holdLock, needJson, putJson, putText, refTo, requestOf } from '../shared/work.ts'
import { answeredContract, baselinePins, pinnedCases, pinnedInput } from '../steps/run.ts'

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
    const { lines, excluded } = reproduce(await pinnedCases(store, pinned, version), baselinePins(pinned))
    const shards: PanelFile['shards'][number][] = []
    for (let at = 0; at < lines.length; at += shardCases) {
      const shard = lines.slice(at, at + shardCases)
      const { version_id } = await putText(store, workKeys.shard(run.run_id, shards.length), canonicalLines(shard))
      shards.push({ cases: shard.length, version_id })
    }
    const panel: PanelFile = { shards, excluded }
    return { input: pin, panel: await putJson(store, workKeys.panel(run.run_id), panel) }
  },
}

export const handler = makeHandler(pinRun)

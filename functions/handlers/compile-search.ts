/**
 * Compiles the recorded runs of an intent into the search set that the run will pin, and cuts it into the pieces that it is
 * laid out in, each by a function of its own.
 */
import { baselinePins } from '#core/baseline/baseline.ts'
import { canonicalLines } from '#core/canonical.ts'
import { recordProblems } from '#core/experience/records-found.ts'
import { liveOf } from '#core/replay/cage.ts'
import { writtenIn } from '#core/search/search-set.ts'
import { type CompiledSet, RunInput } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { contractPins, shardLimits } from '../lambda/replays.ts'
import type { LayoutPins } from '../lambda/search-layout.ts'
import type { Step } from '../lambda/step.ts'
import { putWork, refTo, requestOf } from '../lambda/work.ts'
import { compileSearch as compile } from '../steps/experience/compile.ts'
import { compareImported } from '../steps/experience/stored-records.ts'
import { needBaseline } from '../steps/live/affordable.ts'
import { AskedBefore } from '../steps/live/asked-before.ts'
import { answeredContract } from '../steps/run/contract.ts'
import { pinnedLines } from '../steps/run/pinned-input.ts'
import { ContractRefused } from '../steps/run/refusal.ts'
import { asText, inTextBlocks } from '../streams/groups.ts'
import { readJson, streamLines } from '../streams/read-object.ts'

export const compileSearchFunction: Step<RunInput, CompiledSet> = {
  name: 'compile-search',
  input: RunInput,
  about: ({ run }) => ({ run: run.run_id, intent: run.intent }),
  async work({ run }, world) {
    const { store } = world
    const request = await requestOf(store, run)
    const lost = recordProblems(run.intent, await compareImported(store, run.intent, 'search'), true)
    if (lost.length > 0) throw new ContractRefused(lost)
    const compiled = await compile(store, run.intent)
    const { digest, cases } = compiled
    if (cases === 0)
      throw new UserError(`no recorded run of intent "${run.intent}" is in this store: "autotune import FILE" first`)
    const { key, version_id } = await refTo(store, keys.goldensAt(run.intent, digest))
    const contract = await answeredContract(store, request.target)
    // A pin that an earlier execution of this run left stands: what is laid out is its search set.
    const before = await readJson<AutotuneRun>(store.objects, workKeys.run(run.run_id))
    const pins = before ? baselinePins(before) : contractPins(contract, request)
    const lines = before ? await pinnedLines(store, before) : streamLines(store.objects, key, version_id)
    const layout: LayoutPins = {
      pins,
      target: request.target,
      resolved: contract.resolved,
      changes: writtenIn(before ?? { ...request, candidates: request.candidates && [...request.candidates] }),
    }
    const items: { readonly piece: number; readonly piece_version: string }[] = []
    const replayer = pins.replayer ?? { kind: 'transcript' }
    const limits = shardLimits(world, replayer, pins.suite)
    const live = liveOf(replayer)
    const asked = new AskedBefore()
    for await (const piece of inTextBlocks(lines, limits, (line) => line.length)) {
      if (live) for (const line of piece) asked.add(line)
      const put = await putWork(store, workKeys.piece(run.run_id, items.length), asText(piece))
      items.push({ piece: items.length, piece_version: put.version_id })
    }
    // Before the first piece asks anything.
    if (live) needBaseline(live, request.budget!, asked.set)
    return {
      search_set: { ...compiled, version_id },
      // As they were read: limits and evaluators count in the order in which they stand, and canonical JSON sorts.
      pins: await putWork(store, workKeys.layout(run.run_id), JSON.stringify(layout)),
      items: await putWork(store, workKeys.pieces(run.run_id), canonicalLines(items)),
      pieces: items.length,
    }
  },
}

export const handler = makeHandler(compileSearchFunction)

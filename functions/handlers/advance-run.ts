/**
 * Runs the pipeline as far as the answers reach: it asks for replays, then for the gate, then writes the artifacts. Each
 * call goes on from what the one before kept, so nothing but what lies in the bucket carries a run from call to call. It ends a
 * run that is refused, and finishes none: what searches can sign no head.
 */

import { runAutotune } from '#core/run-autotune.ts'
import { AdvanceInput, type Need } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { COUNTED } from '#schemas/watch.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { endedAs, endRun } from '../lambda/end-run.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { billedReplays, Paused, pausingPorts } from '../lambda/pausing-ports.ts'
import type { Step } from '../lambda/step.ts'
import { needJson, type OutcomeFile, putJson, requestOf } from '../lambda/work.ts'
import { refusedByTwoAnswers } from '../steps/replay/answered-alike.ts'
import { writeArtifacts } from '../steps/run/finish.ts'
import { holdLock } from '../steps/run/lock.ts'
import { keepLateRefusal } from '../steps/run/run.ts'

export const advanceRunFunction: Step<AdvanceInput, Need> = {
  name: 'advance-run',
  input: AdvanceInput,
  about: ({ run }) => ({ run: run.run_id, intent: run.intent }),
  outcome(need) {
    if (need.kind === 'replays') return { counts: { [COUNTED.replayShards]: need.count } }
    return need.kind === 'refused' ? endedAs('refused') : {}
  },
  async work({ run: ref, pinned, answer, kept = null }, { store }) {
    const { about, budget } = await requestOf(store, ref)
    await holdLock(store, ref, about)
    const run = await needJson<AutotuneRun>(store, pinned.input)
    const [cases, memory, rows] = [store.scratch(), store.scratch(), store.scratch()]
    try {
      const aside = { cases: cases.records, memory: memory.records, rows: rows.records }
      const ports = await pausingPorts(store, run, { pinned, answer, kept, ...(budget && { budget }) }, aside)
      const outcome = await runAutotune(run, ports).catch(refusedByTwoAnswers(run))
      if (outcome.artifacts.length === 0) {
        await keepLateRefusal(store, run, outcome.summary.reasons)
        await endRun(store, ref, outcome.verdict, outcome.summary.reasons)
        return { kind: 'refused' }
      }
      const billed = { ...outcome.billed, replays: await billedReplays(store, run.run_id, pinned) }
      const manifest = await writeArtifacts(store, run, ref.risk_class, { ...outcome, billed }, ref.started_at)
      const left: OutcomeFile = { manifest, rejections: outcome.rejections }
      return { kind: 'done', outcome: await putJson(store, workKeys.outcome(run.run_id), left) }
    } catch (error) {
      if (error instanceof Paused) return error.need
      throw error
    } finally {
      for (const one of [cases, memory, rows]) one.close()
    }
  },
}

export const handler = makeHandler(advanceRunFunction)

/**
 * Runs the pipeline as far as the answers reach: it asks for replays, then for the gate, then writes the outcome. Each
 * call starts from the pinned input, so nothing but what lies in the bucket carries a run from call to call.
 */

import { runAutotune } from '#core/run-autotune.ts'
import { AdvanceInput, type Need } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { COUNTED } from '#schemas/watch.ts'
import { endRun } from '../lambda/end-run.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { billedReplays, Paused, pausingPorts } from '../lambda/pausing-ports.ts'
import type { Step } from '../lambda/step.ts'
import { needJson, requestOf } from '../lambda/work.ts'
import { refusedByTwoAnswers } from '../steps/replay/answered-alike.ts'
import { holdLock } from '../steps/run/lock.ts'
import { keepLateRefusal, writeOutcome } from '../steps/run/run.ts'

export const advanceRunFunction: Step<AdvanceInput, Need> = {
  name: 'advance-run',
  input: AdvanceInput,
  about: ({ run }) => ({ run: run.run_id, intent: run.intent }),
  outcome(need) {
    if (need.kind === 'replays') return { counts: { [COUNTED.replayShards]: need.count } }
    return need.kind === 'done'
      ? { says: { verdict: need.verdict }, counts: { [COUNTED.verdict(need.verdict)]: 1 } }
      : {}
  },
  async work({ run: ref, pinned, answer }, { store }) {
    await holdLock(store, ref, (await requestOf(store, ref)).about)
    const run = await needJson<AutotuneRun>(store, pinned.input)
    try {
      const ports = await pausingPorts(store, run, pinned, answer)
      const outcome = await runAutotune(run, ports).catch(refusedByTwoAnswers(run))
      const { verdict, summary } = outcome
      if (outcome.artifacts.length === 0) await keepLateRefusal(store, run, summary.reasons)
      const billed = { ...outcome.billed, replays: await billedReplays(store, run.run_id, pinned) }
      await writeOutcome(store, run, ref.risk_class, { ...outcome, billed }, ref.started_at)
      await endRun(store, ref, verdict, summary.reasons)
      return { kind: 'done', verdict }
    } catch (error) {
      if (error instanceof Paused) return error.need
      throw error
    }
  },
}

export const handler = makeHandler(advanceRunFunction)

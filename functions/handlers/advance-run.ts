/**
 * Runs the pipeline as far as the answers reach: it asks for replays, then for the gate, then writes the outcome. Each
 * call starts from the pinned input, so nothing but what lies in the bucket carries a run from call to call.
 */

import { runAutotune } from '#core/run-autotune.ts'
import { AdvanceInput, type Need } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { COUNTED } from '#schemas/watch.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { billedReplays, Paused, pausingPorts } from '../lambda/pausing-ports.ts'
import type { Step } from '../lambda/step.ts'
import { needJson, requestOf } from '../lambda/work.ts'
import { holdLock, releaseLock } from '../steps/run/lock.ts'
import { writeOutcome } from '../steps/run/run.ts'
import { recordRun } from '../steps/run/run-record.ts'

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
      const outcome = await runAutotune(run, await pausingPorts(store, run, pinned, answer))
      const billed = { ...outcome.billed, replays: await billedReplays(store, run.run_id, pinned) }
      await writeOutcome(store, run, ref.risk_class, { ...outcome, billed }, ref.started_at)
      const { execution, started_at, risk_class } = ref
      const reason = outcome.verdict === 'refused' ? outcome.summary.reasons.join('\n') : null
      const record = {
        status: 'finished',
        execution,
        started_at,
        risk_class,
        verdict: outcome.verdict,
        reason,
      } as const
      await recordRun(store, ref.intent, ref.run_id, record)
      await releaseLock(store, ref.intent, ref.risk_class, ref.run_id)
      return { kind: 'done', verdict: outcome.verdict }
    } catch (error) {
      if (error instanceof Paused) return error.need
      throw error
    }
  },
}

export const handler = makeHandler(advanceRunFunction)

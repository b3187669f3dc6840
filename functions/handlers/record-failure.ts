/** An execution that ended badly: its run is recorded as failed with the reason, and its lock is freed. */
import { readableCause } from '#adapters/aws/readable-cause.ts'
import { ExecutionEnded } from '#schemas/payloads.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import type { Step } from '../lambda/step.ts'
import { noteEnd, openLocks } from '../steps/run/lock.ts'
import { recordRun } from '../steps/run/run-record.ts'

export const recordFailureFunction: Step<ExecutionEnded, { readonly freed: number }> = {
  name: 'record-failure',
  input: ExecutionEnded,
  about: ({ detail }) => ({ execution: detail.executionArn, status: detail.status }),
  async work({ detail }, { store }) {
    // First of all: a step that is still at work takes its lock after the look below, and must find this.
    await noteEnd(store, detail.executionArn, new Date(detail.stopDate).toISOString())
    let freed = 0
    for await (const lock of openLocks(store)) {
      if (lock.holder !== detail.executionArn) continue
      const reason = `${detail.status}: ${detail.error ?? 'no error name'}: ${readableCause(detail.cause ?? 'no cause')}`
      await recordRun(store, lock.intent, lock.run_id, {
        status: 'failed',
        execution: detail.executionArn,
        started_at: lock.since,
        risk_class: lock.risk_class,
        verdict: null,
        reason,
      })
      if (await lock.free()) freed++
    }
    return { freed }
  },
}

export const handler = makeHandler(recordFailureFunction)

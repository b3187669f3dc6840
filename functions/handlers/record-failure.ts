/** An execution that ended badly: its run is recorded as failed with the reason, and its lock is freed. */

import { readableCause } from '#adapters/aws/readable-cause.ts'
import { ExecutionEnded } from '#schemas/payloads.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import type { Step } from '../lambda/step.ts'
import type { Lock } from '../steps/run/lock.ts'
import { recordRun } from '../steps/run/run-record.ts'

export const recordFailure: Step<ExecutionEnded, { readonly freed: number }> = {
  name: 'record-failure',
  input: ExecutionEnded,
  about: ({ detail }) => ({ execution: detail.executionArn, status: detail.status }),
  async work({ detail }, { store }) {
    let freed = 0
    for await (const row of store.table.query<Lock>('lock')) {
      if (row.body.holder !== detail.executionArn) continue
      const cut = row.sk.lastIndexOf('#')
      const reason = `${detail.status}: ${detail.error ?? 'no error name'}: ${readableCause(detail.cause ?? 'no cause')}`
      await recordRun(store, row.sk.slice(0, cut), row.body.run_id, {
        status: 'failed',
        execution: detail.executionArn,
        started_at: row.body.since,
        risk_class: row.sk.slice(cut + 1),
        verdict: null,
        reason,
      })
      if (await store.table.remove(row.pk, row.sk, row.revision)) freed++
    }
    return { freed }
  },
}

export const handler = makeHandler(recordFailure)

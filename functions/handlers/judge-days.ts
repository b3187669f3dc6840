/** Judges planned days of the routine from the rows that are kept of them, and says which runs are to be started. */
import { JudgeDaysInput, type JudgedDays } from '#schemas/cadence-payloads.ts'
import { noticeOf } from '../lambda/cadence-notice.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { OpenStep } from '../lambda/step.ts'
import { runExecution } from '../lambda/workflow-state.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { judgePlanned } from '../steps/cadence/judge.ts'
import { pendingRuns } from '../steps/cadence/queued.ts'

export const judgeDaysFunction: OpenStep<JudgeDaysInput, JudgedDays, StoreWorld> = {
  name: 'judge-days',
  input: JudgeDaysInput,
  about: ({ plan: { days } }) => ({ days: days.length }),
  outcome: ({ judged, runs }) => ({ says: { judged: judged.join(' '), runs: runs.length } }),
  async work({ bands, plan, slices }, { store }) {
    const days = await judgePlanned(store, bands, plan, slices)
    const runs = (await pendingRuns(store, bands)).flatMap(({ run_id, target, verdict }) =>
      // A band whose target was taken out since asks for nothing any more.
      verdict === null && target !== null ? [{ run_id, name: runExecution(run_id), target }] : [],
    )
    return { judged: days.map(({ date }) => date), runs, notice: noticeOf(days) }
  },
}

export const handler = handlerOver(judgeDaysFunction, () => openStoreWorld(process.env, signed))

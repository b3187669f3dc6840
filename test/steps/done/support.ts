/** Facts of a store for the definition of done, recomputed by transcripts. */
import type { DoneFacts } from '#core/done/facts.ts'
import type { Probe } from '#core/done/probe.ts'
import { type DoneReport, doneReport } from '#core/done/report.ts'
import { rejection } from '#core/gate/rejections.ts'
import type { Store } from '#ports'
import { gatherDone } from '../../../functions/steps/done/gather.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { writeRejections } from '../../../functions/steps/run/memory.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { signer } from '../release/support.ts'

export const factsOf = (store: Store, intent: string | null = null): Promise<DoneFacts> =>
  gatherDone(store, signer, (run) => verifyRun(store, run.run_id, transcriptEngine()), intent)

export const reportOf = async (store: Store): Promise<DoneReport> => doneReport(await factsOf(store))

/** Answers that are not yes, by probe. */
export const open = ({ checks, failure_modes }: DoneReport): Record<string, string> =>
  Object.fromEntries(
    [...checks, ...failure_modes].filter(({ answer }) => answer !== 'yes').map(({ id, reason }) => [id, reason]),
  )

export const probe = ({ checks, failure_modes }: DoneReport, id: string): Probe =>
  [...checks, ...failure_modes].find((one) => one.id === id)!

/** Somebody once said "no" to another change of the same question: this world breaks no limit by itself. */
export async function withMemory(store: Store): Promise<Store> {
  const { run } = (await factsOf(store)).run!
  const patches = [{ 'evidence.orders.top_k': { from: 4, to: 2 } }]
  const asked = { metric: run.target.metric!, direction: run.target.direction! }
  await writeRejections(store, [
    rejection({ ...run, run_id: 'earlier' }, { patches, source: 'reviewer', reason: 'not now', under: asked }),
  ])
  return store
}

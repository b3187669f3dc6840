/** Finishes a run whose artifacts are written: memory, its line in the journal of heads, manifest, lock. */

import { answerCache } from '#adapters/model-cache.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import { type Finished, FinishInput } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import { endedAs, endRun } from '../lambda/end-run.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { Step } from '../lambda/step.ts'
import { needJson, type OutcomeFile, type Published, requestOf } from '../lambda/work.ts'
import { openWorld } from '../lambda/world.ts'
import type { Store } from '../ports.ts'
import { type AskedBySide, keepUsage } from '../steps/model/keep-usage.ts'
import { answeredUsage, askingOf, type CacheOf, type LiveAsking } from '../steps/run/answered-usage.ts'
import { finishRun } from '../steps/run/finish.ts'
import { holdLock } from '../steps/run/lock.ts'
import { rowKeys } from '../steps/store/ledger-keys.ts'
import { readJson } from '../streams/read-object.ts'

export const finishRunFunction: Step<FinishInput, Finished> = {
  name: 'finish-run',
  input: FinishInput,
  about: ({ run }) => ({ run: run.run_id, intent: run.intent }),
  outcome: ({ verdict }) => endedAs(verdict),
  async work({ run: ref, pinned, outcome }, { store }) {
    await holdLock(store, ref, (await requestOf(store, ref)).about)
    const run = await needJson<AutotuneRun>(store, pinned.input)
    const { manifest, rejections } = await needJson<OutcomeFile>(store, outcome)
    const { verdict, summary } = manifest
    await needAnswer(store, run, verdict)
    await finishRun(store, manifest, rejections)
    const asking = askingOf(run)
    if (asking) await keepUsage(store, summary, [await askedBy(store, run.run_id, asking)])
    await endRun(store, ref, verdict, summary.reasons)
    return { verdict }
  },
}

/** What a live run asked on both sides of the split; of the sealed one as far as the gate let it out. */
async function askedBy(store: Store, runId: string, asking: LiveAsking): Promise<AskedBySide> {
  const cacheOf: CacheOf = (objects, payer) => answerCache(objects, store.clock, payer)
  const search = await answeredUsage(store, runId, asking, cacheOf)
  const published = await readJson<Published>(store.objects, workKeys.answer(runId))
  return { search, sealed: published ? (published.usage ?? null) : [] }
}

/** The search wrote the outcome, and only the gate says yes: a "certified" that the ledger does not know is not signed. */
async function needAnswer(store: Store, { run_id, heldout_test_set }: AutotuneRun, verdict: string): Promise<void> {
  if (verdict !== 'certified') return
  const asked = heldout_test_set && rowKeys.version(heldout_test_set.intent, heldout_test_set.version)
  const item = asked && (await store.table.get<LedgerItem>(...asked))
  if (!item?.body.history.some(({ answer }) => answer === true))
    throw new UserError(
      `run ${run_id} says "certified", and the ledger of its held-out version has no yes: it is not finished`,
    )
}

export const handler = makeHandler(finishRunFunction, () => openWorld(process.env, signed))

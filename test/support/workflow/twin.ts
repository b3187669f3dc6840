/** One world, run embedded and deployed: the artifacts must be the same bytes, and the journal of heads say the same. */
import { expect } from 'vitest'
import type { Clock, ReplayEngine, Store, VerdictSource } from '#ports'
import type { HandWrittenChange } from '#schemas/candidate.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { LiveModel } from '#schemas/live-model.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { StartRequest } from '#schemas/workflow.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { boundedCandidates } from '../../../functions/steps/run/hand-written.ts'
import { runTarget } from '../../../functions/steps/run/run.ts'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'
import { readJson, readText } from '../../../functions/streams/read-object.ts'
import { copied, holder } from '../../steps/stores.ts'
import { theBands } from '../bands.ts'
import { headsSaid, isJournaled } from '../journaled.ts'
import { deploy, type Faults } from './deployed.ts'
import type { Harness } from './outside.ts'

export const RUN = 'at_run'

export interface TwinOptions {
  /** What proposers of the target made where the deployed run was started. */
  readonly proposed?: (store: Store) => Promise<StartRequest['proposed']>
  /** Hand-written candidates in place of the search. */
  readonly written?: readonly HandWrittenChange[] | null
  /** Engine of the embedded run. */
  readonly engine?: (store: Store) => ReplayEngine
  /** Who judges in the embedded run for evaluators that are asked elsewhere. */
  readonly verdicts?: VerdictSource
  /** Functions of modules that judge, and templates that name them. */
  readonly judging?: Pick<Parameters<typeof deploy>[1] & object, 'judge' | 'templates'>
  /** Harness of the deployment. */
  readonly harness?: Harness
  /** What the deployment begins with, where its runs lie otherwise than those of the embedded store. */
  readonly deployedBase?: Store
  /** What both take for the time; absent: each has its own. */
  readonly time?: Clock
  /** The document of a live run. */
  readonly live?: LiveModel
}

/** Every artifact of the run but the manifest, which holds times and what was billed. */
export async function artifacts(store: Store): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for await (const key of store.objects.list(`autotune/runs/${RUN}/`))
    if (!key.endsWith('manifest.json')) files[key] = (await readText(store.objects, key))!
  return files
}

export const versions = async (store: Store, { intent }: TuningTarget): Promise<readonly LedgerItem[]> =>
  (await Array.fromAsync(store.table.query<LedgerItem>(rowKeys.versions(intent!)))).map((r) => r.body)
export const locks = async (store: Store) => (await Array.fromAsync(store.table.query('lock'))).length
/** Runs a world embedded, and says how to compare the deployed workflow with it. */
export async function twin(
  base: Store,
  target: TuningTarget,
  {
    proposed,
    written = null,
    engine = () => transcriptEngine(),
    harness,
    verdicts,
    judging = {},
    deployedBase = base,
    time,
    live,
  }: TwinOptions = {},
) {
  // As the deployment was told by its bands.
  const store: Store = {
    ...(await copied(base)),
    yearBudget: theBands().error_budget_per_year!,
    ...(verdicts && { verdicts }),
    ...(time && { clock: time }),
  }
  const placed = written?.map((change, i) => ({ at: `${i}`, change })) ?? null
  const pack = (await readJson<ContextPack>(store.objects, keys.pack(target.baseline_tuple!.pack)))!
  const candidates = placed && (await boundedCandidates(placed, pack, target))
  const { verdict } = await runTarget(
    store,
    { target, candidates, runId: RUN, demonstration: null },
    holder(),
    engine(store),
  )
  const left = async (its: Store) => ({
    files: await artifacts(its),
    ledger: await versions(its, target),
    heads: isJournaled(its) ? await headsSaid(its) : [],
    locks: await locks(its),
  })
  const embedded = await left(store)
  expect(embedded.locks).toBe(0)
  return {
    verdict,
    /** Of the embedded run. */
    store,
    async deployed(options: { shardCases?: number; faults?: Faults } = {}) {
      const its = await copied(deployedBase)
      const workflow = deploy(its, { ...options, ...judging, ...(harness ? { harness } : {}), time })
      return {
        store: its,
        workflow,
        execution: await workflow.tune({
          target,
          run_id: RUN,
          candidates: written,
          ...(live && { live }),
          ...(proposed && { proposed: await proposed(its) }),
        }),
      }
    },
    async expectSame(its: Store) {
      expect(await left(its)).toEqual(embedded)
    },
  }
}

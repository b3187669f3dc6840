/** Runs a real case end to end: records through the map, import, run. Each run has a store of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { thisProcess } from '#adapters/local/holder.ts'
import { isolatedEngine } from '#adapters/local/isolation/isolated-engine.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { AutotuneRun, RunSummary, Verdict } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { importFiles } from '../../functions/embedded/import-files.ts'
import { type LocalStore, openStore } from '../../functions/embedded/open-store.ts'
import type { Progress } from '../../functions/ports.ts'
import { publishPack, publishPrices, publishSuite } from '../../functions/steps/experience/documents.ts'
import { pinnedLines } from '../../functions/steps/run/pinned-input.ts'
import { runTarget } from '../../functions/steps/run/run.ts'
import { readJson } from '../../functions/streams/read-object.ts'
import type { RealCase, RealRun } from './real-case.ts'

/** Why a real run proves the program, not a change of somebody's harness. */
const DEMONSTRATION = 'recorded public data in a new store: asking it again is a demonstration, not a certificate'

/** A run that is over: what it said, and the store it left. `summary.proposal` is a path, as `run --json` prints it. */
export interface FinishedRun {
  readonly summary: RunSummary
  readonly proposal: TuningProposal | null
  readonly storeDir: string
  /** Cents of the baseline on the search set; null where the run pins no prices, or was refused. */
  readonly cents: RecordedCents | null
}

/** How many search cases carry usage and a price, and what those cost on average. The others stay `null`. */
export interface RecordedCents {
  readonly cases: number
  readonly priced: number
  readonly mean: number | null
}

export interface FinishedCase {
  readonly verdict: Verdict
  readonly runs: readonly FinishedRun[]
}

/** Most telling first: the order of precedence that a single run's verdict has, too. */
const PRECEDENCE: readonly Verdict[] = ['refused', 'inconclusive', 'no_candidate', 'not_certified', 'certified']

/**
 * Runs every run of a case, one after the other. The only run of a case uses the store folder itself; several use one
 * subfolder each, named by the run: they tell of the same intent, and a store holds an intent's families once.
 *
 * The case is certified when all of its runs are; else its verdict is the first in the order of precedence that one has.
 */
export async function runCase(
  { runs }: RealCase,
  dataDir: string,
  storeDir: string,
  progress: Progress,
): Promise<FinishedCase> {
  const finished: FinishedRun[] = []
  for (const run of runs) {
    const dir = runs.length === 1 ? storeDir : join(storeDir, run.run_id)
    finished.push(await runReal(run, dataDir, dir, progress))
  }
  return { verdict: PRECEDENCE.find((v) => finished.some((f) => f.summary.verdict === v))!, runs: finished }
}

/** Imports the records of a run into a store, and runs its target. Nothing is written when the records cannot be read. */
export async function runReal(
  run: RealRun,
  dataDir: string,
  storeDir: string,
  progress: Progress,
): Promise<FinishedRun> {
  const work = mkdtempSync(join(tmpdir(), 'autotune-records-'))
  try {
    const records = join(work, 'records.jsonl')
    await writeRecords(records, run.records(dataDir))
    const store = openStore(storeDir, { durable: false, progress })
    try {
      return await importAndRun(run, records, store)
    } finally {
      store.close()
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function importAndRun(run: RealRun, records: string, store: LocalStore): Promise<FinishedRun> {
  await publishPack(store, run.pack)
  await publishSuite(store, run.suite)
  if (run.prices) await publishPrices(store, run.prices)
  await importFiles(store, [records], {
    map: run.map,
    packs: [],
    suites: [],
    prices: [],
    splitBy: run.splitKey === null ? 'recorded' : 'hash',
    splitKey: run.splitKey,
    heldoutShare: run.target.visible_data?.heldout_share ?? 0.5,
  })
  const request = {
    target: run.target,
    candidates: null,
    runId: await freeRunId(store, run.run_id),
    demonstration: DEMONSTRATION,
  }
  const engine = isolatedEngine(store.vaultDir)
  const summary = await runTarget(store, request, thisProcess(), engine).finally(() => engine.close())
  const file = keys.autotuneRun(summary.run, 'selected-proposal.json')
  const proposal = await readJson<TuningProposal>(store.objects, file)
  return {
    summary: { ...summary, proposal: proposal && join(store.dir, file) },
    proposal,
    storeDir: store.dir,
    cents: await recordedCents(store, summary.run),
  }
}

/** Search cases only: no held-out number leaves a live version. */
async function recordedCents(store: LocalStore, runId: string): Promise<RecordedCents | null> {
  const run = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(runId, 'target.json'))
  if (!run?.price_table) return null
  const { settings } = run.pack
  const pins = { baseline: settings, prices: run.price_table }
  const cents: number[] = []
  for await (const line of await pinnedLines(store, run)) {
    const replayed = replayTranscript(JSON.parse(line), settings, pins)
    if (!('unreplayable' in replayed) && replayed.cents !== null) cents.push(replayed.cents)
  }
  const mean = cents.length === 0 ? null : cents.reduce((a, b) => a + b, 0) / cents.length
  return { cases: run.search_set.cases, priced: cents.length, mean }
}

/** The run's own id, or that id and a number where the store has seen it before. */
async function freeRunId(store: LocalStore, id: string): Promise<string> {
  for (let n = 1; ; n++) {
    const free = n === 1 ? id : `${id}_${n}`
    if ((await store.objects.get(keys.autotuneRun(free, 'manifest.json'))) === null) return free
  }
}

async function writeRecords(file: string, records: AsyncIterable<unknown>): Promise<void> {
  const lines = async function* () {
    for await (const record of records) yield `${JSON.stringify(record)}\n`
  }
  await writeFile(file, lines())
}

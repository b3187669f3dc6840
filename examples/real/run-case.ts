/** Runs a real case end to end in a store of its own: records through the map, import, run. */

import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { thisProcess } from '#adapters/local/holder.ts'
import { type LocalStore, openStore } from '#adapters/local/open-store.ts'
import type { RunSummary } from '#schemas/run.ts'
import { importFiles } from '../../functions/cli/import.ts'
import type { Progress } from '../../functions/ports.ts'
import { publishPack, publishPrices, publishSuite } from '../../functions/steps/documents.ts'
import { transcriptEngine } from '../../functions/steps/engine.ts'
import { runTarget } from '../../functions/steps/run.ts'
import type { RealRun } from './real-case.ts'

/** Why a real run proves the program, not a change of somebody's harness. */
export const DEMONSTRATION =
  'recorded public data in a new store: asking it again is a demonstration, not a certificate'

/** Imports the records of a run into a store, and runs its target. */
export async function runReal(
  run: RealRun,
  dataDir: string,
  storeDir: string,
  progress: Progress,
): Promise<{ summary: RunSummary; store: LocalStore }> {
  const store = openStore(storeDir, { durable: false, progress })
  const work = mkdtempSync(join(tmpdir(), 'autotune-real-'))
  try {
    const records = join(work, 'records.jsonl')
    await writeRecords(records, run.records(dataDir))
    await publishPack(store.objects, run.pack)
    await publishSuite(store.objects, run.suite)
    if (run.prices) await publishPrices(store.objects, run.prices)
    await importFiles(store, [records], {
      map: run.map,
      packs: [],
      suites: [],
      prices: [],
      splitBy: run.splitKey === null ? 'recorded' : 'hash',
      splitKey: run.splitKey,
      heldoutShare: run.target.visible_data?.heldout_share ?? 0.5,
    })
    const request = { target: run.target, candidates: null, runId: run.run_id, demonstration: DEMONSTRATION }
    return { summary: await runTarget(store, request, thisProcess(), transcriptEngine), store }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function writeRecords(file: string, records: AsyncIterable<unknown>): Promise<void> {
  const out = createWriteStream(file)
  for await (const record of records) if (!out.write(`${JSON.stringify(record)}\n`)) await once(out, 'drain')
  await new Promise<void>((resolve, reject) => out.end((error?: Error | null) => (error ? reject(error) : resolve())))
}

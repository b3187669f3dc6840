/** What the real-data tests share: where the data is, the command as a function, and all records of a run compiled. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, vi } from 'vitest'
import { loadMap } from '#adapters/local/import/map-source.ts'
import { compileCase } from '#core/replay/compile.ts'
import { type Replayed, replayTranscript } from '#core/replay/transcript.ts'
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { PriceTable } from '#schemas/pack.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { main } from '../../examples/real/main.ts'
import type { RealCase, RealRun } from '../../examples/real/real-case.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { type Verification, verifyRun } from '../../functions/steps/run/verify.ts'
import { mapAll } from '../adapters/import/support.ts'

/** The recorded data, mounted beside the clone. Never committed; where it is absent these tests are skipped. */
export const DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url))
export const isMounted = existsSync(join(DATA, 'DATA.md'))

export const describeReal: ReturnType<typeof describe.skipIf> = describe.skipIf(!isMounted)

/** A statistics file of the data folder: what somebody else's program counted on the same records. */
export const statistics = (name: string): string => readFileSync(join(DATA, 'stats', name), 'utf8')

/** The run of a case whose id ends in a word; the only one by default. */
export const runOf = ({ runs }: RealCase, suffix = ''): RealRun => runs.find((r) => r.run_id.endsWith(suffix))!

/** For hooks that run a whole case: as long as a test may take. */
export const TIMEOUT = 300_000

/** A folder that goes away. */
export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'autotune-real-test-'))

  at(...names: readonly string[]): string {
    return join(this.path, ...names)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true })
  }
}

export interface Printed {
  readonly code: number
  /** All of stdout. */
  readonly text: string
  /** Its last line, parsed. */
  readonly json: never
}

/** `npm run -s real -- ARGUMENTS --json` in this process. */
export async function real(...argv: readonly string[]): Promise<Printed> {
  let text = ''
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += chunk
    return true
  })
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const code = await main([...argv, '--json'])
    return { code, text, json: JSON.parse(text.trimEnd().split('\n').at(-1)!) as never }
  } finally {
    out.mockRestore()
    err.mockRestore()
  }
}

export async function verify(storeDir: string, run: string): Promise<Verification> {
  const store = openStore(storeDir)
  try {
    return await verifyRun(store, run, transcriptEngine())
  } finally {
    store.close()
  }
}

const mappedRuns = new Map<string, Promise<ExperienceRun[]>>()

/** Every record of a run through its map, search and held-out alike: for curves over all of them, in no store. */
export function allRuns(run: RealRun): Promise<ExperienceRun[]> {
  let runs = mappedRuns.get(run.run_id)
  if (!runs) {
    runs = mapRun(run)
    mappedRuns.set(run.run_id, runs)
  }
  return runs
}

async function mapRun(run: RealRun): Promise<ExperienceRun[]> {
  const mapped = await mapAll(await Array.fromAsync(run.records(DATA)), loadMap(run.map))
  return mapped.flatMap((record) => {
    if (record.kind === 'error') throw record.error
    return record.kind === 'run' ? [record.run] : []
  })
}

/** The same, compiled. */
export async function allCases(run: RealRun): Promise<ReplayCase[]> {
  const byCase = Map.groupBy(await allRuns(run), (r) => r.case_id)
  return [...byCase.values()].map((recordings) => compileCase(recordings))
}

/** A case replayed under settings; a case that these records cannot answer fails the test. */
export function replayed(replayCase: ReplayCase, settings: Settings, prices: PriceTable | null = null): Replayed {
  const result = replayTranscript(replayCase, settings, { baseline: settings, prices })
  if ('unreplayable' in result) throw new Error(`${replayCase.case_id}: ${result.unreplayable}`)
  return result
}

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Where `replay` takes its traces from: recorded conversations where the data is mounted, else the demo's generated runs. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mapRecords } from '#adapters/local/import/map-runner.ts'
import { loadMap } from '#adapters/local/import/map-source.ts'
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { PriceTable } from '#schemas/pack.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { contextBudgets } from '../examples/real/cases/context-budgets.ts'
import { chatTraces } from '../examples/real/prepare/chat-traces.ts'
import { refundRuns } from '../functions/demo/generate.ts'
import { writeLines } from './lines.ts'

/** What an intent's cases are replayed with. */
export interface Harness {
  readonly settings: Settings
  readonly suite: EvaluatorSuite
  readonly prices: PriceTable | null
  readonly candidates: readonly Settings[]
}

/** Files of the work folder. */
export const FILES = {
  harnesses: 'harnesses.json',
  records: 'records.jsonl',
  runs: 'runs.jsonl',
  cases: 'cases.jsonl',
  results: 'results.jsonl',
} as const

/** Where the recorded data is mounted: beside the clone. */
const DATA = fileURLToPath(new URL('../../shared/data', import.meta.url))

/** Writes native runs and their harnesses into the work folder; says what they are. */
export async function writeSource(work: string): Promise<string> {
  const recorded = existsSync(join(DATA, 'traces'))
  const harnesses = recorded ? recordedHarnesses() : { 'support.refund': refundHarness() }
  writeFileSync(join(work, FILES.harnesses), JSON.stringify(harnesses))
  const runs = await writeLines(join(work, FILES.runs), recorded ? recordedRuns(work) : refundRuns({ families: 743 }))
  return recorded
    ? `${runs} recorded retail and airline conversations`
    : `${runs} generated runs of the demo (the recorded data is not mounted)`
}

async function* recordedRuns(work: string): AsyncGenerator<ExperienceRun> {
  const records = join(work, FILES.records)
  await writeLines(records, conversations())
  for await (const record of mapRecords([records], loadMap('chat-messages'))) {
    if (record.kind === 'error') throw record.error
    if (record.kind === 'run') yield record.run
  }
}

async function* conversations() {
  for (const domain of ['retail', 'airline'] as const) yield* chatTraces(DATA, domain)
}

/** Twelve pairs of token budgets, from hardly to heavily trimming. */
const BUDGETS = [8000, 4000, 2000, 1000].flatMap((tools) => [4000, 1500, 500].map((memory) => [tools, memory] as const))

function recordedHarnesses(): Record<string, Harness> {
  return Object.fromEntries(
    contextBudgets.runs.map(({ target, pack, suite, prices }) => [
      target.intent!,
      {
        settings: pack.settings,
        suite,
        prices,
        candidates: BUDGETS.map(([tools, memory]) => ({ 'budget.tool_tokens': tools, 'budget.memory_tokens': memory })),
      },
    ]),
  )
}

function refundHarness(): Harness {
  const json = (name: string) => JSON.parse(readFileSync(new URL(`../functions/demo/${name}`, import.meta.url), 'utf8'))
  const { settings } = json('pack.json') as { settings: Settings }
  return {
    settings,
    suite: json('suite.json'),
    prices: json('prices.json'),
    candidates: [9, 8, 7, 6, 5, 4].flatMap((k) =>
      [1, 2].map((hops) => ({
        ...settings,
        'evidence.order_history.top_k': k,
        'evidence.order_history.max_hops': hops,
      })),
    ),
  }
}

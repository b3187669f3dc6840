/** Harness modules written for one test, and engines over recorded runs that no store holds. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { harnessFiles, readableBy } from '#adapters/local/module/harness-files.ts'
import { HarnessHost } from '#adapters/local/module/harness-host.ts'
import { moduleWay } from '#adapters/local/module/way.ts'
import { canonical } from '#core/canonical.ts'
import { pinRecording } from '#core/replay/harness-pinned.ts'
import type { Settings } from '#schemas/common.ts'
import { rulesOf } from '#schemas/compile-rules.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { moduleEngine } from '../../../functions/embedded/engine.ts'
import type { HarnessEngine } from '../../../functions/embedded/harness-engine.ts'
import {
  aCase,
  aPack,
  aRun,
  aSuite,
  modelCall,
  offersInOrder,
  prices,
  REFS,
  retrieval,
  said,
  toolCall,
  toolResult,
} from '../../support/builders.ts'

export interface Desk {
  readonly folder: string
  readonly store: string
  /** Path of a module with this source. */
  harness(source: string, name?: string): string
  engine(
    path: string,
    runs: readonly ExperienceRun[],
    options?: { concurrency?: number; limitMs?: number; digest?: string },
  ): Promise<HarnessEngine>
  [Symbol.dispose](): void
}

/** A temporary folder with an empty store beside the harness. */
export function aDesk(): Desk {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'autotune-module-')))
  const folder = join(root, 'mine')
  const store = join(root, 'store')
  mkdirSync(folder)
  mkdirSync(join(store, 'vault'), { recursive: true })
  const engines: HarnessEngine[] = []
  return {
    folder,
    store,
    harness(source, name = 'harness.mjs') {
      const path = join(folder, name)
      writeFileSync(path, source)
      return path
    },
    async engine(path, runs, options = {}) {
      const byId = new Map(runs.map((run) => [run.run_id, run]))
      const load = async ({ run_id }: { run_id: string }) => byId.get(run_id)!
      const engine = await moduleEngine(path, {
        store,
        vault: join(store, 'vault'),
        runs: { search: load, vault: load },
        concurrency: 2,
        limitMs: 5000,
        ...options,
      })
      engines.push(engine)
      return engine
    },
    [Symbol.dispose]() {
      for (const engine of engines) engine.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** A run that `HARNESS` reproduces: four of five passages, one lookup, one refund. */
export const aDeskRun = (id: string, over: Parameters<typeof aRun>[1] = {}): ExperienceRun =>
  aRun(id, {
    offers: { orders: { depth: 5, exhausted: false } },
    evidence: offersInOrder(5).map((o, i) => ({
      ...o,
      text: `order ORD-${i + 1} of the customer`,
      tokens: null,
      gold: i === 0,
    })),
    steps: [
      said('user', 'please refund ORD-1'),
      retrieval(1, 80),
      modelCall(),
      toolCall('t1', { order_id: 'ORD-1' }),
      toolResult('t1', '{"state":"paid"}'),
    ],
    ...over,
  })

/** Keeps `top_k` passages, looks the order up, decides. `before` runs first, with `recorded`, `settings` and `pinned`. */
export const harnessSource = (before = ''): string => `
export async function replay(recorded, settings, pinned) {
  ${before}
  const offered = await pinned.retrieve('orders', { hop: 1 })
  const kept = offered.slice(0, settings['evidence.orders.top_k'])
  const choice = await pinned.model({ prompt: [recorded.messages[0].content, ...kept.map((p) => p.text)].join(' ') })
  await pinned.tool(choice.tool_calls[0].name, choice.tool_calls[0].arguments)
  return {
    status: 'DECIDED',
    outputs: { refund: true },
    evidence_refs: kept.map((p) => p.evidence_ref),
    usage: [{ model: 'large', prompt_tokens: 100 * kept.length, completion_tokens: choice.completion_tokens }],
  }
}
`

/** A running host of a module with this source. */
export async function aModuleHost(desk: Desk, source: string): Promise<HarnessHost> {
  const files = harnessFiles(desk.harness(source), desk.store)
  const way = moduleWay(files, readableBy(files, join(desk.store, 'vault')), 'replay')
  return await HarnessHost.start(way, 'replay')
}

/** One case for a host. */
export function aJob(run = aDeskRun('a')) {
  const recording = pinRecording(run, null, rulesOf(aCase(run).recordings[0]!))
  return { recording, settings: { 'evidence.orders.top_k': 4 } }
}

const SETTINGS: Settings = aPack().settings
export const baselinePins = () => ({ tuple: REFS, settings: SETTINGS, suite: aSuite(), prices: prices() })

/** Case lines as they are compiled. */
export const linesOf = (runs: readonly ExperienceRun[]): string[] => runs.map((run) => canonical(aCase(run)))

/**
 * Replays with a user's own harness module. The harness runs in restricted processes, one set for search cases and one for
 * held-out cases, so that nothing which a held-out case left in memory meets the search. The search itself runs in a
 * restricted process of its own.
 */
import { availableParallelism } from 'node:os'
import { UNREPLAYABLE } from '#core/evaluate/scorecard.ts'
import { headOf, type SealedLine } from '#core/gate/reproduce.ts'
import type { BaselinePins } from '#core/replay/baseline.ts'
import { placeHarness } from '#core/replay/harness.ts'
import { harnessBaseline, type Replied } from '#core/replay/harness-baseline.ts'
import { pinRecording } from '#core/replay/harness-pinned.ts'
import { harnessAnswer } from '#core/search/harness-replayer.ts'
import { applyPatch } from '#core/space/lattice.ts'
import type { Settings } from '#schemas/common.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { Replayer } from '#schemas/run.ts'
import { UserError } from '../../../errors.ts'
import type { Progress } from '../../../ports.ts'
import type { ReplayEngine } from '../../../steps/engine.ts'
import type { RunLoader } from '../../../steps/recorded-runs.ts'
import type { Lines } from '../../../steps/reproduce.ts'
import { RestrictedProcess } from '../isolation/restricted-process.ts'
import { checkHarness } from './check-harness.ts'
import { harnessFiles, readableBy } from './harness-files.ts'
import { HarnessHost } from './harness-host.ts'
import { HarnessPool } from './harness-pool.ts'
import type { SearchStep, SearchTurn } from './search-protocol.ts'

const DEFAULT_LIMIT_MS = 10_000

export interface ModuleOptions {
  /** Folder of the store, and of the vault in it: no harness process may read either. */
  readonly store: string
  readonly vault: string
  /** Recorded runs of each side of the split. */
  readonly runs: { readonly search: RunLoader; readonly vault: RunLoader }
  /** Harness processes at once. @default number of cores */
  readonly concurrency?: number
  /** Longest that one case may take. @default 10000 */
  readonly limitMs?: number
  /** Is told now and then how many cases the harness has replayed. */
  readonly progress?: Progress
  /** Digest that the module must have, where a run has pinned one: another module is not even loaded. */
  readonly digest?: string
}

export interface ModuleEngine extends ReplayEngine {
  readonly replayer: Extract<Replayer, { kind: 'module' }>
  /** Ends every process. */
  close(): void
}

/** Engine over a harness module. Throws UserError when the module does not exist, does not load or exports no `replay`. */
export async function moduleEngine(path: string, options: ModuleOptions): Promise<ModuleEngine> {
  const { store, vault, runs, concurrency = availableParallelism(), limitMs = DEFAULT_LIMIT_MS } = options
  const files = harnessFiles(path, store)
  if (options.digest !== undefined && options.digest !== files.digest)
    throw new UserError(
      `the harness module ${path} is no longer the one that was pinned: its digest is ${files.digest.slice(0, 19)}, pinned was ${options.digest.slice(0, 19)}. Restore it and the local files that it names`,
    )
  const readable = readableBy(files, store, vault)
  const start = (): Promise<HarnessHost> => {
    if (harnessFiles(path, store).digest !== files.digest)
      throw new UserError(`the harness module ${path} was changed while it was running: start again`)
    return HarnessHost.start(files, readable)
  }
  const pools = {
    search: new HarnessPool(start, { concurrency, limitMs }),
    vault: new HarnessPool(start, { concurrency, limitMs }),
  }
  await pools.search.open()
  let replayed = 0
  /** Cases of the last reproduction of the search side. */
  let searched: ReadonlyMap<string, ReplayCase> = new Map()

  /** Replays cases under one settings table, and judges each while its recorded run is at hand. */
  const replay = <T extends { readonly case: ReplayCase }, R>(
    side: 'search' | 'vault',
    items: readonly T[],
    { settings, baseline }: { readonly settings: Settings; readonly baseline: Settings },
    judge: (item: T, replied: Replied) => R,
  ): Promise<R[]> =>
    pools[side].map(items, async (item, ask) => {
      const placed = placeHarness(item.case, settings, baseline)
      if ('unreplayable' in placed) return judge(item, placed)
      const { recording, withheld } = placed
      const run = await runs[side](recording)
      const reply = await ask({ recording: pinRecording(run, withheld), settings })
      if (++replayed % 200 === 0) options.progress?.(`the harness has replayed ${replayed} cases`)
      return judge(item, { run, recording, settings, reply })
    })

  const underBaseline = <R>(
    side: 'search' | 'vault',
    cases: readonly ReplayCase[],
    { settings }: BaselinePins,
    judge: (replayCase: ReplayCase, replied: Replied) => R,
  ): Promise<R[]> =>
    replay(
      side,
      cases.map((c) => ({ case: c })),
      { settings, baseline: settings },
      (item, replied) => judge(item.case, replied),
    )

  return {
    replayer: { kind: 'module', path, digest: files.digest, limit_ms: limitMs },

    check: async (lines, pins) =>
      checkHarness(path, await casesOf(lines), (some) => underBaseline('search', some, pins, (_, replied) => replied)),

    async *reproduce(lines, pins, side) {
      const texts = await Array.fromAsync(lines)
      const cases = await casesOf(texts)
      const results = await underBaseline(side, cases, pins, (_, replied) => harnessBaseline(replied, pins))
      if (side === 'search') searched = new Map(cases.map((c) => [c.case_id, c]))
      for (const [i, result] of results.entries()) yield { line: texts[i]!, case: headOf(cases[i]!), result }
    },

    async *search({ panel, ...input }) {
      const searcher = new RestrictedProcess('../module/search-child.ts', vault)
      const turn = (message: SearchTurn) => searcher.converse<SearchStep>(message)
      const heads = panel.cases.map((c, i) => ({ case: c, baseline: panel.baseline[i]! }))
      const { pins, suite } = input
      try {
        let step = yield* turn({ input, lines: heads })
        while ('round' in step) {
          const { cases, settings } = step.round
          const asked = cases.map((i) => ({ ...heads[i]!, case: searched.get(heads[i]!.case.case_id)! }))
          const tables = { settings, baseline: pins.baseline }
          const answers = await replay('search', asked, tables, (line, replied) =>
            harnessAnswer(line, replied, pins, suite),
          )
          step = yield* turn({ answers })
        }
        return step.result
      } finally {
        searcher.close()
      }
    },

    async score(lines, run, change) {
      const pins = { baseline: run.pack.settings, prices: run.price_table }
      const tables = { settings: applyPatch(run.pack.settings, change.patch), baseline: run.pack.settings }
      const sealed: SealedLine[] = []
      for await (const line of lines) sealed.push(JSON.parse(line))
      return await replay('vault', sealed, tables, (line, replied) => {
        const answer = harnessAnswer(line, replied, pins, run.evaluator_suite)
        // A case on which the harness failed could not be replayed either: it counts against the candidate.
        if (answer.result.status !== 'replayed') return { status: 'unreplayable', measures: UNREPLAYABLE }
        const { contextChanged, decisionChanged, measures } = answer
        return { status: contextChanged || decisionChanged ? 'replayed' : 'unchanged', measures }
      })
    },

    close() {
      pools.search.close()
      pools.vault.close()
    },
  }
}

async function casesOf(lines: Lines): Promise<ReplayCase[]> {
  const cases: ReplayCase[] = []
  for await (const line of lines) cases.push(JSON.parse(line))
  return cases
}

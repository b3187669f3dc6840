/**
 * Replays with a user's own harness. It runs in processes of its own: a set for search cases and one for held-out cases, and
 * others for the second pass over each, so that nothing which a held-out case left in memory meets the search. The search
 * itself runs in a restricted process of its own.
 */
import { availableParallelism } from 'node:os'
import { fileScratch } from '#adapters/local/files/file-scratch.ts'
import { foundBy } from '#adapters/local/isolation/protocol.ts'
import { RestrictedProcess } from '#adapters/local/isolation/restricted-process.ts'
import { ChangedModule } from '#adapters/local/module/harness-files.ts'
import { HarnessHost } from '#adapters/local/module/harness-host.ts'
import { freshNowAndThen, HarnessPool } from '#adapters/local/module/harness-pool.ts'
import { aheadOf } from '#adapters/local/module/other-clock.ts'
import type { SearchStep, SearchTurn } from '#adapters/local/module/protocol.ts'
import type { Way } from '#adapters/local/module/way.ts'
import { RecordList, TEXT } from '#core/bytes/record-list.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { Replayer } from '#schemas/run.ts'
import { UserError } from '../errors.ts'
import type { Progress, ReplayEngine, RunLoader, VerdictSource } from '../ports.ts'
import { harnessReplays } from '../steps/replay/harness-replays.ts'
import type { CaseReplays } from '../steps/replay/replays.ts'
import type { LiveAsker } from './live-asker.ts'

const DEFAULT_LIMIT_MS = 10_000

export interface HarnessOptions {
  /** Folder of the store, and of the vault in it: no harness process may read either. */
  readonly store: string
  readonly vault: string
  /** Folder of what is put aside. @default the vault */
  readonly aside?: string
  /** Recorded runs of each side of the split. */
  readonly runs: { readonly search: RunLoader; readonly vault: RunLoader }
  /** Harness processes of one pass; the second has as many of its own. @default number of cores */
  readonly concurrency?: number
  /** Longest that one case may take. @default 10000 */
  readonly limitMs?: number
  /** Is told now and then how many cases the harness has replayed. */
  readonly progress?: Progress
  /** Who judges for evaluators that are asked elsewhere; absent: nobody. */
  readonly verdicts?: VerdictSource | undefined
  /** The model that answers model steps anew; absent: recorded answers do. */
  readonly live?: LiveAsker | undefined
  /** Digest that the harness must have, where a run has pinned one: another one is not even loaded. */
  readonly digest?: string
}

/** A replayer whose harness runs on this machine. */
type OwnReplayer = Extract<Replayer, { kind: 'module' | 'exec' }>

export interface HarnessEngine extends ReplayEngine, Pick<CaseReplays, 'answer'> {
  readonly replayer: OwnReplayer
  /** Ends every process. */
  close(): void
}

/** A harness of one kind: who it is, how its processes start, and how it is looked at again. */
interface OwnHarness {
  readonly way: Way
  readonly pinned: Omit<OwnReplayer, 'limit_ms'>
  /** Digest of its files as they are now. */
  digestNow(): string
}

/** Engine over a harness. Throws UserError when it is not the pinned one, or cannot be started. */
export async function harnessEngine(
  { way, pinned, digestNow }: OwnHarness,
  options: HarnessOptions,
): Promise<HarnessEngine> {
  const { vault, runs, live, concurrency = availableParallelism(), limitMs = DEFAULT_LIMIT_MS } = options
  const { called } = way
  if (options.digest !== undefined && options.digest !== pinned.digest)
    throw new ChangedModule(
      `${called} is no longer the one that was pinned: its digest is ${pinned.digest.slice(0, 19)}, pinned was ${options.digest.slice(0, 19)}. Restore it and ${pinned.kind === 'module' ? 'the local files that it names' : 'the files declared beside it, and its interpreter'}`,
    )
  const start = (): Promise<HarnessHost> => {
    if (digestNow() !== pinned.digest) throw new UserError(`${called} was changed while it was running: start again`)
    return HarnessHost.start(way, 'replay')
  }
  const aPool = () => new HarnessPool(start, { concurrency, limitMs })
  const first = { search: aPool(), vault: aPool() }
  const second = { search: freshNowAndThen(aPool), vault: freshNowAndThen(aPool) }
  const closeAll = () => {
    for (const pool of [first.search, first.vault, second.search, second.vault]) pool.close()
  }
  await first.search.open()
  let replayed = 0
  /** Cases of the last reproduction of the search side that reproduced, as the panel has them. */
  const asideDir = options.aside ?? vault
  const aside = fileScratch(asideDir)
  let searched = new RecordList(aside.records, TEXT)

  const replays = harnessReplays({
    replayer: { ...pinned, limit_ms: limitMs, ...(live && { live: live.pin }) } as OwnReplayer,
    ...(live && { live: { repeats: live.pin.repeats, begin: (set) => live.begin(set) } }),
    name: called,
    runs,
    aside,
    verdicts: options.verdicts,
    map: (side, pass, items, work, ends) =>
      (pass === 'first' ? first : second)[side].map(
        items,
        (item, ask) =>
          work(item, (job) => {
            if (++replayed % 200 === 0) options.progress?.(`the harness has replayed ${replayed} cases`)
            if (live) return ask(live.jobOf(job, side, pass))
            const isAhead = pass === 'second' && pinned.kind === 'module'
            return ask(isAhead ? { ...job, aheadMs: aheadOf(job.recording.recorded.case_id) } : job)
          }),
        ends,
      ),
  })

  return {
    ...replays,
    ...(live && { live }),

    async *reproduce(lines, pins, side) {
      if (side === 'search') searched = new RecordList(aside.records, TEXT)
      for await (const reproduced of replays.reproduce(lines, pins, side)) {
        if (side === 'search' && 'measures' in reproduced.result) searched.add(reproduced.line)
        yield reproduced
      }
    },

    async *score(lines, run, change, pass, question) {
      // What the processes remember of the baseline, or of another candidate, must not answer for this one; and the search is over:
      // no more of them stand side by side than one pass takes.
      closeAll()
      yield* replays.score(lines, run, change, pass, question)
    },

    async *search({ panel, ...input }) {
      const searcher = new RestrictedProcess('../module/search-child.ts', vault, undefined, asideDir)
      const turn = (message: SearchTurn, lines?: Iterable<string>) => searcher.converse<SearchStep>(message, lines)
      const headAt = (i: number) => ({ case: panel.cases.at(i)!, baseline: panel.baseline.at(i)! })
      const heads = function* () {
        for (let i = 0; i < panel.cases.length; i++) yield JSON.stringify(headAt(i))
      }
      const { pins, suite } = input
      const judged = { pack: { settings: pins.baseline }, price_table: pins.prices, evaluator_suite: suite }
      try {
        let step = yield* turn({ input }, heads())
        while ('round' in step) {
          const { cases, settings } = step.round
          const asked = cases.map((i) => ({
            case: JSON.parse(searched.at(i)!) as ReplayCase,
            baseline: panel.baseline.at(i)!,
          }))
          const answers = await replays.answer(asked, settings, judged, step.round)
          step = yield* turn({ answers })
        }
        return await foundBy(searcher, step.result)
      } finally {
        searcher.close()
      }
    },

    close() {
      closeAll()
      aside.close()
    },
  }
}

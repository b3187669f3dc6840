/**
 * The replay engine of a laptop: whatever searches runs in restricted processes, the sealer's replay and the gate in
 * another. None of them can read the store or the vault; each is told only what its side may know.
 */
import type { BaselinePins } from '#core/baseline/baseline.ts'
import type { Reproduced } from '#core/baseline/reproduce.ts'
import type { CaseScore } from '#core/gate/score.ts'
import type { Lines, Progress, ReplayEngine, ReproducedLine } from '../../../ports.ts'
import { RestrictedProcess } from './restricted-process.ts'
import { type ShardLimits, ShardProcesses } from './shard-processes.ts'

export interface IsolatedEngine extends ReplayEngine {
  /** Ends every process. */
  close(): void
}

export interface IsolatedOptions {
  /** Is told now and then how far the search is. */
  readonly progress?: Progress
  /** Folder of what is put aside. @default the vault */
  readonly aside?: string
  /** Processes that the search may take; it finds the same with any. @default what the machine carries */
  readonly shards?: ShardLimits
}

/**
 * Engine over restricted processes; `vault` is the folder that none may reach. The first of either side starts at once,
 * while the caller still reads its input.
 */
export function isolatedEngine(
  vault: string,
  { progress = () => {}, aside = vault, shards }: IsolatedOptions = {},
): IsolatedEngine {
  const start = (told?: Progress) => new RestrictedProcess('./replay-child.ts', vault, told, aside)
  const told = nowAndThen(progress)
  const searchSide = new ShardProcesses(() => start(told), shards)
  const gateSide = start()
  return {
    reproduce: (lines, pins, side) =>
      side === 'search' ? searchSide.reproduce(lines, pins) : reproduceSealed(gateSide, lines, pins),
    search: (input) => searchSide.search(input),
    async *score(lines, run, change) {
      for await (const reply of gateSide.converse({ verb: 'score', run, change }, lines))
        yield JSON.parse(reply) as CaseScore
    },
    close() {
      searchSide.close()
      gateSide.close()
    },
  }
}

async function* reproduceSealed(
  process: RestrictedProcess,
  lines: Lines,
  pins: BaselinePins,
): AsyncGenerator<ReproducedLine> {
  const underWay: string[] = []
  const sent = async function* () {
    for await (const line of lines) {
      underWay.push(line)
      yield line
    }
  }
  const request = { verb: 'reproduce', pins, keep: false, first: true }
  for await (const reply of process.converse(request, sent()))
    yield { ...(JSON.parse(reply) as Reproduced), line: underWay.shift()! }
}

const TOLD_EVERY_MS = 2000

/** A search tells of every candidate; people need no more than a sign of life. */
function nowAndThen(progress: Progress): Progress {
  let last = performance.now()
  return (message) => {
    if (performance.now() - last < TOLD_EVERY_MS) return
    last = performance.now()
    progress(message)
  }
}

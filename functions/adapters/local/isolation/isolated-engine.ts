/**
 * The replay engine of a laptop: whatever searches runs in restricted processes, the sealer's replay and the gate in
 * another. None of them can read the store or the vault; each is told only what its side may know.
 */
import type { BaselinePins } from '#core/baseline/baseline.ts'
import type { Reproduced } from '#core/baseline/reproduce.ts'
import { asksElsewhere, type VerdictQuestion } from '#core/evaluate/asked.ts'
import type { CaseScore } from '#core/gate/score.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { Lines, Progress, ReplayEngine, ReproducedLine, VerdictSide, VerdictSource } from '../../../ports.ts'
import { inTextBlocks } from '../../../streams/groups.ts'
import type { Request } from './protocol.ts'
import { type Answering, RestrictedProcess } from './restricted-process.ts'
import { BLOCK, type ShardLimits, ShardProcesses } from './shard-processes.ts'

export interface IsolatedEngine extends ReplayEngine {
  /** Ends every process. */
  close(): void
}

interface IsolatedOptions {
  /** Is told now and then how far the search is. */
  readonly progress?: Progress
  /** Folder of what is put aside. @default the vault */
  readonly aside?: string
  /** Who judges for evaluators that are asked elsewhere: asked here, because no process of the engine reaches anybody. */
  readonly verdicts?: VerdictSource | undefined
  /** Processes that the search may take; it finds the same with any. @default what the machine carries */
  readonly shards?: ShardLimits
}

/**
 * Engine over restricted processes; `vault` is the folder that none may reach. The first of the search side starts at once,
 * while the caller still reads its input; the gate's with the first replay of a baseline, which most commands never ask for.
 */
export function isolatedEngine(
  vault: string,
  { progress = () => {}, aside = vault, verdicts, shards }: IsolatedOptions = {},
): IsolatedEngine {
  const start = (told?: Progress) => new RestrictedProcess('./replay-child.ts', vault, told, aside)
  const told = nowAndThen(progress)
  const searchSide = new ShardProcesses(() => start(told), answering(verdicts, 'search'), shards)
  const answer = answering(verdicts, 'vault')
  let gateSide: RestrictedProcess | null = null
  const gate = () => (gateSide ??= start())
  const scoreTogether = async function* (
    lines: Lines,
    run: AutotuneRun,
    changes: readonly (CandidateChange | null)[],
  ): AsyncGenerator<readonly CaseScore[]> {
    for await (const some of requestsOf(lines, run.evaluator_suite))
      for await (const reply of gate().converse({ verb: 'score', run, changes } satisfies Request, some, answer))
        yield JSON.parse(reply) as CaseScore[]
  }
  return {
    reproduce(lines, pins, side) {
      const sealed = gate()
      return side === 'search' ? searchSide.reproduce(lines, pins) : reproduceSealed(sealed, lines, pins, answer)
    },
    search: (input) => searchSide.search(input),
    async *score(lines, run, change) {
      for await (const [score] of scoreTogether(lines, run, [change])) yield score!
    },
    scoreTogether,
    close() {
      searchSide.close()
      gateSide?.close()
    },
  }
}

/** Answers what a process asks of evaluators that are asked elsewhere. */
const answering =
  (verdicts: VerdictSource | undefined, side: VerdictSide): Answering =>
  async (question) => {
    if (!verdicts) throw new Error('nobody here can be asked for verdicts')
    return JSON.stringify(await verdicts.judge(JSON.parse(question) as VerdictQuestion, side))
  }

/** Lines in as many requests as it takes: where an evaluator is asked elsewhere a process reads all of one before it asks. */
async function* requestsOf(lines: Lines, suite: EvaluatorSuite): AsyncGenerator<Lines> {
  if (asksElsewhere(suite)) yield* inTextBlocks(lines, BLOCK, (line) => line.length)
  else yield lines
}

async function* reproduceSealed(
  process: RestrictedProcess,
  lines: Lines,
  pins: BaselinePins,
  answer: Answering,
): AsyncGenerator<ReproducedLine> {
  const underWay: string[] = []
  const sent = async function* (some: Lines) {
    for await (const line of some) {
      underWay.push(line)
      yield line
    }
  }
  const request: Request = { verb: 'reproduce', pins, keep: null, first: true }
  for await (const some of requestsOf(lines, pins.suite))
    for await (const reply of process.converse(request, sent(some), answer))
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

/** Files of native records to prepared runs, on the cores that there are and in the order of the files. */
import { availableParallelism } from 'node:os'
import { ImportError } from '#adapters/local/import/import-error.ts'
import { readJsonl } from '#adapters/local/import/read-jsonl.ts'
import { scriptFile } from '#adapters/local/program-files.ts'
import { Threads } from '#adapters/local/threads/threads.ts'
import type { IncomingRun } from '../steps/experience/incoming-runs.ts'
import { ahead, inTextBlocks } from '../streams/groups.ts'
import { type LineBlock, type PreparedBlock, prepareLines, readBlock } from './prepare-lines.ts'
import type { Redaction } from './redaction.ts'

export interface PreparingOptions {
  /** Threads beside this one, which prepares what they have no time for; 0: all of it. @default one for each further core, at most 4 */
  readonly workers?: number
  /** Lines that are prepared here before the first thread is started: fewer are done sooner than it is there. */
  readonly linesInPlace?: number
}

/** More wait for the one thread that takes what they prepared. */
const MOST_WORKERS = 4
const LINES_IN_PLACE = 128
/** Of a block, whichever comes first: some ten milliseconds of work. */
const BLOCK = { most: 8, mostChars: 128 * 1024 }
/**
 * Blocks that a thread has at hand, so that it does not wait while this one prepares a block itself or takes some in; and
 * that this one may be ahead of the slowest, so that it does not wait either.
 */
const QUEUED_BLOCKS = 8

/** Every run of some files, or what is wrong with a record; a file that cannot be read to its end is an error, and the next one is read. */
export async function* nativeRuns(
  files: readonly string[],
  splitKey: string,
  {
    workers = Math.min(availableParallelism() - 1, MOST_WORKERS),
    linesInPlace = LINES_IN_PLACE,
  }: PreparingOptions = {},
  redaction: Redaction | null = null,
): AsyncGenerator<IncomingRun | ImportError> {
  const others = redaction ? 0 : workers
  const threads = new Threads<LineBlock, PreparedBlock>(others, () => ({
    script: scriptFile('./prepare-worker.ts', import.meta.url),
    name: 'import thread',
    data: null,
  }))
  let begun = 0
  const prepare = async (block: LineBlock | ImportError) => {
    if (block instanceof ImportError) return { file: block.file, runs: [block] }
    const { file, lines } = block
    begun += lines.length
    const isHere = begun <= linesInPlace || threads.areBusy(QUEUED_BLOCKS)
    return {
      file,
      runs: isHere
        ? prepareLines(block, redaction ? (run) => redaction.run(run) : undefined)
        : readBlock(await threads.ask(block)),
    }
  }
  try {
    for await (const { file, runs } of ahead(blocksOf(files, splitKey), QUEUED_BLOCKS * (others + 1), prepare))
      for (const run of runs)
        yield 'facts' in run ? run : run instanceof ImportError ? run : new ImportError({ ...run, file })
  } finally {
    threads.close()
  }
}

async function* blocksOf(files: readonly string[], splitKey: string): AsyncGenerator<LineBlock | ImportError> {
  for (const file of files) {
    let unread: ImportError | null = null
    const linesOf = async function* () {
      try {
        yield* readJsonl(file)
      } catch (error) {
        if (!(error instanceof ImportError)) throw error
        unread = error
      }
    }
    for await (const lines of inTextBlocks(linesOf(), BLOCK, ({ text }) => text.length)) yield { file, lines, splitKey }
    if (unread !== null) yield unread
  }
}

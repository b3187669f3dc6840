/** Files of native records to prepared runs, on the cores that there are and in the order of the files. */
import { availableParallelism } from 'node:os'
import type { TextLine } from '#adapters/local/carriers/text-lines.ts'
import { ImportError } from '#adapters/local/import/import-error.ts'
import { readJsonl } from '#adapters/local/import/read-jsonl.ts'
import { scriptFile } from '#adapters/local/program-files.ts'
import { Threads } from '#adapters/local/threads/threads.ts'
import type { IncomingRun } from '../steps/experience/incoming-runs.ts'
import { ahead } from '../streams/groups.ts'
import { type LineBlock, type PreparedBlock, prepareLine, readBlock } from './prepare-lines.ts'

export interface PreparingOptions {
  /** Threads beside this one; 0: it does all by itself. @default one for each core, at most 4, and none where there is one core */
  readonly workers?: number
  /** Lines that are prepared here before the first thread is started: fewer are done sooner than it is there. */
  readonly linesInPlace?: number
}

/** More wait for the one thread that takes what they prepared. */
const MOST_WORKERS = 4
const LINES_IN_PLACE = 512
/** Of a block, whichever comes first: some ten milliseconds of work. */
const BLOCK_LINES = 32
const BLOCK_CHARS = 512 * 1024

function defaultWorkers(): number {
  const cores = availableParallelism()
  return cores === 1 ? 0 : Math.min(cores, MOST_WORKERS)
}

/** Every run of some files, or what is wrong with a record; a file that cannot be read to its end is an error, and the next one is read. */
export async function* nativeRuns(
  files: readonly string[],
  splitKey: string,
  { workers = defaultWorkers(), linesInPlace = LINES_IN_PLACE }: PreparingOptions = {},
): AsyncGenerator<IncomingRun | ImportError> {
  const threads = new Threads<LineBlock, PreparedBlock>(workers, () => ({
    script: scriptFile('./prepare-worker.ts', import.meta.url),
    name: 'import thread',
    data: null,
  }))
  let begun = 0
  const prepare = async (block: LineBlock | ImportError) => {
    if (block instanceof ImportError) return { file: block.file, runs: [block] }
    const { file, lines } = block
    begun += lines.length
    const isHere = workers === 0 || begun <= linesInPlace
    return {
      file,
      runs: isHere ? lines.map((line) => prepareLine(line, file, splitKey)) : readBlock(await threads.ask(block)),
    }
  }
  try {
    for await (const { file, runs } of ahead(blocksOf(files, splitKey), 2 * workers + 1, prepare))
      for (const run of runs)
        yield 'facts' in run ? run : run instanceof ImportError ? run : new ImportError({ ...run, file })
  } finally {
    threads.close()
  }
}

async function* blocksOf(files: readonly string[], splitKey: string): AsyncGenerator<LineBlock | ImportError> {
  for (const file of files) {
    let lines: TextLine[] = []
    let chars = 0
    let unread: ImportError | null = null
    try {
      for await (const line of readJsonl(file)) {
        lines.push(line)
        chars += line.text.length
        if (lines.length < BLOCK_LINES && chars < BLOCK_CHARS) continue
        yield { file, lines, splitKey }
        lines = []
        chars = 0
      }
    } catch (error) {
      if (!(error instanceof ImportError)) throw error
      unread = error
    }
    if (lines.length > 0) yield { file, lines, splitKey }
    if (unread !== null) yield unread
  }
}

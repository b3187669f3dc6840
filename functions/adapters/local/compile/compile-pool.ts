/**
 * Compiling on the cores that are left over. Worker threads and not processes: a block's lines come back as they are, without
 * a pipe. They read what this process reads and hold nothing between two blocks.
 */
import { availableParallelism } from 'node:os'
import type { BlockCompiler } from '../../../ports.ts'
import { scriptFile } from '../program-files.ts'
import { Threads } from '../threads/threads.ts'
import type { Block, Sides } from './protocol.ts'

/** More workers than this wait for the one thread that takes their lines. */
const MAX_WORKERS = 4
/** Runs that are compiled before a worker is started: fewer are done sooner than it is there. */
const RUNS_IN_PLACE = 2048

export interface CompilePoolOptions {
  /** @default the cores beside the one of this program and the one of the process that replays what is compiled, at most 4 */
  readonly workers?: number
  /** Runs of an intent that are compiled in place before the first worker is started. */
  readonly runsInPlace?: number
}

interface CompilePool {
  /** Compiler of one side of the store, by its name; null where everything is compiled in place. */
  side(name: string): BlockCompiler | null
  close(): void
}

/** Workers over the sides of a store, which are asked for with the first block: a key is not needed before. */
export function compilePool(sides: () => Sides, options: CompilePoolOptions = {}): CompilePool {
  const cores = availableParallelism()
  const { workers = Math.max(0, Math.min(cores - 2, MAX_WORKERS)), runsInPlace = RUNS_IN_PLACE } = options
  const threads = new Threads<Block, readonly string[]>(workers, () => ({
    script: scriptFile('../../../embedded/compile-worker.ts', import.meta.url),
    name: 'compile worker',
    data: sides(),
  }))
  return {
    side: (side) =>
      workers === 0
        ? null
        : {
            runsInPlace,
            // Each has its next block at hand when it is done with one.
            atOnce: 2 * workers,
            compile: (intent, lines) => threads.ask({ side, intent, lines }),
          },
    close: () => threads.close(),
  }
}

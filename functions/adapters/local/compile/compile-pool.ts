/**
 * Compiling on the cores that are left over. Worker threads and not processes: a block's lines come back as they are, without
 * a pipe. They read what this process reads and hold nothing between two blocks.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { IndexLine } from '#core/experience/index-line.ts'
import { TamperError } from '#core/experience/run-files.ts'
import { UserError } from '../../../errors.ts'
import type { BlockCompiler } from '../../../ports.ts'
import { scriptFile } from '../program-files.ts'
import type { BlockReply, BlockRequest, Failure, Sides } from './protocol.ts'

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

export interface CompilePool {
  /** Compiler of one side of the store, by its name; null where everything is compiled in place. */
  side(name: string): BlockCompiler | null
  close(): void
}

/** Workers over the sides of a store, which are asked for with the first block: a key is not needed before. */
export function compilePool(sides: () => Sides, options: CompilePoolOptions = {}): CompilePool {
  const cores = availableParallelism()
  const { workers = Math.max(0, Math.min(cores - 2, MAX_WORKERS)), runsInPlace = RUNS_IN_PLACE } = options
  const started: CompileWorker[] = []
  const idlest = (): CompileWorker => {
    const free = started.toSorted((a, b) => a.underWay - b.underWay)[0]
    if (free && (free.underWay === 0 || started.length === workers)) return free
    const fresh = new CompileWorker(sides(), started.length + 1)
    started.push(fresh)
    return fresh
  }
  return {
    side: (side) =>
      workers === 0
        ? null
        : {
            runsInPlace,
            // Each has its next block at hand when it is done with one.
            atOnce: 2 * workers,
            compile: async (intent, block) => idlest().compile(side, intent, block),
          },
    close() {
      for (const worker of started) worker.close()
    },
  }
}

interface Pending {
  readonly resolve: (lines: readonly string[]) => void
  readonly reject: (error: unknown) => void
}

class CompileWorker {
  readonly #worker: Worker
  readonly #name: string
  readonly #pending = new Map<number, Pending>()
  #next = 0
  #ended: Error | null = null

  constructor(sides: Sides, number: number) {
    this.#name = `compile worker ${number}`
    this.#worker = new Worker(scriptFile('../../../embedded/compile-worker.ts', import.meta.url), {
      workerData: sides,
      name: this.#name,
    })
    this.#worker.on('message', (reply: BlockReply) => {
      const pending = this.#settled(reply.id)
      if ('lines' in reply) pending.resolve(reply.lines)
      else pending.reject(errorOf(reply.failure))
    })
    this.#worker.on('error', (cause) => this.#end(`it failed: ${cause.message}`, cause))
    this.#worker.on('exit', (code) => this.#end(`exit code ${code}`))
    this.#worker.unref()
  }

  get underWay(): number {
    return this.#pending.size
  }

  /** Lines of a block. Throws what compiling it threw, and names the worker where it ended instead. */
  compile(side: string, intent: string, block: readonly IndexLine[]): Promise<readonly string[]> {
    if (this.#ended) return Promise.reject(this.#ended)
    const id = this.#next++
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
    // It keeps the program alive while somebody waits for it, and only then.
    if (this.#pending.size === 0) this.#worker.ref()
    this.#pending.set(id, { resolve, reject })
    this.#worker.postMessage({ id, side, intent, block } satisfies BlockRequest)
    return promise
  }

  close(): void {
    this.#end('it was closed')
    void this.#worker.terminate()
  }

  #settled(id: number): Pending {
    const pending = this.#pending.get(id)!
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#worker.unref()
    return pending
  }

  #end(how: string, cause?: unknown): void {
    this.#ended ??= new Error(`${this.#name} ended before it was done (${how})`, { cause })
    for (const id of [...this.#pending.keys()]) this.#settled(id).reject(this.#ended)
  }
}

function errorOf(failure: Failure): unknown {
  switch (failure.kind) {
    case 'tamper':
      return new TamperError(failure.runId, failure.file, failure.detail)
    case 'user':
      return new UserError(failure.message)
    case 'other':
      return failure.error instanceof Error ? Object.assign(failure.error, failure.system) : failure.error
  }
}

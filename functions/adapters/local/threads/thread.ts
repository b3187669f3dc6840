/** A worker thread of this program, as a question and an answer: what it answers comes back as it is, without a pipe. */
import { getCompileCacheDir } from 'node:module'
import { Worker } from 'node:worker_threads'
import { TamperError } from '#core/experience/run-files.ts'
import { UserError } from '../../../errors.ts'

/** An error on its way between threads, which would not arrive as what it is. */
export type Failure =
  | { readonly kind: 'tamper'; readonly runId: string; readonly file: string; readonly detail: string }
  | { readonly kind: 'user'; readonly message: string }
  /** `system`: what an error of the system says beside its words, which does not travel with it. */
  | { readonly kind: 'other'; readonly error: unknown; readonly system: object }

export interface Asked<Q> {
  readonly id: number
  readonly question: Q
}

export type Answered<A> = { readonly id: number } & ({ readonly answer: A } | { readonly failure: Failure })

/** What a thread is: its script, what that is started with, and how it is called where it fails. */
export interface ThreadOptions {
  readonly script: string
  readonly name: string
  readonly data: unknown
}

/** Memory of a thread in which objects are young: the more there is, the later what is gone is found out. */
const YOUNG_MB = 24

/** A thread begins in half the time where it finds this program's files compiled. */
const cache = () => {
  const folder = getCompileCacheDir()
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder }
}

interface Pending<A> {
  readonly resolve: (answer: A) => void
  readonly reject: (error: unknown) => void
}

export class Thread<Q, A> {
  readonly #worker: Worker
  readonly #name: string
  readonly #pending = new Map<number, Pending<A>>()
  #next = 0
  #ended: Error | null = null

  constructor({ script, name, data }: ThreadOptions) {
    this.#name = name
    this.#worker = new Worker(script, {
      workerData: data,
      name,
      env: { ...process.env, ...cache() },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    })
    this.#worker.on('message', (reply: Answered<A>) => {
      const pending = this.#settled(reply.id)
      if ('answer' in reply) pending.resolve(reply.answer)
      else pending.reject(errorOf(reply.failure))
    })
    this.#worker.on('error', (cause) => this.#end(`it failed: ${cause.message}`, cause))
    this.#worker.on('exit', (code) => this.#end(`exit code ${code}`))
    this.#worker.unref()
  }

  /** Questions without an answer yet. */
  get underWay(): number {
    return this.#pending.size
  }

  /** Its answer. Throws what answering threw, and names the thread where it ended instead. */
  ask(question: Q): Promise<A> {
    if (this.#ended) return Promise.reject(this.#ended)
    const id = this.#next++
    const { promise, resolve, reject } = Promise.withResolvers<A>()
    // It keeps the program alive while somebody waits for it, and only then.
    if (this.#pending.size === 0) this.#worker.ref()
    this.#pending.set(id, { resolve, reject })
    this.#worker.postMessage({ id, question } satisfies Asked<Q>)
    return promise
  }

  close(): void {
    this.#end('it was closed')
    void this.#worker.terminate()
  }

  #settled(id: number): Pending<A> {
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

/** Harness processes side by side. Results come back in the order of the cases, whatever the number of processes. */
import { inParallel } from '../../../streams/groups.ts'
import { type HarnessHost, HarnessNotLoaded } from './harness-host.ts'
import type { Asked, Asks, HostAnswer } from './protocol.ts'

export class HarnessPool<A extends Asks = 'replay'> {
  readonly #hosts: (HarnessHost<A> | null)[]
  readonly #start: () => Promise<HarnessHost<A>>
  readonly #limitMs: number

  /** Processes are started when they are first needed, and again after a case that killed one. */
  constructor(
    start: () => Promise<HarnessHost<A>>,
    { concurrency, limitMs }: { concurrency: number; limitMs: number },
  ) {
    this.#hosts = Array.from({ length: concurrency }, () => null)
    this.#start = start
    this.#limitMs = limitMs
  }

  /** Starts the first process, so that a module which cannot be loaded is known before anything else. */
  async open(): Promise<void> {
    await this.#host(0)
  }

  /**
   * Works on every item, as many at once as there are processes; `ask` replays a job in the item's own process. The first
   * item, in their order, whose result `ends` the work cancels those behind it: their results are left out.
   */
  async map<T, R>(
    items: readonly T[],
    work: (item: T, ask: (job: Asked[A]['job']) => Promise<Asked[A]['reply']>) => Promise<R>,
    ends: (result: R) => boolean = () => false,
  ): Promise<R[]> {
    let last = items.length
    const at = this.#hosts.map(() => -1)
    const results = await inParallel([...items.entries()], this.#hosts.length, async ([i, item], slot) => {
      if (i > last) return null
      at[slot] = i
      const result = await work(item, (job) => this.#ask(slot, job, () => i > last))
      at[slot] = -1
      if (i < last && ends(result)) {
        last = i
        for (const [other, host] of this.#hosts.entries()) if (at[other]! > last) host?.close()
      }
      return result
    })
    return results.slice(0, last + 1) as R[]
  }

  /** Ends the processes; those that are asked next are fresh ones, which remember nothing. */
  close(): void {
    for (const host of this.#hosts) host?.close()
  }

  /** A case whose process died is tried once more in a fresh one: what an earlier case left behind is not held against it. */
  async #ask(slot: number, job: Asked[A]['job'], isCancelled: () => boolean): Promise<Asked[A]['reply']> {
    const { died, ...reply } = await this.#run(slot, job)
    if (!died || isCancelled()) return reply as Asked[A]['reply']
    const { died: _, ...again } = await this.#run(slot, job)
    return again as Asked[A]['reply']
  }

  /** A module that no longer loads has failed on this case: what it says of itself is no error of the program's. */
  async #run(slot: number, job: Asked[A]['job']): Promise<HostAnswer<A>> {
    try {
      return await (await this.#host(slot)).run(job, this.#limitMs)
    } catch (error) {
      if (error instanceof HarnessNotLoaded) return { failed: error.message }
      throw error
    }
  }

  async #host(slot: number): Promise<HarnessHost<A>> {
    const host = this.#hosts[slot]
    if (host?.isAlive) return host
    const fresh = await this.#start()
    this.#hosts[slot] = fresh
    return fresh
  }
}

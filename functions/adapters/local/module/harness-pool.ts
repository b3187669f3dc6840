/** Harness processes side by side. Results come back in the order of the cases, whatever the number of processes. */
import { inParallel, inShards } from '../../../streams/groups.ts'
import { type HarnessHost, HarnessNotLoaded } from './harness-host.ts'
import type { Asked, Asks, HostAnswer } from './protocol.ts'

/** Cases that are waited for long: a module that hangs in as many is not waited for any more. */
const MOST_HUNG = 3

export class HarnessPool<A extends Asks = 'replay'> {
  readonly #hosts: (HarnessHost<A> | null)[]
  readonly #start: () => Promise<HarnessHost<A>>
  readonly #limitMs: number
  readonly #patientMs: number | null
  /** Items that were cut also when they were given all the time: such a module hangs, whatever this machine is busy with. */
  #hung = 0
  readonly #turn = inTurn()

  /**
   * Processes are started when they are first needed, and again after a case that killed one.
   * @param patientMs what was cut at the limit is asked once more with this long: a busy machine changes no answer. Null: it is not
   */
  constructor(
    start: () => Promise<HarnessHost<A>>,
    { concurrency, limitMs, patientMs = null }: { concurrency: number; limitMs: number; patientMs?: number | null },
  ) {
    this.#hosts = Array.from({ length: concurrency }, () => null)
    this.#start = start
    this.#limitMs = limitMs
    this.#patientMs = patientMs
  }

  /** Starts the first process, so that a module which cannot be loaded is known before anything else. */
  async open(): Promise<void> {
    await this.#host(0)
  }

  /**
   * Works on every item, as many at once as there are processes; `ask` replays a job in the item's own process. The first
   * item, in their order, whose result `ends` the work cancels those behind it: their results are left out. Of two that ask at
   * once the second waits.
   */
  async map<T, R>(
    items: readonly T[],
    work: (item: T, ask: (job: Asked[A]['job']) => Promise<Asked[A]['reply']>) => Promise<R>,
    ends: (result: R) => boolean = () => false,
  ): Promise<R[]> {
    return await this.#turn(() => this.#map(items, work, ends))
  }

  async #map<T, R>(
    items: readonly T[],
    work: (item: T, ask: (job: Asked[A]['job']) => Promise<Asked[A]['reply']>) => Promise<R>,
    ends: (result: R) => boolean,
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
    const first = await this.#run(slot, job, this.#limitMs)
    const limitMs = first.cut ? this.#patience() : first.died ? this.#limitMs : null
    if (limitMs === null || isCancelled()) return replyOf(first)
    const again = await this.#run(slot, job, limitMs)
    if (first.cut && again.cut) this.#hung++
    return replyOf(again)
  }

  /** How long a case is waited for that was cut at the limit; null: it is not asked again. */
  #patience(): number | null {
    return this.#hung < MOST_HUNG ? this.#patientMs : null
  }

  /** A module that no longer loads has failed on this case: what it says of itself is no error of the program's. */
  async #run(slot: number, job: Asked[A]['job'], limitMs: number): Promise<HostAnswer<A>> {
    try {
      return await (await this.#host(slot)).run(job, limitMs)
    } catch (error) {
      if (error instanceof HarnessNotLoaded) return { failed: error.message } as HostAnswer<A>
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

/** What a host answered, without what the pool alone is told. */
function replyOf<A extends Asks>({ died: _, cut: __, ...reply }: HostAnswer<A>): Asked[A]['reply'] {
  return reply as Asked[A]['reply']
}

/** Does one thing after the other, whoever asks: a process works on one item at a time. */
function inTurn(): <R>(work: () => Promise<R>) => Promise<R> {
  let before: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = before.then(work)
    before = done.catch(() => {})
    return done
  }
}

/** Items after which the processes of a second pass give way to fresh ones: what depends on their start shows. */
const ITEMS_OF_A_START = 256

/** Pools one after the other, each for so many items. */
export function freshNowAndThen<A extends Asks = 'replay'>(
  aPool: () => HarnessPool<A>,
): Pick<HarnessPool<A>, 'map' | 'close' | 'open'> {
  const turn = inTurn()
  let pool = aPool()
  let served = 0
  return {
    map: <T, R>(items: readonly T[], work: Parameters<typeof pool.map<T, R>>[1]): Promise<R[]> =>
      turn(async () => {
        const results: R[] = []
        for await (const some of inShards(items, ITEMS_OF_A_START)) {
          if (served + some.length > ITEMS_OF_A_START) {
            pool.close()
            pool = aPool()
            served = 0
          }
          served += some.length
          results.push(...(await pool.map(some, work)))
        }
        return results
      }),
    open: () => pool.open(),
    close: () => pool.close(),
  }
}

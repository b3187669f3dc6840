/** The time that workflows wait by. It stands still until a test lets it pass; then everything due happens in its order. */
import type { Clock } from '#ports'

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

export class WaitClock implements Clock {
  private at: number
  /** Executions that neither sleep nor wait for somebody. */
  private busy = 0
  private readonly sleepers = new Set<Sleeper>()

  constructor(start: number) {
    this.at = start
  }

  /** Sets the time at which a function is called. */
  set(ms: number): void {
    this.at = ms
  }

  now(): string {
    return new Date(this.at).toISOString()
  }

  /** Counts work as going on. */
  async running<T>(work: () => Promise<T>): Promise<T> {
    this.busy++
    try {
      return await work()
    } finally {
      this.busy--
    }
  }

  /** Counts the caller as waiting until a promise is settled. */
  async parked<T>(wait: Promise<T>): Promise<T> {
    this.busy--
    try {
      return await wait
    } finally {
      this.busy++
    }
  }

  /** Resolves once every execution waits or has ended. */
  async idle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve))
    while (this.busy > 0)
  }

  /** Resolves when that much time has passed, or never when it is cancelled. */
  sleep(seconds: number): { readonly over: Promise<void>; readonly cancel: () => void } {
    if (!(seconds >= 0)) throw new Error(`cannot wait for ${seconds} seconds`)
    let sleeper: Sleeper | undefined
    const over = new Promise<void>((resolve) => {
      sleeper = { due: this.at + seconds * 1000, wake: resolve }
      this.sleepers.add(sleeper)
    })
    return { over, cancel: () => this.sleepers.delete(sleeper!) }
  }

  /** Lets time pass. */
  async pass(seconds: number): Promise<void> {
    const end = this.at + seconds * 1000
    for (;;) {
      await this.idle()
      const next = [...this.sleepers].filter((s) => s.due <= end).sort((a, b) => a.due - b.due)[0]
      if (!next) break
      this.sleepers.delete(next)
      this.at = Math.max(this.at, next.due)
      next.wake()
    }
    this.at = end
    await this.idle()
  }
}

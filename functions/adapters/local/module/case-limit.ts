/** The time that one case of a harness may take. It does not run while the program itself asks a model for it. */
export class CaseLimit {
  #left: number
  #since = 0
  #waits = 0
  #timer: NodeJS.Timeout | null = null
  readonly #cut: () => void

  /** @param ms longest time of the harness's own; `cut` is called when it is over */
  constructor(ms: number, cut: () => void) {
    this.#left = ms
    this.#cut = cut
    this.#start()
  }

  /** Stands still until as many have gone on as have waited. */
  wait(): void {
    if (this.#waits++ > 0) return
    this.#left -= performance.now() - this.#since
    this.stop()
  }

  goOn(): void {
    if (--this.#waits === 0) this.#start()
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  /** What came in while this program was busy itself is read before. */
  #over(): void {
    const timer = this.#timer
    setImmediate(() => {
      if (this.#timer === timer) this.#cut()
    })
  }

  #start(): void {
    this.#since = performance.now()
    this.#timer = setTimeout(() => this.#over(), Math.max(1, this.#left))
  }
}

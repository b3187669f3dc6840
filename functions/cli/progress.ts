/** How far long work is, on stderr: one line that renews itself where a person watches, one every ten seconds in a log. */
import type { Progress } from '../ports.ts'

/** Nobody waits for less. */
const QUIET_MS = 1000
/** A log needs a sign of life. */
const LOGGED_EVERY_MS = 10_000
const CLEAR = '\r\u001b[K'

/** Where progress is told, and by which clock. */
interface Watched {
  readonly isTerminal: boolean
  /** Columns of the terminal. */
  readonly columns: number
  /** Milliseconds. */
  readonly now: () => number
  readonly write: (text: string) => unknown
}

/** What is told of long work. `tick` is called about every second, whether there is news or not. */
export class ProgressLine {
  readonly #watched: Watched
  readonly #begun: number
  #quietUntil: number
  #message = 'working'
  /** The first count of the work under way, from which its pace is told. */
  #first: { readonly work: string; readonly n: number; readonly at: number } | null = null
  #isDrawn = false

  constructor(watched: Watched) {
    this.#watched = watched
    this.#begun = watched.now()
    this.#quietUntil = this.#begun + (watched.isTerminal ? QUIET_MS : LOGGED_EVERY_MS)
  }

  tell(message: string): void {
    this.#message = `${message}${this.#pace(message)}`
    this.tick()
  }

  tick(): void {
    const { now, isTerminal, columns, write } = this.#watched
    const at = now()
    if (at < this.#quietUntil) return
    const line = `${this.#message} (${seconds(at - this.#begun)})`
    if (isTerminal) {
      write(`${CLEAR}${line.length < columns ? line : `${line.slice(0, columns - 4)}...`}`)
      this.#isDrawn = true
    } else {
      this.#quietUntil = at + LOGGED_EVERY_MS
      write(`${line}\n`)
    }
  }

  /** Makes room for what is printed next. */
  clear(): void {
    if (this.#isDrawn) this.#watched.write(CLEAR)
    this.#isDrawn = false
  }

  /** `; 1,200/s, 12 s left`: by the first number of the message, and the one behind `of`. */
  #pace(message: string): string {
    const [, done, , all] = /(\d+)( of (\d+))?/.exec(message) ?? []
    if (done === undefined) return ''
    const [n, at, work] = [Number(done), this.#watched.now(), message.replace(/\d+.*/, '')]
    if (this.#first?.work !== work || n < this.#first.n) this.#first = { work, n, at }
    const rate = (1000 * (n - this.#first.n)) / (at - this.#first.at)
    if (!(rate > 0) || !Number.isFinite(rate)) return ''
    const left = all === undefined ? '' : `, ${seconds((1000 * (Number(all) - n)) / rate)} left`
    return `; ${(rate >= 10 ? Math.round(rate) : Number(rate.toPrecision(2))).toLocaleString('en-US')}/s${left}`
  }
}

/** `8 s`, `3 min 20 s`, `2 h 5 min` */
function seconds(ms: number): string {
  const whole = Math.max(0, Math.round(ms / 1000))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

let current: { readonly line: ProgressLine; readonly timer: NodeJS.Timeout } | null = null

/** Begins to tell of the work of this command; what it returns tells how far that is. */
export function terminalProgress(): Progress {
  endProgress()
  const { stderr } = process
  const line = new ProgressLine({
    isTerminal: stderr.isTTY === true,
    columns: stderr.columns ?? 80,
    now: () => performance.now(),
    write: (text) => stderr.write(text),
  })
  const timer = setInterval(() => line.tick(), 1000)
  timer.unref()
  current = { line, timer }
  return (message) => line.tell(message)
}

/** Runs between two signs of how many were read. */
const TOLD_EVERY = 500

/** Tells now and then how many runs were read: to be called for each. */
export function readRuns(progress: Progress): () => void {
  let read = 0
  return () => {
    if (++read % TOLD_EVERY === 0) progress(`read ${read} runs`)
  }
}

/** Takes the line away, before something else is printed. */
export const clearProgress = (): void => current?.line.clear()

/** The command has ended: nothing is told any more. */
export function endProgress(): void {
  if (!current) return
  clearInterval(current.timer)
  current.line.clear()
  current = null
}

/** A process started under restriction, as a request and an answer. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { UserError } from '../../../errors.ts'
import type { Lines, Progress } from '../../../ports.ts'
import { asText } from '../../../streams/groups.ts'
import { readableCode } from '../cage/readable-code.ts'
import { endOf, startCaged } from '../cage/start.ts'
import { killGroup } from '../cage/watchdog.ts'
import { passingDescriptor } from '../files/passing-file.ts'
import { scriptFile } from '../program-files.ts'
import { REPLY } from './protocol.ts'

/** Below 1 GB V8 lets a heap grow to twice what lives in it, above to four times: some 80 MB live, whatever the set. */
const HEAP_MB = 1000

/** Cases pass by: with the room of 16 MB that a young heap has of itself, a fifth of the time goes into sweeping it. */
const YOUNG_HEAP_MB = 32

/** glibc keeps what is freed below this for itself, in pieces that nothing larger fits into: of a million cases it held 150 MB. */
const GIVEN_BACK = { MALLOC_MMAP_THRESHOLD_: String(32 * 1024) }

/** One restricted process, one request at a time. */
export class RestrictedProcess {
  readonly #child: ChildProcess
  readonly #replies: AsyncIterator<string>
  readonly #ended: Promise<Ending>
  /** Aborted when nothing more is read: whoever waits to send ends by it. */
  readonly #gone = new AbortController()
  readonly #progress: Progress
  #stderr = ''

  /** `script`: path from this folder. `vault`: the folder that it may never reach. `progress`: is told what it tells. `aside`: the folder of its nameless file. */
  constructor(script: string, vault: string, progress: Progress = () => {}, aside = vault) {
    this.#progress = progress
    this.#child = start(script, vault, aside)
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }))
      this.#child.once('error', (error) => resolve({ error }))
    })
    void this.#ended.then(() => this.#gone.abort())
    this.#child.stdin!.on('error', () => {
      // The process is gone; the missing reply says so.
    })
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk.toString()}`.slice(-4000)
    })
    const replies = createInterface({ input: this.#child.stdout!, crlfDelay: Number.POSITIVE_INFINITY })
    this.#replies = replies[Symbol.asyncIterator]()
    this.#child.once('exit', (_, signal) => {
      // A wall that is killed while it goes up may leave behind what it started, with the pipes in its hands: it has nothing
      // more to read and ends by that, and nobody waits for it.
      this.#child.stdin!.destroy()
      if (signal !== null) replies.close()
    })
    // A caller that never asks must still be able to end.
    this.#child.unref()
    for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr])
      (pipe as unknown as { unref(): void }).unref()
  }

  /**
   * Sends a request and the lines it works on, yields the lines of the reply as they come, and returns the answer, a text of
   * JSON. `answer`: is asked what the process asks meanwhile. Throws when the process failed on it, or ended; what `lines` or
   * `answer` throws is thrown, and ends the process: it has half a request.
   */
  async *told(request: unknown, lines: Lines = [], answer: Answering = noAnswer): AsyncGenerator<string, string> {
    let broken: { readonly error: unknown } | null = null
    const sending = this.#send(requestText(request, lines)).catch((error: unknown) => {
      broken = { error }
      this.close()
    })
    const stdout = this.#child.stdout as unknown as { ref(): void; unref(): void }
    stdout.ref()
    try {
      for (;;) {
        const { value, done } = await this.#replies.next()
        if (done) throw broken ? (broken as { error: unknown }).error : await this.#endedEarly()
        const text = value.slice(1)
        if (value.startsWith(REPLY.line)) yield text
        else if (value.startsWith(REPLY.progress)) this.#progress(text)
        else if (value.startsWith(REPLY.question)) await this.#send([await this.#answered(answer(text)), '\n'])
        else if (value.startsWith(REPLY.failure)) throw failureOf(text)
        else {
          await sending
          return text
        }
      }
    } finally {
      stdout.unref()
    }
  }

  /** The same with the answer as a value. */
  async *converse<T>(request: unknown, lines: Lines = [], answer: Answering = noAnswer): AsyncGenerator<string, T> {
    return JSON.parse(yield* this.told(request, lines, answer)) as T
  }

  /** What answers a question may fail: then the process, which waits for it, is no use any more. */
  async #answered(answer: Promise<string>): Promise<string> {
    try {
      return await answer
    } catch (error) {
      this.close()
      throw error
    }
  }

  async #send(text: AsyncIterable<string> | Iterable<string>): Promise<void> {
    const stdin = this.#child.stdin!
    const { signal } = this.#gone
    // Where the process is gone, the missing reply says so.
    for await (const block of text) {
      if (signal.aborted) return
      if (!stdin.write(block)) await once(stdin, 'drain', { signal }).catch(() => {})
    }
  }

  /** Why there is no answer: the machine started no process or ended it, or it failed of itself. */
  async #endedEarly(): Promise<Error> {
    const ending = await this.#ended
    if ('error' in ending) return ending.error
    const how = endOf(ending.code, ending.signal)
    if (/SIG(?:KILL|TERM|INT|HUP|XCPU)/.test(how) || /heap out of memory|out of memory/i.test(this.#stderr))
      return new UserError(
        `the replay process was ended from outside or ran out of memory (${how}). What is written is whole: free some memory, then give the same command again`,
      )
    return new Error(`the replay process ended without an answer (${how}):\n${this.#stderr}`)
  }

  close(): void {
    this.#gone.abort()
    killGroup(this.#child)
  }
}

async function* requestText(request: unknown, lines: Lines): AsyncGenerator<string> {
  yield `${JSON.stringify(request)}\n`
  yield* asText(lines)
  yield '\n'
}

/** Answers a question that a process asks in the middle of a request: a line each. */
export type Answering = (question: string) => Promise<string>

const noAnswer: Answering = (question) => Promise.reject(new Error(`nobody answers the replay process: ${question}`))

type Ending = { readonly code: number | null; readonly signal: NodeJS.Signals | null } | { readonly error: Error }

/** What a restricted process says of its failure. */
function failureOf(text: string): Error {
  const { stack, system } = JSON.parse(text) as { stack: string; system: object }
  return Object.assign(new Error(`the replay process failed:\n${stack}`), system)
}

/** With pipes, and a nameless file to put aside what is too much for its memory. */
function start(script: string, vault: string, folder: string): ChildProcess {
  const aside = passingDescriptor(folder)
  try {
    return startCaged({
      script: scriptFile(script, import.meta.url),
      readable: readableCode(vault),
      heapMb: HEAP_MB,
      flags: [`--max-semi-space-size=${YOUNG_HEAP_MB}`],
      env: GIVEN_BACK,
      stdio: ['pipe', 'pipe', 'pipe', aside.file],
    })
  } finally {
    // The process holds it on its own.
    aside.close()
  }
}

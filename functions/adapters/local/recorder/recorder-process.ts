/** One process that runs a user's own recorder: cases in, what happened out, each within a limit. One that hangs is killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { UserError } from '../../../errors.ts'
import { LineSplitter } from '../../../streams/line-splitter.ts'
import { believed } from '../cage/believed.ts'
import { TYPESCRIPT } from '../cage/level.ts'
import { endOf } from '../cage/start.ts'
import { endWithProgram, killGroup } from '../cage/watchdog.ts'
import { scriptFile } from '../program-files.ts'
import { FromRecorder, MESSAGES, MOST_BYTES, type RecorderJob } from './recorder-message.ts'

const CHILD = scriptFile('./recorder-child.ts', import.meta.url)
const LOAD_MS = 30_000
const HEAP_MB = 1024
const LONGEST_STDERR = 1000

/** What became of a case. */
export type RecorderReply = { readonly returned: unknown } | { readonly failed: string }

interface Pending {
  readonly id: string
  readonly settle: (reply: RecorderReply) => void
}

export class RecorderProcess {
  readonly #child: ChildProcess
  readonly #lines = new LineSplitter()
  #pending: Pending | null = null
  #onLoaded: ((problem: string | null) => void) | null = null
  #ended: string | null = null
  #stderr = ''

  /** Starts it and waits until the module is loaded. Throws UserError when it cannot be. */
  static async start(file: string): Promise<RecorderProcess> {
    const started = new RecorderProcess(file)
    const problem = await started.#loaded()
    if (problem === null) return started
    started.close()
    throw new UserError(`the recorder ${file} cannot be run: ${problem}`)
  }

  private constructor(file: string) {
    const flags = [`--max-old-space-size=${HEAP_MB}`, ...TYPESCRIPT]
    this.#child = spawn(process.execPath, [...flags, CHILD, pathToFileURL(file).href], {
      // What this program is told by its environment is no business of a recorder: the command that prints a key is among it.
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AUTOTUNE_'))),
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      detached: true,
    })
    endWithProgram(this.#child)
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk.toString()}`.slice(-LONGEST_STDERR)
    })
    ;(this.#child.stdio[MESSAGES] as Readable).on('data', (chunk: Buffer) => this.#read(chunk))
    // A process that is gone is noticed by its end.
    this.#child.stdin!.on('error', () => {})
    this.#child.on('error', (error) => this.#end(error.message))
    this.#child.on('close', (code, signal) => this.#end(endOf(code, signal)))
  }

  get isAlive(): boolean {
    return this.#ended === null
  }

  /** What it made of one case. A process that does not answer within the limit is killed. */
  async run(job: RecorderJob, limitMs: number): Promise<RecorderReply> {
    if (this.#ended !== null) return { failed: `its process ended (${this.#ended})` }
    const id = randomBytes(16).toString('base64url')
    const { promise, resolve: settle } = Promise.withResolvers<RecorderReply>()
    this.#pending = { id, settle }
    const timer = setTimeout(() => {
      settle({ failed: `it gave no answer within ${limitMs} ms and was cut` })
      this.close()
    }, limitMs)
    this.#child.stdin!.write(`${JSON.stringify({ id, ...job })}\n`)
    const reply = await promise
    clearTimeout(timer)
    this.#pending = null
    return reply
  }

  close(): void {
    this.#ended ??= 'it was closed'
    killGroup(this.#child)
  }

  async #loaded(): Promise<string | null> {
    const { promise, resolve: settle } = Promise.withResolvers<string | null>()
    this.#onLoaded = settle
    const timer = setTimeout(() => settle(`it was not loaded within ${LOAD_MS / 1000} s`), LOAD_MS)
    const problem = await promise
    clearTimeout(timer)
    this.#onLoaded = null
    return problem
  }

  #read(chunk: Buffer): void {
    for (const line of this.#lines.push(chunk)) this.#hear(line)
    if (this.#lines.pendingBytes > 2 * MOST_BYTES) this.#end(`it sent more than ${2 * MOST_BYTES} bytes at once`)
  }

  #hear(line: Buffer): void {
    const message = believed<FromRecorder>(FromRecorder, line)
    if (message === null) this.#end('it sent what is no message')
    else if ('loaded' in message) this.#onLoaded?.(message.loaded)
    else if (message.id === this.#pending?.id) {
      const { id: _, ...reply } = message
      this.#pending.settle(reply)
    }
  }

  #end(how: string): void {
    this.#ended ??= how
    const said = this.#stderr.trim() === '' ? '' : `: ${this.#stderr.trim()}`
    this.#onLoaded?.(`its process ended (${how})${said}`)
    this.#pending?.settle({ failed: `its process ended (${how})${said}` })
    killGroup(this.#child)
  }
}

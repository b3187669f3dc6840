/** One restricted process that runs a user's own harness: cases in, replies out, each within a limit. */
import { type ChildProcess, spawn } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { harnessResult } from '#core/replay/harness-result.ts'
import { UserError } from '../../../errors.ts'
import { restrictedFlags } from '../isolation/restricted.ts'
import { scriptFile } from '../program-files.ts'
import type { HarnessFiles } from './harness-files.ts'
import type { HostAnswer, HostMessage, HostReply, HostRequest } from './protocol.ts'

const CHILD = scriptFile('./host-child.ts', import.meta.url)
/** A module may be TypeScript: Node 22 before 22.18 strips types only when it is told to. */
const TYPESCRIPT = process.features.typescript ? [] : ['--experimental-strip-types']
/** Longest that a module may take to load. */
const LOAD_MS = 30_000
/** How long a process may live after it closed its channel. */
const CLOSE_MS = 500
/** Heap of one harness process: one that asks for more ends, and with it the case. */
const HEAP_MB = 1024

interface Pending {
  readonly id: number
  readonly settle: (reply: HostAnswer) => void
}

/** A running host. It is alive until a case kills it; whoever holds it starts another one then. */
export class HarnessHost {
  readonly #child: ChildProcess
  #pending: Pending | null = null
  #next = 0
  #ended: string | null = null
  #stderr = ''

  /** Starts a host and waits until the module is loaded. Throws UserError when it cannot be. */
  static async start(files: HarnessFiles, readable: readonly string[]): Promise<HarnessHost> {
    const host = new HarnessHost(files, readable)
    const problem = await host.#loaded()
    if (problem === null) return host
    host.close()
    throw new UserError(`the harness module ${files.path} cannot be run: ${problem}`)
  }

  private constructor({ file, folder }: HarnessFiles, readable: readonly string[]) {
    this.#child = spawn(
      process.execPath,
      [...restrictedFlags(readable), ...TYPESCRIPT, `--max-old-space-size=${HEAP_MB}`, CHILD, pathToFileURL(file).href],
      // What is written past the console, straight to a descriptor, goes nowhere.
      { cwd: folder, env: {}, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' },
    )
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk.toString()}`.slice(-2000)
    })
    this.#child.on('error', (error) => this.#end(error.message))
    this.#child.on('exit', (code, signal) => this.#end(signal === null ? `exit code ${code}` : `signal ${signal}`))
    // A process that ends closes its channel first: how it ended is known a moment later.
    this.#child.on('disconnect', () => setTimeout(() => this.#end('it closed its channel'), CLOSE_MS).unref())
    this.#child.unref()
    ;(this.#child.stderr as unknown as { unref(): void }).unref()
  }

  get isAlive(): boolean {
    return this.#ended === null && this.#child.connected
  }

  /** The reply to one case. A process that does not answer within the limit is killed. */
  async run(request: Omit<HostRequest, 'id'>, limitMs: number): Promise<HostAnswer> {
    const id = this.#next++
    const { promise, resolve } = Promise.withResolvers<HostAnswer>()
    this.#pending = { id, settle: resolve }
    const timer = setTimeout(() => {
      resolve({ failed: `the harness gave no answer within ${limitMs} ms and was cut` })
      this.close()
    }, limitMs)
    if (this.#ended === null) {
      this.#child.channel?.ref()
      this.#child.send({ id, ...request } satisfies HostRequest, () => {
        // A channel that is closed is followed by an end, and that says more.
      })
    } else this.#end(this.#ended)
    const reply = await promise
    clearTimeout(timer)
    this.#pending = null
    this.#child.channel?.unref()
    if (reply.died) this.close()
    return reply
  }

  close(): void {
    this.#ended ??= 'it was closed'
    this.#child.kill('SIGKILL')
  }

  async #loaded(): Promise<string | null> {
    const { promise, resolve } = Promise.withResolvers<string | null>()
    const timer = setTimeout(() => resolve(`it was not loaded within ${LOAD_MS / 1000} s`), LOAD_MS)
    this.#child.on('message', (message: HostMessage) => {
      if ('loaded' in message) resolve(message.loaded)
      else if (message.id === this.#pending?.id) this.#pending.settle(answerOf(message.reply, message.printed))
    })
    this.#pending = {
      id: -1,
      settle: (reply) => resolve('failed' in reply ? `${reply.failed}\n${this.#stderr}` : null),
    }
    const problem = await promise
    clearTimeout(timer)
    this.#pending = null
    this.#child.channel?.unref()
    return problem
  }

  #end(how: string): void {
    this.#ended ??= how
    this.#pending?.settle({ failed: `the harness ended its process (${how})`, died: true })
    this.#child.kill('SIGKILL')
  }
}

function answerOf(reply: HostReply, printed: string): HostAnswer {
  if ('unreplayable' in reply) return reply
  if ('failed' in reply) return { failed: `${reply.failed}${printed}`, ...(reply.stray ? { died: true } : {}) }
  const checked = harnessResult(reply.returned)
  return 'result' in checked
    ? { result: checked.result, served: reply.served }
    : { failed: `the harness returned another shape: ${checked.problem}${printed}` }
}

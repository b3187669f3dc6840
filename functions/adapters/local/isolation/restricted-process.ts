/** A process started under restriction, as a request and an answer. */
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { startRestricted } from './restricted.ts'

/** One restricted process, one request at a time, each one line of JSON out and one back. */
export class RestrictedProcess {
  readonly #child: ChildProcess
  readonly #replies: AsyncIterator<string>
  #stderr = ''

  /** `script`: path from this folder. `vault`: the folder that it may never reach. */
  constructor(script: string, vault: string) {
    this.#child = startRestricted(script, vault)
    this.#child.stdin!.on('error', () => {
      // The process is gone; the missing reply says so.
    })
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk.toString()}`.slice(-4000)
    })
    this.#replies = createInterface({ input: this.#child.stdout!, crlfDelay: Number.POSITIVE_INFINITY })[
      Symbol.asyncIterator
    ]()
    // A caller that never asks must still be able to end.
    this.#child.unref()
    for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr])
      (pipe as unknown as { unref(): void }).unref()
  }

  /** The answer to a request. Throws when the process failed on it, or ended. */
  async ask<T>(request: unknown): Promise<T> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`)
    ;(this.#child.stdout as unknown as { ref(): void }).ref()
    const { value, done } = await this.#replies.next()
    ;(this.#child.stdout as unknown as { unref(): void }).unref()
    if (done) throw new Error(`the replay process ended without an answer:\n${this.#stderr}`)
    const reply = JSON.parse(value) as { answer: T } | { error: string }
    if ('error' in reply) throw new Error(`the replay process failed:\n${reply.error}`)
    return reply.answer
  }

  close(): void {
    this.#child.kill('SIGKILL')
  }
}

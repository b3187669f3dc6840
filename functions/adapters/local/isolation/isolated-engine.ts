/**
 * The replay engine of a laptop: whatever searches runs in one restricted process, the sealer's replay and the gate in
 * another. Neither can read the store or the vault; each is told only what its side may know.
 */
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ReplayEngine } from '../../../steps/engine.ts'
import type { Answers, Request } from './protocol.ts'
import { startRestricted } from './restricted.ts'

export interface IsolatedEngine extends ReplayEngine {
  /** Ends both processes. */
  close(): void
}

/** Engine over two restricted processes; `vault` is the folder that neither may reach. The search process starts at once, while the caller still reads its input. */
export function isolatedEngine(vault: string): IsolatedEngine {
  const searchSide = new ReplayProcess(vault)
  let gateSide: ReplayProcess | null = null
  const gate = (): ReplayProcess => {
    gateSide ??= new ReplayProcess(vault)
    return gateSide
  }
  return {
    async reproduce(cases, pins, side) {
      const { baselines, excluded } = await (side === 'search' ? searchSide : gate()).ask({
        verb: 'reproduce',
        cases,
        pins,
      })
      const byId = new Map(cases.map((c) => [c.case_id, c]))
      return { lines: baselines.map(({ case_id, baseline }) => ({ case: byId.get(case_id)!, baseline })), excluded }
    },
    search({ panel: _, ...input }) {
      return searchSide.ask({ verb: 'search', input })
    },
    score: (lines, run, change) => gate().ask({ verb: 'score', lines, run, change }),
    close() {
      searchSide.close()
      gateSide?.close()
    },
  }
}

/** One restricted process, one request at a time. */
class ReplayProcess {
  readonly #child: ChildProcess
  readonly #replies: AsyncIterator<string>
  #stderr = ''

  constructor(vault: string) {
    this.#child = startRestricted('./replay-child.ts', vault)
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

  async ask<V extends Request['verb']>(request: Extract<Request, { verb: V }>): Promise<Answers[V]> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`)
    ;(this.#child.stdout as unknown as { ref(): void }).ref()
    const { value, done } = await this.#replies.next()
    ;(this.#child.stdout as unknown as { unref(): void }).unref()
    if (done) throw new Error(`the replay process ended without an answer:\n${this.#stderr}`)
    const reply = JSON.parse(value) as { answer: Answers[V] } | { error: string }
    if ('error' in reply) throw new Error(`the replay process failed:\n${reply.error}`)
    return reply.answer
  }

  close(): void {
    this.#child.kill('SIGKILL')
  }
}

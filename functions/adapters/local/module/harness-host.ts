/**
 * One caged process that runs a user's own harness, a module or a program: cases in, replies out, each within a limit.
 * Believes nothing that it is told. What differs between the two is a `Way`.
 */
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { verdictAnswerOf } from '#core/evaluate/asked.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import { MOST_CHARACTERS } from '#core/replay/harness-reply.ts'
import { harnessResult } from '#core/replay/harness-result.ts'
import type { LiveCase } from '#core/replay/live-case.ts'
import { type PinnedAnswers, pinnedAnswers, UnpinnedCall } from '#core/replay/pinned-answers.ts'
import { UserError } from '../../../errors.ts'
import { allOf } from '../../../streams/groups.ts'
import { LineSplitter } from '../../../streams/line-splitter.ts'
import { endOf } from '../cage/start.ts'
import { killGroup, killRest } from '../cage/watchdog.ts'
import { CaseLimit } from './case-limit.ts'
import type { FromHost, Question } from './host-message.ts'
import { type Asked, type Asks, type HostAnswer, type ToHost, WHO } from './protocol.ts'
import { quoted, type Way } from './way.ts'

/** Longest that a harness may take to load. */
const LOAD_MS = 30_000
/** Longest that what a process left behind may hold its pipes open. */
const LEFT_MS = 1000
/** Longest message of a host, and most questions of one case: more is no harness. */
const MOST_BYTES = 4_000_000
const MOST_QUESTIONS = 10_000
/** Most that it may print in one case: it is read, and thrown away. */
const MOST_PRINTED = 4_000_000
/** Longest result, and most bytes of answers that wait to be read: a recording may be large, but not many times. */
const MOST_RESULT_BYTES = 1_200_000
const MOST_UNREAD = 64_000_000

interface Pending<A extends Asks> {
  readonly id: string
  /** Answers of the recording; null: nothing may be asked. */
  readonly answers: PinnedAnswers | null
  readonly settle: (reply: HostAnswer<A>) => void
  /** Ends the work for a fault that is not the harness's. */
  readonly fail: (error: unknown) => void
  /** Who answers its model steps; null: the recording. */
  readonly live: LiveCase | null
  /** What the model is asked: each ends, also behind the reply. One that cannot be asked rejects, and ends the work. */
  readonly asking: Promise<void>[]
  readonly limit: CaseLimit
  questions: number
}

/** The module could not be loaded, or says that it cannot: of a process that is started later, the answer to its case. */
export class HarnessNotLoaded extends UserError {}

/** A running host. It is alive until a case kills it; whoever holds it starts another one then. */
export class HarnessHost<A extends Asks = 'replay'> {
  readonly #child: ChildProcess
  readonly #messages: Readable
  readonly #way: Way
  readonly #lines = new LineSplitter()
  readonly #asks: A
  #pending: Pending<A> | null = null
  #onLoaded: ((problem: string | null) => void) | null = null
  #ended: string | null = null
  /** What it did out of turn between two cases: the next one fails by it. */
  #untold: string | null = null
  #stderr = ''
  #printed = 0

  /** Starts a host and waits until the harness is loaded. Throws UserError when it cannot be. */
  static async start<A extends Asks>(way: Way, asks: A, loadMs = LOAD_MS): Promise<HarnessHost<A>> {
    const host = new HarnessHost(way, asks)
    const problem = await host.#loaded(loadMs)
    if (problem === null) return host
    host.close()
    throw new HarnessNotLoaded([`${way.called} cannot be run: ${problem}`, ...(way.sees ? [way.sees] : [])].join('\n'))
  }

  private constructor(way: Way, asks: A) {
    this.#asks = asks
    this.#way = way
    const { child, messages } = way.start()
    this.#child = child
    this.#messages = messages
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk.toString()}`.slice(-2000)
      this.#printed += chunk.length
      if (this.#printed > MOST_PRINTED) this.#refuse(`more than ${MOST_PRINTED} bytes to stderr in one case,`)
    })
    this.#messages.on('data', (chunk: Buffer) => this.#read(chunk))
    // A process that is gone is noticed by its end.
    this.#child.stdin!.on('error', () => {})
    this.#child.on('error', (error) => this.#end(error.message))
    // Its last message may still be in the pipe when it ends; `close` comes after that, unless a process that it left
    // behind holds the pipe: one of its group is killed, and no other one is waited for.
    this.#child.on('exit', (code, signal) => {
      killRest(this.#child)
      const left = () => this.#end(`${endOf(code, signal)}, and left a process behind`)
      // What stands in the pipe is read before, also where this program was busy meanwhile.
      setTimeout(() => setImmediate(left), LEFT_MS).unref()
    })
    this.#child.on('close', (code, signal) => this.#end(endOf(code, signal)))
    this.#child.unref()
    for (const pipe of [this.#child.stdin, this.#child.stderr, this.#messages])
      (pipe as unknown as { unref(): void }).unref()
    if (way.greeting !== undefined) this.#child.stdin!.write(`${way.greeting}\n`)
  }

  /** Also where it has ended, and has not told yet why. */
  get isAlive(): boolean {
    if (this.#untold !== null) return true
    return this.#ended === null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The reply to one case. A process that does not answer within the limit is killed. */
  async run(job: Asked[A]['job'], limitMs: number): Promise<HostAnswer<A>> {
    if (this.#untold !== null) {
      const failed: HostAnswer<Asks> = { failed: this.#untold }
      this.#untold = null
      return failed as HostAnswer<A>
    }
    this.#printed = 0
    const id = randomBytes(16).toString('base64url')
    const { promise, resolve, reject } = Promise.withResolvers<HostAnswer<A>>()
    const answers = 'view' in job ? null : pinnedAnswers(job.recording)
    const live = ('live' in job && job.live?.()) || null
    const limit = new CaseLimit(limitMs, () => {
      const cut: HostAnswer<Asks> = {
        failed: `${WHO[this.#asks]} gave no answer within ${limitMs} ms and was cut${this.#halfLine()}`,
        cut: true,
      }
      resolve(cut as HostAnswer<A>)
      this.close()
    })
    const asking: Promise<void>[] = []
    this.#pending = { id, answers, settle: resolve, fail: reject, live, asking, limit, questions: 0 }
    if (this.#ended === null)
      this.#send(
        'view' in job
          ? { id, view: JSON.parse(job.view) }
          : {
              id,
              recorded: job.recording.recorded,
              settings: job.settings,
              ...(job.aheadMs !== undefined && { ahead_ms: job.aheadMs }),
            },
      )
    else this.#end(this.#ended)
    const reply = await promise.finally(async () => {
      limit.stop()
      // Whether the harness waits or not: an answer that is paid for is kept, and what was asked is on record.
      await allOf(asking)
    })
    this.#pending = null
    if (reply.died) this.close()
    if (live === null) return reply
    const { died, cut, ...said } = reply
    return { ...live.settled(said as HarnessReply), ...(died && { died }), ...(cut && { cut }) } as HostAnswer<A>
  }

  close(): void {
    this.#ended ??= 'it was closed'
    killGroup(this.#child)
  }

  async #loaded(loadMs: number): Promise<string | null> {
    const { promise, resolve } = Promise.withResolvers<string | null>()
    this.#onLoaded = resolve
    const timer = setTimeout(() => resolve(`it was not loaded within ${loadMs / 1000} s${this.#halfLine()}`), loadMs)
    const problem = await promise
    clearTimeout(timer)
    this.#onLoaded = null
    return problem
  }

  #send(message: ToHost): void {
    const stdin: Writable = this.#child.stdin!
    stdin.write(`${JSON.stringify(message)}\n`)
    if (stdin.writableLength > MOST_UNREAD) this.#refuse('questions whose answers it does not read,')
  }

  /** Whatever it sends, this program goes on: what cannot be worked on is refused as what cannot be read. */
  #read(chunk: Buffer): void {
    try {
      for (const line of this.#lines.push(chunk)) this.#hear(line)
      if (this.#lines.pendingBytes > MOST_BYTES) this.#refuse(`a message of more than ${MOST_BYTES} bytes`)
    } catch (error) {
      this.#refuse(`what cannot be read (${clip((error as Error).message)})`)
    }
  }

  #hear(line: Buffer): void {
    if (this.#ended !== null) return
    const message =
      line.length > MOST_BYTES ? { wrong: `a message of more than ${MOST_BYTES} bytes` } : this.#way.hear(line)
    if ('wrong' in message) this.#refuse(message.wrong)
    else if (this.#onLoaded !== null) {
      if ('loaded' in message) this.#onLoaded(message.loaded && clip(message.loaded))
      else if (this.#way.inTurn) this.#refuse('an answer before its "hello"')
    } else if (!('loaded' in message) && message.id === this.#pending?.id)
      this.#take(message, line.length, this.#pending)
    // What an earlier case left behind speaks for nobody.
    else if (this.#way.inTurn)
      this.#refuse(`a line out of turn, which is no answer to the case at hand (${quoted(line)}),`)
  }

  #take(message: Exclude<FromHost, { loaded: unknown }>, bytes: number, pending: Pending<A>): void {
    if (!('question' in message)) {
      // From here on it speaks for nobody: a question behind the reply would be on no record.
      this.#pending = null
      pending.settle(
        bytes > MOST_RESULT_BYTES && 'returned' in message
          ? { failed: `${WHO[this.#asks]} returned ${bytes} bytes, at most ${MOST_RESULT_BYTES} are taken` }
          : (replyOf(message, pending.answers) as HostAnswer<A>),
      )
    } else if (++pending.questions > MOST_QUESTIONS) this.#refuse(`more than ${MOST_QUESTIONS} questions in one case`)
    else if (pending.answers === null) this.#refuse('a question')
    else {
      const { id, call, question } = message
      if (question.method === 'model' && pending.live)
        pending.asking.push(this.#askLive(pending, pending.live, call, question.prompt))
      else this.#send({ id, call, ...answerTo(pending.answers, question) })
    }
  }

  /** Has the model asked, on this program's time. Rejects where it cannot be asked. What comes after the case was settled is nobody's answer. */
  async #askLive({ id, limit, fail }: Pending<A>, live: LiveCase, call: number, prompt: string): Promise<void> {
    limit.wait()
    try {
      const answered = await live.model(prompt)
      if (this.#pending?.id !== id || this.#ended !== null) return
      limit.goOn()
      this.#send({ id, call, ...answered })
    } catch (error) {
      fail(error)
      this.close()
      throw error
    }
  }

  /** Whoever writes what its way does not know is no harness any more. */
  #refuse(what: string): void {
    if (this.#ended !== null) return
    const failed = clip(`${WHO[this.#asks]} sent ${what}${this.#way.past}`)
    if (this.#pending) this.#pending.settle({ failed } as HostAnswer<A>)
    else if (this.#way.inTurn && this.#onLoaded === null) this.#untold = failed
    this.#end(clip(`it sent ${what}`))
  }

  #end(how: string): void {
    this.#ended ??= how
    this.#onLoaded?.(clip(`${WHO[this.#asks]} ended its process (${how})${this.#halfLine()}\n${this.#stderr}`))
    this.#pending?.settle({
      failed: clip(`${WHO[this.#asks]} ended its process (${how})${this.#halfLine()}${this.#lastWords()}`),
      died: true,
    } as HostAnswer<A>)
    killGroup(this.#child)
    // What was left behind may write for ever.
    this.#messages.destroy()
    this.#child.stderr!.destroy()
  }

  /** A line that it began and did not end. */
  #halfLine(): string {
    return this.#lines.pendingBytes === 0 ? '' : `; its last line has no end: ${clip(quoted(this.#lines.rest()))}`
  }

  /** What a program printed before it ended. A module's process tells it by itself. */
  #lastWords(): string {
    if (!this.#way.inTurn) return ''
    const lines = this.#stderr.split('\n').filter((line) => line.trim() !== '')
    return lines
      .slice(-5)
      .map((line) => `\nprinted: ${line.slice(0, 200)}`)
      .join('')
  }
}

function answerTo(answers: PinnedAnswers, question: Question): { answer: unknown } | { unpinned: string } {
  try {
    switch (question.method) {
      case 'tool':
        return { answer: answers.tool(question.name, question.args) }
      case 'retrieve': {
        const { hop, top_k } = question
        return {
          answer: answers.retrieve(question.bucket, {
            ...(hop !== undefined && { hop }),
            ...(top_k !== undefined && { top_k }),
          }),
        }
      }
      case 'model':
        return { answer: answers.model({ prompt: question.prompt }) }
    }
  } catch (error) {
    if (error instanceof UnpinnedCall) return { unpinned: error.message }
    throw error
  }
}

function replyOf(
  message: Exclude<FromHost, { loaded: unknown } | { question: unknown }>,
  answers: PinnedAnswers | null,
): HostAnswer<Asks> {
  const unpinned = answers?.unpinned() ?? null
  if (unpinned !== null) return { unreplayable: unpinned }
  const printed = clip(message.printed)
  if ('failed' in message)
    return { failed: `${clip(message.failed)}${printed}`, ...(message.stray && { died: true as const }) }
  if (answers === null) return verdictAnswerOf(message.returned)
  const checked = harnessResult(message.returned)
  return 'result' in checked
    ? { result: checked.result, served: [...answers.served] }
    : { failed: `the harness returned another shape: ${checked.problem}${printed}` }
}

/** Terminals obey control characters; a text is printed. */
const clip = (text: string): string => text.slice(0, MOST_CHARACTERS).replaceAll(/[^\P{Cc}\n\t]/gu, ' ')

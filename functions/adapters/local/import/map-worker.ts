/**
 * Runs a map in a child process that may read the map engine and nothing else, and survives it: a record that loops,
 * blows the memory or kills the process gets an error, the process is replaced, and the records behind it go on.
 */
import type { ChildProcessByStdio } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { LineSplitter } from '../../../streams/line-splitter.ts'
import { endOf, startCaged } from '../cage/start.ts'
import { killGroup } from '../cage/watchdog.ts'
import { PROGRAM, packageFolders, scriptFile } from '../program-files.ts'
import { type Answer, type ChildSettings, type Reply, replyOf } from './map-reply.ts'

export interface MapLimits {
  /** Time one record may take inside the engine; a record that also blocks the engine is killed at twice this. */
  readonly timeoutMs: number
  /** Heap of the child process. */
  readonly memoryMb: number
  /** Whether a map is handed lists of records. */
  readonly grouped: boolean
}

interface Waiting {
  readonly text: string
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

const CHILD = realpathSync(scriptFile('./map-child.ts', import.meta.url))

/** `eval` and `Function` are how earlier map engines were broken out of. */
const NO_CODE_FROM_TEXT = '--disallow-code-generation-from-strings'
const STACK = 500
const SEQUENCE = 1_000_000
const MAX_REPLY_CHARS = 8 * 1024 * 1024
/** The child counts characters, and its own limit comes first. */
const MOST_REPLY_BYTES = 4 * MAX_REPLY_CHARS
const START_MS = 60_000
/** A timer that fires later than this says that our own process was busy, not that the child is stuck. */
const LATE_MS = 100
const STDERR_CHARS = 4_000

/** One map at work. Answers come in the order of the calls. `close` it, or the child stays. */
export class MapWorker {
  readonly #settings: ChildSettings
  readonly #limits: MapLimits
  #queue: Waiting[] = []
  #child: Child | null = null
  #ready = false
  #overdue: Waiting | undefined
  #bytesSeen = 0
  #dueAt = 0
  #timer: NodeJS.Timeout | undefined

  constructor(text: string, limits: MapLimits) {
    const guards = { timeout: limits.timeoutMs, stack: STACK, sequence: SEQUENCE }
    this.#settings = { text, guards, maxReplyChars: MAX_REPLY_CHARS, grouped: limits.grouped }
    this.#limits = limits
  }

  /** Maps the record that this JSON text holds (one line). Rejects only when no child process can be started. */
  map(text: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ text, resolve, reject })
      if (this.#child === null) this.#start()
      else this.#child.stdin.write(`${text}\n`)
      if (this.#queue.length === 1) this.#watch()
    })
  }

  /** Ends the child process. Records that wait for an answer never get one. */
  close(): void {
    clearTimeout(this.#timer)
    this.#queue = []
    if (this.#child) killGroup(this.#child)
  }

  #start(): void {
    const child = startCaged({
      script: CHILD,
      readable: readableByMap(),
      heapMb: this.#limits.memoryMb,
      flags: [NO_CODE_FROM_TEXT],
      stdio: ['pipe', 'pipe', 'pipe'],
    }) as Child
    const splitter = new LineSplitter()
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      this.#bytesSeen += chunk.length
      for (const line of splitter.push(chunk)) {
        const reply = replyOf(line)
        if (reply === null) killGroup(child)
        else this.#receive(reply)
      }
      if (splitter.pendingBytes > MOST_REPLY_BYTES) killGroup(child)
      this.#watch()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = `${stderr}${chunk}`.slice(0, STDERR_CHARS)
    })
    child.stdin.on('error', () => {}) // a dead child is dealt with when it closes
    child.on('error', (error) => this.#fail(error))
    child.on('close', (code, signal) => this.#replace(stderr, endOf(code, signal)))
    this.#child = child
    this.#ready = false
    this.#overdue = undefined
    child.stdin.write(`${JSON.stringify(this.#settings)}\n`)
    for (const { text } of this.#queue) child.stdin.write(`${text}\n`)
  }

  #receive(reply: Reply): void {
    if (reply.kind === 'ready') this.#ready = true
    else this.#queue.shift()?.resolve(reply)
  }

  /** The child is gone: the record it was at is to blame, those behind it go to the next child. */
  #replace(stderr: string, how: string): void {
    this.#child = null
    const [head] = this.#queue
    if (head === undefined) return
    if (!this.#ready) {
      this.#fail(new Error(`the map's process did not start (${how}): ${stderr}`))
      return
    }
    // A record that answered between the decision to kill and the kill is not to blame, and neither is its successor.
    if (this.#overdue === undefined || this.#overdue === head) {
      this.#queue.shift()
      head.resolve({ kind: 'failed', field: null, ...this.#blame(stderr, how) })
    }
    if (this.#queue.length === 0) return
    this.#start()
    this.#watch()
  }

  #blame(stderr: string, how: string): { problem: string; todo: string } {
    if (this.#overdue)
      return {
        problem: `the map gave no answer within ${2 * this.#limits.timeoutMs} ms and was stopped`,
        todo: 'Look for an endless loop, or a regular expression that backtracks',
      }
    if (stderr.includes('heap out of memory'))
      return {
        problem: `the map needed more than ${this.#limits.memoryMb} MB of memory`,
        todo: 'Look for a string or list that grows without end',
      }
    return { problem: `the map's process died (${how})`, todo: 'Try the record alone, and simplify the map' }
  }

  #fail(error: Error): void {
    const queue = this.#queue
    this.#queue = []
    clearTimeout(this.#timer)
    for (const { reject } of queue) reject(error)
  }

  /** Starts the deadline of the record at the head of the queue anew. */
  #watch(): void {
    clearTimeout(this.#timer)
    if (this.#queue.length === 0) return
    const ms = this.#ready ? 2 * this.#limits.timeoutMs : START_MS
    this.#dueAt = performance.now() + ms
    this.#timer = setTimeout(() => this.#due(), ms)
  }

  #due(): void {
    if (performance.now() - this.#dueAt > LATE_MS) {
      this.#watch()
      return
    }
    const child = this.#child
    const bytesSeen = this.#bytesSeen
    // After the poll phase: an answer may lie unread in the pipe.
    setImmediate(() => {
      if (this.#bytesSeen !== bytesSeen || this.#child !== child) return
      this.#overdue = this.#queue[0]
      if (child) killGroup(child)
    })
  }
}

/** What the functions of a map are made of, and what that imports. */
const OWN = [
  '../../../streams/line-splitter.ts',
  '../../../core/replay/json-text.ts',
  '../../../core/traces/histories.ts',
  '../../../core/traces/ids.ts',
  '../../../core/traces/values.ts',
  '../../../core/instant.ts',
  '../../../core/statistics/range.ts',
  '../../../../schemas/measures.ts',
  '../../../../schemas/patterns.ts',
]

/** Files that a map's process may read: the map engine, what stands beside this file, and what they import. */
export function readableByMap(): string[] {
  const own = OWN.map((source) => realpathSync(scriptFile(source, import.meta.url)))
  return [dirname(CHILD), ...packageFolders('jsonata'), realpathSync(join(PROGRAM, 'package.json')), ...own]
}

/** The restricted side of a conversation. Reads and writes in step, so that neither side piles up what the other sends. */
import { readSync, writeSync } from 'node:fs'
import { LineSplitter } from '../../../streams/line-splitter.ts'
import { systemPart } from '../files/at-path.ts'
import { REPLY } from './protocol.ts'

const STDIN = 0
const STDOUT = 1
const BLOCK = 64 * 1024

/** Says a line of a reply. */
export type Say = (line: string) => void

/** Tells a person how far it is. */
type Tell = (message: string) => void

/** Asks the program something in the middle of a request, whose lines have all been read; its answer. */
type Ask = (question: string) => string

/** Answers requests until there are no more. A handler that throws ends the process: what it had read is half a request. */
export function serve<R>(
  handle: (request: R, lines: Iterable<string>, say: Say, tell: Tell, ask: Ask) => unknown,
): void {
  const input = stdinLines()
  let lines: Iterable<string> = []
  const ask: Ask = (question) => {
    // Of a request without lines the empty one that ends it is still to be read.
    for (const _ of lines) throw new Error('a process asks when the lines of its request have been read')
    write(`${REPLY.question}${question}\n`)
    flush()
    const { value, done } = input.next()
    if (done) throw new Error('the program has gone')
    return value
  }
  for (let head = input.next(); !head.done; head = input.next()) {
    lines = untilEmpty(input)
    try {
      const answer = handle(JSON.parse(head.value) as R, lines, say, tell, ask)
      for (const _ of lines);
      write(`${REPLY.answer}${JSON.stringify(answer ?? null)}\n`)
      flush()
    } catch (error) {
      write(
        `${REPLY.failure}${JSON.stringify({ stack: (error as Error).stack, system: systemPart(error as Error) })}\n`,
      )
      flush()
      return
    }
  }
}

function* stdinLines(): Generator<string, undefined> {
  const splitter = new LineSplitter()
  for (;;) {
    const chunk = Buffer.allocUnsafe(BLOCK)
    const length = readSync(STDIN, chunk)
    if (length === 0) return
    for (const line of splitter.push(chunk.subarray(0, length))) yield line.toString()
  }
}

function* untilEmpty(input: Generator<string, undefined>): Generator<string> {
  for (let line = input.next(); !line.done && line.value !== ''; line = input.next()) yield line.value
}

const say: Say = (line) => write(`${REPLY.line}${line}\n`)

const tell: Tell = (message) => {
  write(`${REPLY.progress}${message}\n`)
  flush()
}

let block = ''
function write(text: string): void {
  block += text
  if (block.length >= BLOCK) flush()
}

function flush(): void {
  const bytes = Buffer.from(block)
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(STDOUT, bytes, sent)
  block = ''
}

/** A server for agents over two streams. */
import type { Readable, Writable } from 'node:stream'
import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
  parseJSONRPCMessage,
  type RequestId,
  type Transport,
} from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { type ServerOptions, serverOf, type Tool } from './tool.ts'

/** Bytes of one message; a longer one is answered with an error, and not read. */
const MOST_MESSAGE = 4 * 1024 * 1024

/** Serves until the client closes its end and what it had asked is answered, or reads no answers any more. */
export async function serveTools(
  tools: readonly Tool[],
  options: ServerOptions,
  input: Readable,
  output: Writable,
): Promise<void> {
  const transport = new LineTransport(input, output, options.refused)
  const served = serveStdio(() => serverOf(tools, options), {
    transport,
    onerror: ({ message }) => options.refused(message.replace(/\s+/g, ' ')),
  })
  await transport.ended
  await served.close()
}

/** Codes of JSON-RPC. */
const [PARSE_ERROR, INVALID_REQUEST] = [-32700, -32600]

/**
 * One message a line. The library's own transport ends with its input and leaves calls under way unanswered, which were counted;
 * it also ends at one message that is too long.
 */
class LineTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void
  onerror?: (error: Error) => void
  onclose?: () => void
  readonly #input: Readable
  readonly #output: Writable
  readonly #refused: (why: string) => void
  /** Ids of requests that wait for their answers. */
  readonly #asked: RequestId[] = []
  #isOver = false
  #isClosed = false
  #done!: () => void
  readonly ended = new Promise<void>((done) => {
    this.#done = done
  })

  constructor(input: Readable, output: Writable, refused: (why: string) => void) {
    this.#input = input
    this.#output = output
    this.#refused = refused
  }

  async start(): Promise<void> {
    this.#output.on('error', (error) => {
      if (!this.#isClosed) this.onerror?.(error)
      void this.close()
    })
    void this.#read()
  }

  async #read(): Promise<void> {
    try {
      for await (const line of linesOf(this.#input)) {
        if (this.#isClosed) return
        this.#take(line)
      }
    } catch (error) {
      if (!this.#isClosed) this.onerror?.(error as Error)
    }
    this.#isOver = true
    this.#endIfAnswered()
  }

  #take(line: string | null): void {
    const { message, refusal } = messageIn(line)
    if (refusal) {
      // Told to both ends; the next line is read all the same.
      this.#refused(`not read: ${refusal.error.message}`)
      void this.#write({ jsonrpc: '2.0', ...refusal })
    }
    if (!message) return
    // A subscription is answered when it ends.
    if (isJSONRPCRequest(message) && message.method !== 'subscriptions/listen') this.#asked.push(message.id)
    if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled')
      this.#settle(message.params?.requestId as RequestId | undefined)
    this.onmessage?.(message)
  }

  async send(message: JSONRPCMessage): Promise<void> {
    await this.#write(message)
    if (isJSONRPCResponse(message)) this.#settle(message.id)
  }

  async #write(message: object): Promise<void> {
    if (this.#isClosed) return
    await new Promise<void>((done) => this.#output.write(`${JSON.stringify(message)}\n`, () => done()))
  }

  #settle(id: RequestId | undefined): void {
    const at = id === undefined ? -1 : this.#asked.indexOf(id)
    if (at >= 0) this.#asked.splice(at, 1)
    this.#endIfAnswered()
  }

  #endIfAnswered(): void {
    if (this.#isOver && this.#asked.length === 0) void this.close()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#input.destroy()
    this.onclose?.()
    this.#done()
  }
}

/** What is answered to what is no message. `id` null: it names none. */
interface Refusal {
  readonly id: RequestId | null
  readonly error: { readonly code: number; readonly message: string }
}

/** The message of a line, or why it is none; neither: the line is empty. */
function messageIn(line: string | null): { readonly message?: JSONRPCMessage; readonly refusal?: Refusal } {
  const refused = (code: number, message: string, id: RequestId | null = null) => ({
    refusal: { id, error: { code, message } },
  })
  if (line === null) return refused(INVALID_REQUEST, `a message has at most ${MOST_MESSAGE} bytes`)
  if (line.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return refused(PARSE_ERROR, 'a line is one message of JSON-RPC 2.0, and this one is no JSON')
  }
  try {
    return { message: parseJSONRPCMessage(value) }
  } catch {
    return refused(INVALID_REQUEST, 'a line is one message of JSON-RPC 2.0, and this one is none', idOf(value))
  }
}

/** The id that what is no message names; null: none. */
function idOf(value: unknown): RequestId | null {
  const id = (value as { readonly id?: unknown } | null)?.id
  return typeof id === 'string' || typeof id === 'number' ? id : null
}

/** Lines of a stream, the last one also where nothing ends it; null: one that is too long, of which nothing is kept. */
async function* linesOf(input: Readable): AsyncGenerator<string | null> {
  let parts: Buffer[] = []
  let size = 0
  const line = (): string | null => {
    const whole = size > MOST_MESSAGE ? null : Buffer.concat(parts).toString('utf8')
    parts = []
    size = 0
    return whole
  }
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    let rest = Buffer.from(chunk)
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      keep(rest.subarray(0, end))
      yield line()
      rest = rest.subarray(end + 1)
    }
    keep(rest)
  }
  if (size > 0) yield line()

  function keep(part: Buffer): void {
    size += part.length
    if (size > MOST_MESSAGE) parts = []
    else parts.push(part)
  }
}

/** A client of a server for agents: JSON-RPC lines over two streams, with everything that was said. */
import { PassThrough } from 'node:stream'
import { mcp, type Role } from '../../functions/cli/mcp.ts'

/** What a tool answered. */
export interface Answer {
  readonly isError?: boolean
  readonly content: readonly { readonly type: string; readonly text: string }[]
  readonly structuredContent?: never
}

export interface Client {
  /** Asks a method; its result. Throws where the protocol itself refuses. */
  readonly ask: (method: string, params?: object) => Promise<never>
  /** Calls a tool. */
  readonly call: (name: string, input?: object) => Promise<Answer>
  /** What a tool answered; throws with its message where it is an error. */
  readonly told: <T>(name: string, input?: object) => Promise<T>
  /** Sends bytes as they are. */
  readonly send: (text: string) => void
  /** Everything that went either way, line by line. */
  readonly transcript: () => string
  /** Closes the client's end; the exit code of the server. */
  readonly close: () => Promise<number>
  /** The exit code, whoever ended it. */
  readonly ended: Promise<number>
}

/** Starts a server in this process and opens a session with it. */
export async function mcpClient(as: Role, store: string, target?: string): Promise<Client> {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const lines: string[] = []
  const waiting = new Map<number, { done: (value: never) => void; failed: (error: Error) => void }>()
  let rest = ''
  output.on('data', (chunk: Buffer) => {
    const [last, ...before] = `${rest}${chunk}`.split('\n').toReversed()
    rest = last!
    for (const line of before.toReversed()) {
      lines.push(line)
      const { id, result, error } = JSON.parse(line) as { id?: number; result?: never; error?: { message: string } }
      const asked = waiting.get(id!)
      if (error) asked?.failed(new Error(error.message))
      else asked?.done(result!)
    }
  })
  const ended = mcp({ store, as, version: '0.0.0', ...(target !== undefined && { target }) }, input, output)
  ended.catch((error: Error) => {
    for (const { failed } of waiting.values()) failed(error)
  })
  let n = 0
  const send = (text: string): void => {
    lines.push(text)
    input.write(`${text}\n`)
  }
  const ask = (method: string, params: object = {}): Promise<never> =>
    new Promise((done, failed) => {
      const id = ++n
      waiting.set(id, { done, failed })
      send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    })
  const call = (name: string, input: object = {}): Promise<Answer> =>
    ask('tools/call', { name, arguments: input }) as Promise<Answer>
  const client: Client = {
    ask,
    call,
    async told(name, input) {
      const { isError, content, structuredContent } = await call(name, input)
      if (isError) throw new Error(content[0]!.text)
      return structuredContent!
    },
    send,
    transcript: () => lines.join('\n'),
    close: () => {
      input.end()
      return ended
    },
    ended,
  }
  await Promise.race([
    ended,
    client.ask('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'test', version: '0' },
    }),
  ])
  send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }))
  return client
}

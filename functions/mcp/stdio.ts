/** A server for agents over two streams. */
import type { Readable, Writable } from 'node:stream'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { type ServerOptions, serverOf, type Tool } from './tool.ts'

/** Bytes of one message; a longer one ends the connection. */
const MOST_MESSAGE = 4 * 1024 * 1024

/** Serves until the client closes its end, or sends what is no message of its size. */
export async function serveTools(
  tools: readonly Tool[],
  options: ServerOptions,
  input: Readable,
  output: Writable,
): Promise<void> {
  const transport = new EndingTransport(input, output, { maxBufferSize: MOST_MESSAGE })
  const served = serveStdio(() => serverOf(tools, options), {
    transport,
    onerror: ({ message }) => options.refused(message),
  })
  await transport.ended
  await served.close()
}

/** Tells when it is closed, by whichever side. */
class EndingTransport extends StdioServerTransport {
  #done!: () => void
  readonly ended = new Promise<void>((done) => {
    this.#done = done
  })

  override async close(): Promise<void> {
    await super.close()
    this.#done()
  }
}

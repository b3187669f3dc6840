/** Pages on this machine: one HTTP server on 127.0.0.1 that reads requests whole, and refuses what no browser of ours sends. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { MAX_TOKEN_LENGTH } from '#core/review/link.ts'
import { MAX_FORM_BYTES, type ReviewRequest } from '#core/review/request.ts'
import { UserError } from '../errors.ts'
import { headersWith, PAGE_HEADERS } from '../pages/kit/layout.ts'

export const PAGE_HOST = '127.0.0.1'

export interface PageReply {
  readonly status: number
  /** Set for 303 alone. */
  readonly location: string | null
  readonly body: string
  /** Methods that would be answered; said with 405 alone. */
  readonly allow?: string
  /** Content policy of a page that brings styles or scripts of its own; absent: that of all pages. */
  readonly policy?: string
  /** The script that the page runs; absent: it runs none. */
  readonly script?: string | undefined
}

/** Answers a request that came to the right host. */
type Answer = (
  request: ReviewRequest,
  at: {
    /** Without the query. */ readonly path: string
    /** What stands behind the `?`; empty where nothing does. */ readonly query: string
    readonly origin: string
  },
) => Promise<PageReply>

/** Told of what nobody else hears of. */
export interface ServerLog {
  /** A defect of ours; the client reads only that something failed. */
  failed(error: Error): void
  /** A request that was refused before anybody looked at its path: another host's name, broken or endless HTTP. */
  refused(note: string): void
}

export interface PageServer {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string
  close(): Promise<void>
}

/** How long a client may take; nobody who fills in a form comes near. */
export interface Patience {
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly connectionsCheckingInterval: number
}
const PATIENCE: Patience = { headersTimeout: 3_000, requestTimeout: 6_000, connectionsCheckingInterval: 500 }
/** Longest that a connection may lie there with nothing coming or going. */
const IDLE_MS = 10_000
/** Connections at once; one more costs the oldest that waits for its client its place. */
const MOST_CONNECTIONS = 100

/**
 * Serves pages.
 * @param port 0: any free one
 * @throws UserError when the port is taken
 */
export async function servePages(
  answer: Answer,
  port: number,
  log: ServerLog,
  patience: Patience = PATIENCE,
): Promise<PageServer> {
  // A token is part of the first line, which counts as header.
  const server = createServer(
    { ...patience, maxHeaderSize: MAX_TOKEN_LENGTH + 16_384, keepAliveTimeout: 2_000 },
    (request, response) => {
      handle(request, response).catch((error: Error) => {
        // Its sender went away, or was sent away: there is nobody to tell.
        if (request.destroyed && !request.complete) return
        log.failed(error)
        if (response.headersSent) response.destroy()
        else send(request, response, plain(500, 'Something failed on our side. Nothing is shown; open the page again.'))
      })
    },
  )
  server.setTimeout(IDLE_MS)
  const places = new Places(server, MOST_CONNECTIONS)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // A browser opens connections that it may never use, and closes them as it likes.
    if (socket.bytesRead > 0 && error.code !== 'ECONNRESET') log.refused(`no proper request: ${error.code}`)
    if (socket.writable)
      socket.write(`HTTP/1.1 ${BROKEN[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`)
    socket.destroySoon()
  })
  await listening(server, port)
  const origin = `http://${PAGE_HOST}:${(server.address() as AddressInfo).port}`

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s)
    // Another name for this address would give a foreign page our origin.
    if (`http://${request.headers.host}` !== origin) {
      log.refused('the request names another host')
      return send(request, response, plain(421, 'These pages have another address.'))
    }
    const body = await readBody(request)
    places.works(request.socket)
    const asked: ReviewRequest = {
      method: request.method ?? '',
      origin: one(request, 'origin'),
      sec_fetch_site: one(request, 'sec-fetch-site'),
      content_type: one(request, 'content-type'),
      body,
    }
    try {
      send(request, response, await answer(asked, { path, query, origin }))
    } finally {
      places.waits(request.socket)
    }
  }

  return {
    origin,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

/** Connections in the order in which they came, so that those who keep a server waiting never keep others out. */
class Places {
  readonly #waiting = new Set<Socket>()
  readonly #working = new Set<Socket>()

  constructor(server: Server, most: number) {
    server.on('connection', (socket: Socket) => {
      this.#waiting.add(socket)
      socket.once('close', () => {
        this.#waiting.delete(socket)
        this.#working.delete(socket)
      })
      if (this.#waiting.size + this.#working.size > most) this.#waiting.values().next().value!.destroy()
    })
  }

  /** A whole request came: we are at it, and its client waits. */
  works(socket: Socket): void {
    if (this.#waiting.delete(socket)) this.#working.add(socket)
  }

  /** We wait for its client: for the next request, or for it to read what was sent. */
  waits(socket: Socket): void {
    if (this.#working.delete(socket)) this.#waiting.add(socket)
  }
}

const BROKEN: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((done, refuse) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      refuse(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new UserError(
              `port ${port} of ${PAGE_HOST} cannot be used (${error.code}): choose another --port, or 0 for any free one`,
            )
          : error,
      ),
    )
    server.listen({ host: PAGE_HOST, port }, () => done())
  })
}

/** A header that was sent once or several times: several are joined, and then equal nothing that is expected. */
const one = ({ headersDistinct }: IncomingMessage, name: string): string | null =>
  headersDistinct[name]?.join(', ') ?? null

/** Most that is read of a body to let its sender hear the answer. */
const MAX_DRAINED = 1024 * 1024

/** Body of a request; one byte more than a form may have is enough to know that it is too long. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, Math.max(0, MAX_FORM_BYTES + 1 - size)))
    size += chunk.length
    if (size > MAX_DRAINED) break
  }
  return size === 0 ? null : Buffer.concat(chunks).toString('utf8')
}

function send(request: IncomingMessage, response: ServerResponse, reply: PageReply): void {
  const { status, location, body, allow, script, policy } = reply
  response.writeHead(status, {
    ...(script === undefined ? PAGE_HEADERS : headersWith(script)),
    ...(policy === undefined ? {} : { 'Content-Security-Policy': `${policy}; frame-ancestors 'none'` }),
    'Content-Length': Buffer.byteLength(body),
    ...(location === null ? {} : { Location: location }),
    ...(status === 405 ? { Allow: allow ?? 'GET, HEAD, POST' } : {}),
    ...(request.complete ? {} : { Connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** A page of one sentence. */
export const plain = (status: number, text: string): PageReply => ({
  status,
  location: null,
  body: `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>contextos-autotune</title></head><body><main><h1>contextos-autotune</h1><p>${text}</p></main></body></html>\n`,
})

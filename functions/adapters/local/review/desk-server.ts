/** The review desk on this machine: one HTTP server on 127.0.0.1 that hands requests to the desk and sends its replies. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MAX_TOKEN_LENGTH } from '#core/review/link.ts'
import { MAX_FORM_BYTES, type ReviewRequest } from '#core/review/request.ts'
import { UserError } from '../../../errors.ts'
import type { DeskReply } from '../../../review-pages/desk.ts'
import { PAGE_HEADERS } from '../../../review-pages/layout.ts'

export const DESK_HOST = '127.0.0.1'
export const REVIEW_PATH = '/review/'

/** Where a request was sent, and how it is answered. */
export type Desk = (
  request: ReviewRequest,
  at: { readonly token: string; readonly origin: string; readonly action: string },
) => Promise<Pick<DeskReply, 'status' | 'location' | 'body'>>

export interface DeskServer {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string
  close(): Promise<void>
}

/**
 * Serves a desk.
 * @param port 0: any free one
 * @param failed told of every defect; the reviewer reads only that nothing was decided
 * @throws UserError when the port is taken
 */
export async function serveDesk(desk: Desk, port: number, failed: (error: Error) => void): Promise<DeskServer> {
  // A token is part of the first line, which counts as header.
  const server = createServer(
    {
      maxHeaderSize: MAX_TOKEN_LENGTH + 16_384,
      headersTimeout: 10_000,
      requestTimeout: 20_000,
      keepAliveTimeout: 2_000,
    },
    (request, response) => {
      handle(request, response).catch((error: Error) => {
        failed(error)
        if (!response.headersSent)
          send(request, response, {
            status: 500,
            location: null,
            body: plain('Something failed on our side. Nothing is shown; open the link again.'),
          })
        else response.destroy()
      })
    },
  )
  server.maxConnections = 100
  await listening(server, port)
  const origin = `http://${DESK_HOST}:${(server.address() as AddressInfo).port}`

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0]!
    // Another name for this address would give a foreign page our origin.
    if (`http://${request.headers.host}` !== origin)
      return send(request, response, { status: 421, location: null, body: plain('This desk has another address.') })
    if (!path.startsWith(REVIEW_PATH))
      return send(request, response, {
        status: 404,
        location: null,
        body: plain('There is nothing here. Open the link of your review.'),
      })
    const body = await readBody(request)
    const asked: ReviewRequest = {
      method: request.method ?? '',
      origin: one(request, 'origin'),
      sec_fetch_site: one(request, 'sec-fetch-site'),
      content_type: one(request, 'content-type'),
      body,
    }
    send(request, response, await desk(asked, { token: path.slice(REVIEW_PATH.length), origin, action: path }))
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

function listening(server: Server, port: number): Promise<void> {
  return new Promise((done, refuse) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      refuse(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new UserError(
              `port ${port} of ${DESK_HOST} cannot be used (${error.code}): choose another --port, or 0 for any free one`,
            )
          : error,
      ),
    )
    server.listen({ host: DESK_HOST, port }, () => done())
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

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, location, body }: Pick<DeskReply, 'status' | 'location' | 'body'>,
): void {
  response.writeHead(status, {
    ...PAGE_HEADERS,
    'Content-Length': Buffer.byteLength(body),
    ...(location === null ? {} : { Location: location }),
    ...(status === 405 ? { Allow: 'GET, HEAD, POST' } : {}),
    ...(request.complete ? {} : { Connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

const plain = (text: string): string =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Review</title></head><body><main><h1>Review</h1><p>${text}</p></main></body></html>\n`

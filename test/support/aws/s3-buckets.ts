/** Buckets over HTTP in this process: whole objects written, read, asked for and listed, of which the SDK of another process sees no difference. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

interface S3Buckets {
  readonly endpoint: string
  /** Bytes by `BUCKET/KEY`. */
  readonly objects: ReadonlyMap<string, Buffer>
  /** What was sent whole, in order. */
  readonly sent: string[]
  [Symbol.asyncDispose](): Promise<void>
}

/** @param sending is told of each object whose first bytes are there, and not yet all of them where it is large */
export async function s3Buckets(sending: (name: string) => void): Promise<S3Buckets> {
  const objects = new Map<string, Buffer>()
  const sent: string[] = []
  const put = async (name: string, request: IncomingMessage): Promise<number> => {
    request.once('data', () => sending(name))
    const bytes = await buffer(request)
    if (request.headers['if-none-match'] === '*' && objects.has(name)) return 412
    objects.set(name, bytes)
    sent.push(name)
    return 200
  }
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, 'http://s3')
    const name = decodeURIComponent(url.pathname.slice(1))
    const say = (status: number, body: string | Buffer = '') => response.writeHead(status).end(body)
    if (request.method === 'PUT') {
      const status = await put(name, request).catch(() => null)
      return status === null ? response.destroy() : say(status, status === 412 ? error('PreconditionFailed') : '')
    }
    const prefix = url.searchParams.get('prefix')
    if (prefix !== null) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(name + prefix)).sort()
      const contents = keys.map((key) => `<Contents><Key>${key.slice(name.length)}</Key></Contents>`)
      return say(200, `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`)
    }
    const bytes = objects.get(name)
    if (bytes === undefined) return say(404, error('NoSuchKey'))
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    if (from === undefined) return say(200, bytes)
    if (Number(from) >= bytes.length) return say(416, error('InvalidRange'))
    const part = bytes.subarray(Number(from), Number(to) + 1)
    const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`
    return response.writeHead(206, { 'content-range': range, etag: '"1"' }).end(part)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    sent,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const error = (code: string): string => `<Error><Code>${code}</Code></Error>`

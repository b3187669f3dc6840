/** S3 over HTTP in this process, as far as anchors need it: versions, Object Lock, conditional writes. Remembers the headers of every write. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Version {
  readonly key: string
  readonly id: string
  /** null: a deletion. */
  readonly body: string | null
}

export interface S3Server {
  readonly endpoint: string
  readonly writes: readonly IncomingHttpHeaders[]
  /** What somebody does who may write to the bucket: a new version over whatever stands there; null: a deletion. */
  write(key: string, body: string | null): void
  [Symbol.asyncDispose](): Promise<void>
}

/** Serves one bucket, by path. Any other is NoSuchBucket. */
export async function s3Server(bucket: string, { locks = true }: { readonly locks?: boolean } = {}): Promise<S3Server> {
  const versions: Version[] = []
  const writes: IncomingHttpHeaders[] = []
  const write = (key: string, body: string | null): void => {
    versions.push({ key, id: `v${versions.length}`, body })
  }
  const standing = (key: string): Version | undefined => versions.findLast((version) => version.key === key)
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, 'http://s3')
    const [, name, ...path] = decodeURIComponent(url.pathname).split('/')
    const key = path.join('/')
    const say = (status: number, text: string) => response.writeHead(status).end(text)
    const refuse = (status: number, code: string, message = code) =>
      say(status, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`)
    const body = (await Array.fromAsync(request)).join('')
    if (name !== bucket) return refuse(404, 'NoSuchBucket')
    if (request.method === 'PUT') {
      writes.push(request.headers)
      if (!locks && request.headers['x-amz-object-lock-mode'])
        return refuse(400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration')
      if (request.headers['if-none-match'] === '*' && standing(key)?.body) return refuse(412, 'PreconditionFailed')
      write(key, textOf(body, request.headers))
      return say(200, '')
    }
    if (url.searchParams.has('versions')) {
      const found = versions.filter(
        ({ key: k, body: b }) => b !== null && k.startsWith(url.searchParams.get('prefix')!),
      )
      const after = found.findIndex(({ id }) => id === url.searchParams.get('version-id-marker')) + 1
      const page = found.slice(after, after + 2)
      const isTruncated = after + 2 < found.length
      const next = `<NextKeyMarker>${page.at(-1)?.key}</NextKeyMarker><NextVersionIdMarker>${page.at(-1)?.id}</NextVersionIdMarker>`
      return say(
        200,
        `<ListVersionsResult>${page.map(({ key: k, id }) => `<Version><Key>${k}</Key><VersionId>${id}</VersionId></Version>`).join('')}<IsTruncated>${isTruncated}</IsTruncated>${isTruncated ? next : ''}</ListVersionsResult>`,
      )
    }
    const version = versions.find(({ id }) => id === url.searchParams.get('versionId')) ?? standing(key)
    return version?.body ? say(200, version.body) : refuse(404, 'NoSuchKey')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes,
    write,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** A body as it was meant: the SDK may send it in signed chunks. */
const textOf = (body: string, headers: IncomingHttpHeaders): string =>
  headers['content-encoding']?.includes('aws-chunked') ? body.split('\r\n')[1]! : body

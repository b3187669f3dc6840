import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it } from 'vitest'
import { S3_REQUESTS } from '#adapters/aws/open-store.ts'
import { s3Store } from '#adapters/aws/s3-store.ts'
import { memoryBucket } from './memory-bucket.ts'

const failure = (name: string, status: number) =>
  new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode: status }, message: name })

function mocked() {
  const client = new S3Client({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
  return { mock: mockClient(client), store: s3Store({ client, bucket: 'b' }) }
}

/** A client of a server on this machine that soon gives up waiting for an answer. */
async function impatientClient(server: Server, more: S3ClientConfig = {}): Promise<S3Client> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return new S3Client({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forcePathStyle: true,
    requestHandler: { ...S3_REQUESTS, socketTimeout: 50 },
    ...more,
  })
}

function leave(client: S3Client, server: Server): void {
  client.destroy()
  server.closeAllConnections()
  server.close()
}

describe('s3 store, beside the contract', () => {
  it('asks for the KMS key on every write and for nothing else', async () => {
    const bucket = memoryBucket('vault')
    const store = s3Store({ client: bucket.client, bucket: 'vault', kmsKeyId: 'key-1' })
    await store.put('a', 'x')
    await store.putIfAbsent('b', 'x')
    const sse = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-1', BucketKeyEnabled: true, Bucket: 'vault' }
    expect(bucket.puts).toEqual([
      { Key: 'a', ...sse },
      { Key: 'b', ...sse },
    ])
  })

  it('sends a stream in parts and reads it so, whatever its pieces were', async () => {
    const bucket = memoryBucket('b')
    const store = s3Store({ client: bucket.client, bucket: 'b', partBytes: 4 })
    async function* pieces(...texts: string[]) {
      yield* texts
    }
    for (const [texts, parts] of [
      [['ab', 'cdefghij', 'k'], 3],
      [['abcd', 'efgh'], 2],
      [['abc'], undefined],
      [[], undefined],
    ] as const) {
      await store.put('k', pieces(...texts))
      expect(bucket.puts.at(-1)!.parts).toBe(parts)
      const read = await Array.fromAsync((await store.read('k'))!)
      expect(Buffer.concat(read).toString()).toBe(texts.join(''))
      expect(Math.max(0, ...read.map(({ length }) => length))).toBeLessThanOrEqual(4)
    }
  })

  it('takes no answer of a server that knows no parts of a version for the part that it asked for', async () => {
    const bucket = memoryBucket('b')
    const store = s3Store({ client: bucket.client, bucket: 'b', partBytes: 4 })
    await store.put('k', 'abcdefgh')
    const send = bucket.client.send.bind(bucket.client)
    bucket.client.send = ((command: { input: Record<string, unknown> }) => {
      if (command.input.VersionId !== undefined && command.input.Range !== 'bytes=0-3') delete command.input.Range
      return send(command as never)
    }) as never
    const version = (await store.versionOf('k'))!
    const reading = Array.fromAsync((await store.read('k', version))!)
    await expect(reading).rejects.toThrow('k was asked for from byte 4 on, and the answer is all of it')
  })

  it('puts a stream of several parts if absent: nobody holds it whole, and what stands there stays', async () => {
    const bucket = memoryBucket('b')
    const store = s3Store({ client: bucket.client, bucket: 'b', partBytes: 4 })
    async function* pieces(text: string) {
      yield text
    }
    expect(await store.putIfAbsent('k', pieces('abcdefghij'))).toBe(true)
    expect(bucket.puts.at(-1)!.parts).toBe(3)
    expect(await store.putIfAbsent('k', pieces('ABCDEFGHIJ'))).toBe(false)
    expect(await store.putIfAbsent('k', pieces('x'))).toBe(false)
    expect(Buffer.from((await store.get('k'))!).toString()).toBe('abcdefghij')
  })

  it('leaves what stood where a stream ends before its time, and reads no two versions as one', async () => {
    const bucket = memoryBucket('b')
    const store = s3Store({ client: bucket.client, bucket: 'b', partBytes: 4 })
    await store.put('k', 'abcdefgh')
    async function* broken() {
      yield 'xxxxxxxx'
      throw new Error('no more')
    }
    await expect(store.put('k', broken())).rejects.toThrow('no more')
    const version = (await store.versionOf('k'))!
    const [reading, named] = [(await store.read('k'))!, (await store.read('k', version))!]
    await store.put('k', 'ABCDEFGH')
    await expect(Array.fromAsync(reading)).rejects.toThrow('k was replaced while it was read: try again')
    expect(Buffer.concat(await Array.fromAsync(named)).toString()).toBe('abcdefgh')
  })

  it('names a version only where it was asked for one: that is a right of its own', async () => {
    const bucket = memoryBucket('b')
    const store = s3Store({ client: bucket.client, bucket: 'b', partBytes: 4 })
    await store.put('k', 'abcdefghij')
    const asked: unknown[] = []
    const send = bucket.client.send.bind(bucket.client)
    bucket.client.send = ((command: { input: Record<string, unknown> }) => {
      asked.push(command.input.VersionId)
      return send(command as never)
    }) as never
    expect(Buffer.concat(await Array.fromAsync((await store.read('k'))!)).toString()).toBe('abcdefghij')
    expect(asked).toEqual([undefined, undefined, undefined])
  })

  it('keeps keys of two prefixes of one bucket apart', async () => {
    const { client } = memoryBucket('b')
    const [one, two] = ['one/', 'two/'].map((prefix) => s3Store({ client, bucket: 'b', prefix }))
    await one!.put('k', '1')
    expect(await two!.get('k')).toBeNull()
    expect(await Array.fromAsync(one!.list(''))).toEqual(['k'])
    expect(await Array.fromAsync(two!.list(''))).toEqual([])
  })

  it('asks again when a conditional write meets another one, and says false when that one won', async () => {
    const { mock, store } = mocked()
    mock
      .on(PutObjectCommand)
      .rejectsOnce(failure('ConditionalRequestConflict', 409))
      .rejectsOnce(failure('PreconditionFailed', 412))
    expect(await store.putIfAbsent('k', 'x')).toBe(false)
    expect(mock.commandCalls(PutObjectCommand).map((c) => c.args[0].input.IfNoneMatch)).toEqual(['*', '*'])
  })

  it('says the last word of an upload again when it meets another one, and sends no part twice', async () => {
    const client = new S3Client({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
    const mock = mockClient(client)
    const store = s3Store({ client, bucket: 'b', partBytes: 4 })
    mock.on(CreateMultipartUploadCommand).resolves({ UploadId: 'u' })
    mock.on(UploadPartCommand).resolves({ ETag: '"1"' })
    mock
      .on(CompleteMultipartUploadCommand)
      .rejectsOnce(failure('ConditionalRequestConflict', 409))
      .rejectsOnce(failure('ConditionalRequestConflict', 409))
      .resolvesOnce({ VersionId: 'v1' })
      .rejectsOnce(failure('ConditionalRequestConflict', 409))
      .rejects(failure('PreconditionFailed', 412))
    async function* pieces() {
      yield 'abcdefgh'
    }
    expect(await store.putIfAbsent('k', pieces())).toBe(true)
    expect(mock.commandCalls(UploadPartCommand)).toHaveLength(2)
    expect(mock.commandCalls(AbortMultipartUploadCommand)).toHaveLength(0)
    expect(await store.putIfAbsent('k', pieces())).toBe(false)
    expect(mock.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1)
  })

  it('fails when the conflict does not end', async () => {
    const { mock, store } = mocked()
    mock.on(PutObjectCommand).rejects(failure('ConditionalRequestConflict', 409))
    await expect(store.putIfAbsent('k', 'x')).rejects.toThrow('ConditionalRequestConflict')
    expect(mock.commandCalls(PutObjectCommand)).toHaveLength(6)
  })

  it('sends again what was sent into silence', async () => {
    const bodies: string[] = []
    const server = createServer(async (request, response) => {
      bodies.push(Buffer.concat(await Array.fromAsync(request)).toString())
      // The first one is heard to its end and never answered.
      if (bodies.length > 1) response.end()
    })
    const client = await impatientClient(server)
    await s3Store({ client, bucket: 'b' }).put('experience/runs/undated/x.jsonl.zst', 'a segment')
    expect(bodies).toEqual(['a segment', 'a segment'])
    leave(client, server)
  })

  it('gives up a part that is never answered: nothing stands, what was sent is let go, and another try is whole', async () => {
    let answers = false
    const asked: string[] = []
    const server = createServer(async (request, response) => {
      const sent = Buffer.concat(await Array.fromAsync(request)).toString()
      const { searchParams } = new URL(request.url!, 'http://s3')
      if (request.method === 'POST' && searchParams.has('uploads'))
        return response.end('<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>')
      asked.push(`${request.method} ${searchParams.get('partNumber') ?? ''}${request.method === 'PUT' ? sent : ''}`)
      if (request.method === 'PUT' && !answers) return
      response.setHeader('ETag', '"e"')
      response.end(request.method === 'POST' ? '<CompleteMultipartUploadResult/>' : '')
    })
    const client = await impatientClient(server, { maxAttempts: 2 })
    const store = s3Store({ client, bucket: 'b', partBytes: 4 })
    async function* pieces() {
      yield 'abcdefgh'
    }
    await expect(store.put('k', pieces())).rejects.toThrow(/timed? ?out/i)
    expect(asked).toEqual(['PUT 1abcd', 'PUT 1abcd', 'DELETE '])
    answers = true
    await store.put('k', pieces())
    expect(asked.slice(3)).toEqual(['PUT 1abcd', 'PUT 2efgh', 'POST '])
    leave(client, server)
  })

  it.each([
    ['AccessDenied', 403],
    ['NoSuchBucket', 404],
    ['SlowDown', 503],
  ])('fails with %s: that is neither an absent object nor a lost race', async (name, status) => {
    const { mock, store } = mocked()
    mock.on(GetObjectCommand).rejects(failure(name, status))
    mock.on(PutObjectCommand).rejects(failure(name, status))
    mock.on(ListObjectsV2Command).rejects(failure(name, status))
    await expect(store.get('k')).rejects.toThrow(name)
    await expect(store.put('k', 'x')).rejects.toThrow(name)
    await expect(store.putIfAbsent('k', 'x')).rejects.toThrow(name)
    await expect(Array.fromAsync(store.list(''))).rejects.toThrow(name)
  })
})

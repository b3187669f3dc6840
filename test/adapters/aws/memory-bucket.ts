/**
 * A bucket in memory behind the SDK's own client: strong reads, `If-None-Match: *` and `If-Match`, ETags, pages, and 409
 * for a conditional write that meets another one under way. A command or parameter it does not know throws.
 */
import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'

interface Stored {
  readonly bytes: Uint8Array
  readonly etag: string
  readonly version: string | undefined
}

export interface MemoryBucket {
  readonly client: S3Client
  /** What each put asked for beside its bytes, in order. */
  readonly puts: readonly Readonly<Record<string, unknown>>[]
  readonly objects: ReadonlyMap<string, Stored>
}

const KNOWN = {
  get: ['Bucket', 'Key', 'Range', 'VersionId', 'IfMatch'],
  head: ['Bucket', 'Key'],
  put: ['Bucket', 'Key', 'Body', 'IfNoneMatch', 'IfMatch', 'ServerSideEncryption', 'SSEKMSKeyId', 'BucketKeyEnabled'],
  upload: ['Bucket', 'Key', 'ChecksumAlgorithm', 'ServerSideEncryption', 'SSEKMSKeyId', 'BucketKeyEnabled'],
  list: ['Bucket', 'Prefix', 'ContinuationToken'],
  delete: ['Bucket', 'Key'],
}

const refused = (name: string, status: number): S3ServiceException =>
  new S3ServiceException({
    name,
    $fault: 'client',
    $metadata: { httpStatusCode: status },
    message: `${name} (${status})`,
  })

/** A fresh bucket named `bucket`; any other name is refused. `pageSize` as ListObjectsV2 has it. */
export function memoryBucket(
  bucket: string,
  { pageSize = 1000, isVersioned = true }: { pageSize?: number; isVersioned?: boolean } = {},
): MemoryBucket {
  const client = new S3Client({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
  const mock = mockClient(client)
  const objects = new Map<string, Stored>()
  /** Everything that was ever put, by version and key. */
  const versions = new Map<string, Stored>()
  const underWay = new Set<string>()
  const puts: Record<string, unknown>[] = []
  const check = (input: object, known: readonly string[]) => {
    for (const [name, value] of Object.entries(input))
      if (value !== undefined && !known.includes(name)) throw new Error(`the bucket double does not know ${name}`)
    if ((input as { Bucket: string }).Bucket !== bucket) throw refused('NoSuchBucket', 404)
  }
  const stored = (Key: string, bytes: Uint8Array) => {
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`
    const version = isVersioned ? `v${puts.length}.${versions.size}` : undefined
    const object = { bytes, etag, version }
    objects.set(Key, object)
    versions.set(`${version} ${Key}`, object)
    return { ETag: etag, VersionId: version }
  }
  mock.onAnyCommand().callsFake((input) => {
    throw new Error(`the bucket double does not know this command: ${JSON.stringify(input)}`)
  })
  mock.on(GetObjectCommand).callsFake((input) => {
    check(input, KNOWN.get)
    const found =
      input.VersionId === undefined ? objects.get(input.Key) : versions.get(`${input.VersionId} ${input.Key}`)
    if (!found && input.VersionId !== undefined) throw refused('NoSuchVersion', 404)
    if (!found) throw new NoSuchKey({ message: 'NoSuchKey', $metadata: { httpStatusCode: 404 } })
    if (input.IfMatch !== undefined && found.etag !== input.IfMatch) throw refused('PreconditionFailed', 412)
    const [from, to] = (/^bytes=(\d+)-(\d+)$/.exec(input.Range ?? '') ?? []).slice(1).map(Number)
    if (from !== undefined && from >= found.bytes.length) throw refused('InvalidRange', 416)
    const part = from === undefined ? found.bytes : found.bytes.slice(from, to! + 1)
    return {
      ETag: found.etag,
      VersionId: found.version,
      ...(from !== undefined && { ContentRange: `bytes ${from}-${from + part.length - 1}/${found.bytes.length}` }),
      Body: { transformToByteArray: async () => new Uint8Array(part) },
    }
  })
  mock.on(HeadObjectCommand).callsFake((input) => {
    check(input, KNOWN.head)
    const found = objects.get(input.Key)
    if (!found) throw refused('NotFound', 404)
    return { ETag: found.etag, VersionId: found.version }
  })
  mock.on(PutObjectCommand).callsFake(async (input) => {
    check(input, KNOWN.put)
    const { Key, IfNoneMatch, IfMatch, Body, ...asked } = input
    puts.push({ Key, ...asked })
    if (IfNoneMatch !== undefined && IfNoneMatch !== '*') throw refused('NotImplemented', 501)
    if (IfNoneMatch === '*' && objects.has(Key)) throw refused('PreconditionFailed', 412)
    if (IfNoneMatch === '*' && underWay.has(Key)) throw refused('ConditionalRequestConflict', 409)
    if (IfMatch !== undefined && objects.get(Key)?.etag !== IfMatch) throw refused('PreconditionFailed', 412)
    underWay.add(Key)
    await new Promise((resolve) => setImmediate(resolve))
    underWay.delete(Key)
    const bytes = typeof Body === 'string' ? new TextEncoder().encode(Body) : new Uint8Array(Body)
    return stored(Key, bytes)
  })
  const uploads = new Map<string, Buffer[]>()
  mock.on(CreateMultipartUploadCommand).callsFake((input) => {
    check(input, KNOWN.upload)
    const UploadId = `upload-${uploads.size}`
    uploads.set(UploadId, [])
    return { UploadId }
  })
  mock.on(UploadPartCommand).callsFake(({ UploadId, PartNumber, Body }) => {
    uploads.get(UploadId)![PartNumber - 1] = Buffer.from(Body)
    return { ETag: `"${PartNumber}"`, ChecksumCRC32: 'AAAAAA==' }
  })
  mock.on(AbortMultipartUploadCommand).callsFake(({ UploadId }) => {
    uploads.delete(UploadId)
    return {}
  })
  mock.on(CompleteMultipartUploadCommand).callsFake(({ Key, UploadId, MultipartUpload, IfNoneMatch }) => {
    if (IfNoneMatch === '*' && objects.has(Key)) throw refused('PreconditionFailed', 412)
    const parts = uploads.get(UploadId)!
    if (MultipartUpload.Parts.length !== parts.length) throw refused('InvalidPart', 400)
    uploads.delete(UploadId)
    puts.push({ Key, parts: parts.length })
    return stored(Key, new Uint8Array(Buffer.concat(parts)))
  })
  mock.on(ListObjectsV2Command).callsFake((input) => {
    check(input, KNOWN.list)
    const after = input.ContinuationToken ? Buffer.from(input.ContinuationToken, 'base64').toString() : ''
    const keys = [...objects.keys()]
      .filter((key) => key.startsWith(input.Prefix ?? '') && (after === '' || key > after))
      .sort()
    const page = keys.slice(0, pageSize)
    const more = keys.length > page.length
    return {
      Contents: page.length > 0 ? page.map((Key) => ({ Key, ETag: objects.get(Key)!.etag })) : undefined,
      IsTruncated: more,
      NextContinuationToken: more ? Buffer.from(page.at(-1)!).toString('base64') : undefined,
    }
  })
  mock.on(DeleteObjectCommand).callsFake((input) => {
    check(input, KNOWN.delete)
    objects.delete(input.Key)
    return {}
  })
  return { client, puts, objects }
}

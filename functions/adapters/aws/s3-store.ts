/** Objects in S3, one bucket behind one port. Conditional writes are S3's own; every read and listing is strongly consistent. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Content, ObjectStore } from '#ports'
import { isWhole, onePiece, whole } from '../port-rules/content.ts'
import { checkKey, splitPrefix } from '../port-rules/object-key.ts'
import { nameOf, pastConflict } from './s3-conflict.ts'
import { inParts, sendParts } from './s3-parts.ts'

interface S3StoreOptions {
  readonly client: S3Client
  readonly bucket: string
  /**
   * Folder of the bucket that holds the store, ending in `/`.
   * @default '' - the whole bucket
   */
  readonly prefix?: string
  /**
   * KMS key that objects are encrypted under.
   * @default - the bucket's own default encryption
   */
  readonly kmsKeyId?: string
  /**
   * Bytes of a part, where streams are sent and read in parts. Under a KMS key whoever sends parts must be able to decrypt.
   * @default - none; a stream is gathered, and one request carries it
   */
  readonly partBytes?: number
}

/** An ObjectStore over a bucket. Throws RangeError for a key that no adapter takes, and what the SDK throws else. */
export function s3Store({ client, bucket, prefix = '', kmsKeyId, partBytes }: S3StoreOptions): ObjectStore {
  const at = (key: string): { Bucket: string; Key: string } => {
    checkKey(key)
    return { Bucket: bucket, Key: `${prefix}${key}` }
  }
  const encrypted = kmsKeyId
    ? { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyId, BucketKeyEnabled: true }
    : {}
  const object = async (key: string, content: Content): Promise<PutObjectCommandInput> => ({
    ...at(key),
    // A stream is gathered: one request is one atomic write, and S3 wants its length. The SDK hashes and sends in steps:
    // a caller that goes on writing into its buffer must not reach the wire.
    Body: isWhole(content) ? (typeof content === 'string' ? content : new Uint8Array(content)) : await whole(content),
    ...encrypted,
  })
  const get = async (key: string, VersionId?: string, Range?: string): Promise<Uint8Array | null> => {
    const where = { ...at(key), VersionId, Range }
    return orAbsent(async () => {
      const { Body } = await client.send(new GetObjectCommand(where))
      return await Body!.transformToByteArray()
    })
  }
  /** A stream in parts, where it has several; the one that it has; null: its content is whole, or is to be gathered. */
  const severalOf = async (content: Content): Promise<AsyncIterable<Buffer> | { readonly whole: Buffer } | null> => {
    if (partBytes === undefined || isWhole(content)) return null
    const parts = inParts(content, partBytes)
    const [first, second] = [await parts.next(), await parts.next()]
    if (second.done) return { whole: first.value! }
    return (async function* () {
      yield first.value!
      yield second.value
      yield* parts
    })()
  }
  /**
   * An object part by part, all of the one that the first part was of. Without a version by its ETag: to name a version is a right
   * of its own, and whoever reads what stands there need not have it.
   */
  const readParts = async (key: string, version?: string): Promise<AsyncIterable<Uint8Array> | null> => {
    const part = (start: number, IfMatch?: string) =>
      client.send(
        new GetObjectCommand({
          ...at(key),
          ...(version === undefined ? { IfMatch } : { VersionId: version }),
          Range: `bytes=${start}-${start + partBytes! - 1}`,
        }),
      )
    const opened = await orAbsent(async () => {
      try {
        const { Body, ETag } = await part(0)
        return { bytes: await Body!.transformToByteArray(), ETag }
      } catch (error) {
        if (nameOf(error) === 'InvalidRange') return { bytes: new Uint8Array(), ETag: undefined }
        throw error
      }
    })
    if (opened === null) return null
    return (async function* () {
      yield opened.bytes
      let { length } = opened.bytes
      for (let end = length; length === partBytes; end += length) {
        try {
          const next = await part(end, opened.ETag)
          // A server that knows no parts of a version answers with all of it.
          if (!next.ContentRange?.startsWith(`bytes ${end}-`))
            throw new Error(
              `${key} was asked for from byte ${end} on, and the answer is ${next.ContentRange ?? 'all of it'}`,
            )
          const bytes = await next.Body!.transformToByteArray()
          yield bytes
          ;({ length } = bytes)
        } catch (error) {
          if (['PreconditionFailed', 'NoSuchKey'].includes(nameOf(error)))
            throw new Error(`${key} was replaced while it was read: try again`)
          if (nameOf(error) !== 'InvalidRange') throw error
          length = 0
        }
      }
    })()
  }
  return {
    get,
    async read(key, version) {
      if (partBytes !== undefined) return readParts(key, version)
      // One piece: a body that nobody reads to its end would hold its connection.
      const bytes = await get(key, version)
      return bytes && onePiece(bytes)
    },
    readRange: (key, start, length) =>
      get(key, undefined, `bytes=${start}-${start + length - 1}`).catch((error) => {
        if (nameOf(error) === 'InvalidRange') return new Uint8Array()
        throw error
      }),
    async put(key, content) {
      const parts = await severalOf(content)
      if (parts !== null && !('whole' in parts)) return await sendParts(client, { ...at(key), ...encrypted }, parts)
      const { VersionId } = await client.send(new PutObjectCommand(await object(key, parts?.whole ?? content)))
      return VersionId ?? null
    },
    async putIfAbsent(key, content) {
      const parts = await severalOf(content)
      if (parts !== null && !('whole' in parts))
        return await wasAbsent(() => sendParts(client, { ...at(key), ...encrypted }, parts, IF_ABSENT))
      const input = { ...(await object(key, parts?.whole ?? content)), ...IF_ABSENT }
      return await wasAbsent(() => pastConflict(() => client.send(new PutObjectCommand(input))))
    },
    async versionOf(key) {
      const where = at(key)
      return orAbsent(async () => (await client.send(new HeadObjectCommand(where))).VersionId ?? null)
    },
    async *list(wanted) {
      splitPrefix(wanted)
      let token: string | undefined
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}${wanted}`, ContinuationToken: token }),
        )
        for (const { Key } of page.Contents ?? []) yield Key!.slice(prefix.length)
        token = page.IsTruncated ? page.NextContinuationToken : undefined
      } while (token !== undefined)
    },
    async delete(key) {
      await client.send(new DeleteObjectCommand(at(key)))
    },
  }
}

const IF_ABSENT = { IfNoneMatch: '*' } as const

/** `false` where S3 says that an object stands there. */
async function wasAbsent(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (error) {
    if (nameOf(error) === 'PreconditionFailed') return false
    throw error
  }
}

/** `null` where S3 says that there is no such object or version: a HEAD has no body to say it in, and says NotFound. */
async function orAbsent<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (['NoSuchKey', 'NoSuchVersion', 'NotFound'].includes(nameOf(error))) return null
    throw error
  }
}

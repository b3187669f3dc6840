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

export interface S3StoreOptions {
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
}

/**
 * A conditional write may be refused because another one is under way (409): S3 asks to try again. Attempts 6, waits 50
 * to 800 ms, 1.6 s in all.
 */
const CONFLICT_WAITS_MS = [50, 100, 200, 400, 800] as const

/** An ObjectStore over a bucket. Throws RangeError for a key that no adapter takes, and what the SDK throws else. */
export function s3Store({ client, bucket, prefix = '', kmsKeyId }: S3StoreOptions): ObjectStore {
  const at = (key: string): { Bucket: string; Key: string } => {
    checkKey(key)
    return { Bucket: bucket, Key: `${prefix}${key}` }
  }
  const object = async (key: string, content: Content): Promise<PutObjectCommandInput> => ({
    ...at(key),
    // A stream is gathered: one request is one atomic write, and S3 wants its length. The SDK hashes and sends in steps:
    // a caller that goes on writing into its buffer must not reach the wire.
    Body: isWhole(content) ? (typeof content === 'string' ? content : new Uint8Array(content)) : await whole(content),
    ...(kmsKeyId ? { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyId, BucketKeyEnabled: true } : {}),
  })
  const get = async (key: string, VersionId?: string, Range?: string): Promise<Uint8Array | null> => {
    const where = { ...at(key), VersionId, Range }
    return orAbsent(async () => {
      const { Body } = await client.send(new GetObjectCommand(where))
      return await Body!.transformToByteArray()
    })
  }
  return {
    get,
    // One piece: a body that nobody reads to its end would hold its connection.
    async read(key, version) {
      const bytes = await get(key, version)
      return bytes && onePiece(bytes)
    },
    readRange: (key, start, length) =>
      get(key, undefined, `bytes=${start}-${start + length - 1}`).catch((error) => {
        if (nameOf(error) === 'InvalidRange') return new Uint8Array()
        throw error
      }),
    async put(key, content) {
      const { VersionId } = await client.send(new PutObjectCommand(await object(key, content)))
      return VersionId ?? null
    },
    async putIfAbsent(key, content) {
      const input = { ...(await object(key, content)), IfNoneMatch: '*' }
      for (let attempt = 0; ; attempt++) {
        try {
          await client.send(new PutObjectCommand(input))
          return true
        } catch (error) {
          if (nameOf(error) === 'PreconditionFailed') return false
          const wait = CONFLICT_WAITS_MS[attempt]
          if (nameOf(error) !== 'ConditionalRequestConflict' || wait === undefined) throw error
          await new Promise((resolve) => setTimeout(resolve, wait))
        }
      }
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

/** `null` where S3 says that there is no such object or version: a HEAD has no body to say it in, and says NotFound. */
async function orAbsent<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (['NoSuchKey', 'NoSuchVersion', 'NotFound'].includes(nameOf(error))) return null
    throw error
  }
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

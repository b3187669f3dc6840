/** Anchors in a bucket with Object Lock: what is kept there stays until its day, whoever overwrites or deletes it. No part of a deployment. */
import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { UserError } from '../../errors.ts'
import { inBlocks } from '../../streams/groups.ts'

interface AnchorBucket {
  /** Keeps a text under a key in compliance mode; one that is kept there already stays. Throws UserError where nothing is locked. */
  keep(key: string, text: string, until: Date): Promise<void>
  /** Every text that was ever kept below a prefix: a deletion or another object over it hides none. */
  all(prefix: string): AsyncIterable<string>
}

/** A bucket by its name; credentials, region and endpoint are those of the environment. */
export function anchorBucket(Bucket: string): AnchorBucket {
  const client = new S3Client()
  return {
    async keep(Key, Body, ObjectLockRetainUntilDate) {
      const lock = { ObjectLockMode: 'COMPLIANCE' as const, ObjectLockRetainUntilDate }
      try {
        await client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*', ...lock }))
      } catch (error) {
        const { name, message } = error as Error
        if (name === 'PreconditionFailed') return
        if (name === 'InvalidRequest' && /object.?lock/i.test(message))
          throw new UserError(
            `the bucket ${Bucket} has no Object Lock: what is kept there can be replaced, and anchors nothing. Make one that has ("aws s3api create-bucket --object-lock-enabled-for-bucket"), or name a file`,
          )
        throw error
      }
    },
    async *all(Prefix) {
      let KeyMarker: string | undefined
      let VersionIdMarker: string | undefined
      do {
        const page: ListObjectVersionsCommandOutput = await client.send(
          new ListObjectVersionsCommand({ Bucket, Prefix, KeyMarker, VersionIdMarker }),
        )
        yield* inBlocks(page.Versions ?? [], async ({ Key, VersionId }) => {
          const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }))
          return await Body!.transformToString()
        })
        KeyMarker = page.IsTruncated ? page.NextKeyMarker : undefined
        VersionIdMarker = page.NextVersionIdMarker
      } while (KeyMarker !== undefined)
    },
  }
}

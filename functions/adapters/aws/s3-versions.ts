/** Versions of objects in a bucket of S3, for a role that may remove them. */
import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsOutput,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { ObjectVersions } from '#ports'

/** @param isLocked whether a lock in governance mode has to be lifted: without it the right to do so is not needed */
export function s3Versions(client: S3Client, bucket: string, isLocked: boolean): ObjectVersions {
  return {
    async *list(prefix) {
      let at: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | null = {}
      while (at !== null) {
        const page: ListObjectVersionsOutput = await client.send(
          new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...at }),
        )
        const found = [
          ...(page.Versions ?? []).map((v) => ({ ...v, isMarker: false })),
          ...(page.DeleteMarkers ?? []).map((v) => ({ ...v, isMarker: true })),
        ]
        // Each of the two lists is in order, and they are one.
        found.sort((a, b) => Buffer.compare(Buffer.from(a.Key!), Buffer.from(b.Key!)) || +b.IsLatest! - +a.IsLatest!)
        for (const { Key, VersionId, isMarker } of found) yield { key: Key!, version: VersionId!, isMarker }
        at = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : null
      }
    },
    async remove(key, version) {
      const lifting = isLocked ? { BypassGovernanceRetention: true } : {}
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: version, ...lifting }))
    },
  }
}

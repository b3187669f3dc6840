/** A stream as one object of S3, sent in parts: nobody holds it whole, and it stands when the last part has come, or not at all. */
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { pastConflict } from './s3-conflict.ts'

/** Bytes of a part: S3 takes 10,000 of them, so 160 GB in all. */
export const PART_BYTES = 16 * 1024 * 1024

/** A stream in buffers of so many bytes, the last one shorter; one that is empty is one empty buffer. */
export async function* inParts(stream: AsyncIterable<Uint8Array | string>, size: number): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  let bytes = 0
  let parts = 0
  for await (const piece of stream) {
    // A caller may go on writing into its buffer.
    let rest = Buffer.from(piece as Uint8Array)
    while (bytes + rest.length >= size) {
      const taken = size - bytes
      yield Buffer.concat([...pieces, rest.subarray(0, taken)])
      parts++
      rest = rest.subarray(taken)
      pieces = []
      bytes = 0
    }
    if (rest.length > 0) pieces.push(rest)
    bytes += rest.length
  }
  if (bytes > 0 || parts === 0) yield Buffer.concat(pieces)
}

/** Sends parts, one after the other. `ifAbsent`: S3 refuses the last word where an object stands. @returns its version */
export async function sendParts(
  client: S3Client,
  asked: CreateMultipartUploadCommandInput,
  parts: AsyncIterable<Buffer>,
  ifAbsent: { readonly IfNoneMatch?: '*' } = {},
): Promise<string | null> {
  const created = await client.send(new CreateMultipartUploadCommand({ ...asked, ChecksumAlgorithm: 'CRC32' }))
  const at = { Bucket: asked.Bucket, Key: asked.Key, UploadId: created.UploadId }
  try {
    const Parts: CompletedPart[] = []
    for await (const Body of parts) {
      const PartNumber = Parts.length + 1
      const { ETag, ChecksumCRC32 } = await client.send(
        new UploadPartCommand({ ...at, PartNumber, Body, ChecksumAlgorithm: 'CRC32' }),
      )
      Parts.push({ PartNumber, ETag, ChecksumCRC32 })
    }
    // Parts are there: only the last word is said again.
    const { VersionId } = await pastConflict(() =>
      client.send(new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts }, ...ifAbsent })),
    )
    return VersionId ?? null
  } catch (error) {
    // Where a role may not, the bucket forgets it after a week.
    try {
      await client.send(new AbortMultipartUploadCommand(at))
    } catch {}
    throw error
  }
}

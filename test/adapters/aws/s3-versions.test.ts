import { DeleteObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { expect, it } from 'vitest'
import { s3Versions } from '#adapters/aws/s3-versions.ts'

const client = new S3Client({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })

it('tells versions and markers of each object together, the newest first, over pages', async () => {
  const s3 = mockClient(client)
  const version = (Key: string, VersionId: string, IsLatest: boolean) => ({ Key, VersionId, IsLatest })
  s3.on(ListObjectVersionsCommand, { Bucket: 'b', Prefix: 'a/' }).resolves({
    Versions: [version('a/1', 'v1', false), version('a/2', 'v3', true)],
    DeleteMarkers: [version('a/1', 'v2', true)],
    IsTruncated: true,
    NextKeyMarker: 'a/2',
    NextVersionIdMarker: 'v3',
  })
  s3.on(ListObjectVersionsCommand, { Bucket: 'b', Prefix: 'a/', KeyMarker: 'a/2', VersionIdMarker: 'v3' }).resolves({
    Versions: [version('a/2', 'v0', false)],
  })
  expect(await Array.fromAsync(s3Versions(client, 'b', false).list('a/'))).toEqual([
    { key: 'a/1', version: 'v2', isMarker: true },
    { key: 'a/1', version: 'v1', isMarker: false },
    { key: 'a/2', version: 'v3', isMarker: false },
    { key: 'a/2', version: 'v0', isMarker: false },
  ])
})

it.each([
  [true, { BypassGovernanceRetention: true }],
  [false, {}],
])('removes a version, past a lock where there is one: %s', async (isLocked, lifting) => {
  const s3 = mockClient(client)
  s3.on(DeleteObjectCommand).resolves({})
  await s3Versions(client, 'b', isLocked).remove('a/1', 'v1')
  expect(s3.commandCalls(DeleteObjectCommand).map(({ args }) => args[0].input)).toEqual([
    { Bucket: 'b', Key: 'a/1', VersionId: 'v1', ...lifting },
  ])
})

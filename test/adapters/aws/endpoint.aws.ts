/**
 * The contract suites against a real account or any other implementation (`npm run test:aws`). Credentials and endpoints
 * come from the environment as the SDK reads them: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_DYNAMODB, AWS_REGION, ... .
 * AUTOTUNE_TEST_BUCKET and AUTOTUNE_TEST_TABLE name what may be written to; without one, a fresh one is made and
 * removed: of buckets one without versions, one with, and one under Object Lock as the vault has it. A service of which neither an endpoint nor a name is given is not called.
 */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { DeleteCommand, DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dynamoTable } from '#adapters/aws/dynamo-table.ts'
import { s3Store } from '#adapters/aws/s3-store.ts'
import type { LedgerTable, ObjectStore } from '#ports'
import { ledgerTableContract } from '../contract/ledger-table.contract.ts'
import { objectStoreContract } from '../contract/object-store.contract.ts'
import type { Made } from '../contract/registry.ts'
import { freshTable } from './dynamo-engine.ts'

const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_DYNAMODB, AUTOTUNE_TEST_BUCKET, AUTOTUNE_TEST_TABLE } = process.env
const withS3 = Boolean(AWS_ENDPOINT_URL_S3 || AUTOTUNE_TEST_BUCKET)
const withDynamo = Boolean(AWS_ENDPOINT_URL_DYNAMODB || AUTOTUNE_TEST_TABLE)

it('knows what to test against', () => {
  expect(
    withS3 || withDynamo,
    'set AWS_ENDPOINT_URL_S3 or AUTOTUNE_TEST_BUCKET, AWS_ENDPOINT_URL_DYNAMODB or AUTOTUNE_TEST_TABLE',
  ).toBe(true)
})

/** How a bucket of a deployment is set, or null for the one that is named. */
const BUCKETS = AUTOTUNE_TEST_BUCKET
  ? { named: null }
  : {
      plain: { versions: false, locked: false },
      versioned: { versions: true, locked: false },
      locked: { versions: true, locked: true },
    }

describe.runIf(withS3).each(Object.entries(BUCKETS))('S3, a %s bucket', (kind, made) => {
  const client = new S3Client({})
  const bucket = AUTOTUNE_TEST_BUCKET ?? `autotune-${kind}-${process.pid}-${Date.now()}`
  let tests = 0
  beforeAll(async () => {
    if (!made) return
    await client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: made.locked }))
    if (made.versions && !made.locked)
      await client.send(
        new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
      )
    // As the vault has it, whose versions nobody removes before their day; a governed lock, so that this test can.
    if (made.locked)
      await client.send(
        new PutObjectLockConfigurationCommand({
          Bucket: bucket,
          ObjectLockConfiguration: {
            ObjectLockEnabled: 'Enabled',
            Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } },
          },
        }),
      )
  })
  afterAll(async () => {
    if (!made) return
    await removeVersions(client, bucket)
    await client.send(new DeleteBucketCommand({ Bucket: bucket }))
  })
  objectStoreContract(`endpoint, ${kind}`, async (): Promise<Made<ObjectStore>> => {
    const adapter = s3Store({ client, bucket, prefix: `contract-${process.pid}-${Date.now()}-${tests++}/` })
    return {
      adapter,
      async dispose() {
        for await (const key of adapter.list('')) await adapter.delete(key)
      },
    }
  })

  it.runIf(made?.versions)(
    'keeps what was there: each write has a version, which is read after others and a deletion',
    async () => {
      const store = s3Store({ client, bucket, prefix: 'versions/' })
      const [first, second] = [await store.put('a', 'one'), await store.put('a', 'two')]
      expect([first, second, first === second]).toEqual([expect.any(String), expect.any(String), false])
      expect(await store.versionOf('a')).toBe(second)
      await store.delete('a')
      expect(await store.get('a')).toBeNull()
      const [old] = await Array.fromAsync((await store.read('a', first!))!)
      expect(Buffer.from(old as Uint8Array).toString()).toBe('one')
      // A deletion hides; what it hid is no reason to refuse.
      expect(await store.putIfAbsent('a', 'three')).toBe(true)
      expect(await store.putIfAbsent('a', 'four')).toBe(false)
    },
  )

  it('takes a stream in parts, of which it keeps all or nothing, and the second that is put if absent it refuses', async () => {
    // The least that S3 takes of a part that is not the last.
    const store = s3Store({ client, bucket, prefix: 'parts/', partBytes: 5 * 1024 * 1024 })
    const piece = Buffer.alloc(1024 * 1024, 'x')
    const stream = async function* () {
      for (let i = 0; i < 7; i++) yield piece
    }
    await store.put('a', stream())
    expect(await store.putIfAbsent('b', stream())).toBe(true)
    expect(await store.putIfAbsent('b', stream())).toBe(false)
    for (const key of ['a', 'b']) {
      expect((await store.get(key))!.length).toBe(7 * piece.length)
      const parts = await Array.fromAsync((await store.read(key))!)
      expect(Buffer.concat(parts).length).toBe(7 * piece.length)
    }
    const cut = async function* () {
      yield* stream()
      throw new Error('the line is cut')
    }
    await expect(store.put('c', cut())).rejects.toThrow('the line is cut')
    expect(await store.get('c')).toBeNull()
  }, 120_000)

  it.runIf(made?.locked)('lets nobody remove a version before its day', async () => {
    const store = s3Store({ client, bucket, prefix: 'locked/' })
    const version = await store.put('a', 'one')
    const where = { Bucket: bucket, Key: 'locked/a', VersionId: version! }
    await expect(client.send(new DeleteObjectCommand(where))).rejects.toThrow()
    expect(await store.get('a')).not.toBeNull()
  })
})

/** Removes every version, also a governed one. */
async function removeVersions(client: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }))
    const all = [...Versions, ...DeleteMarkers]
    if (all.length === 0) return
    for (const { Key, VersionId } of all)
      await client.send(new DeleteObjectCommand({ Bucket, Key: Key!, VersionId, BypassGovernanceRetention: true }))
  }
}

describe.runIf(withDynamo)('DynamoDB', () => {
  const client = new DynamoDBClient({})
  let made: { table: string; remove(): Promise<void> }
  beforeAll(async () => {
    made = AUTOTUNE_TEST_TABLE ? { table: AUTOTUNE_TEST_TABLE, remove: async () => {} } : await freshTable(client)
  })
  afterAll(() => made.remove())
  ledgerTableContract(
    'endpoint',
    async (): Promise<Made<LedgerTable>> => ({
      adapter: dynamoTable({ client, table: made.table }),
      dispose: () => emptyTable(client, made.table),
    }),
  )
})

/** Removes every item: the contract wants an empty table, and a real one takes ten seconds to create. */
async function emptyTable(client: DynamoDBClient, table: string): Promise<void> {
  const documents = DynamoDBDocumentClient.from(client)
  let from: Record<string, unknown> | undefined
  do {
    const page = await documents.send(
      new ScanCommand({
        TableName: table,
        ConsistentRead: true,
        ExclusiveStartKey: from,
        ProjectionExpression: 'pk, sk',
      }),
    )
    for (const item of page.Items ?? [])
      await documents.send(new DeleteCommand({ TableName: table, Key: { pk: item.pk, sk: item.sk } }))
    from = page.LastEvaluatedKey
  } while (from)
}

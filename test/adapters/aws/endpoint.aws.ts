/**
 * The contract suites against a real account or any other implementation (`npm run test:aws`). Credentials and endpoints
 * come from the environment as the SDK reads them: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_DYNAMODB, AWS_REGION, ... .
 * AUTOTUNE_TEST_BUCKET and AUTOTUNE_TEST_TABLE name what may be written to; without one, a fresh one is made and
 * removed. A service of which neither an endpoint nor a name is given is not called.
 */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3'
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

describe.runIf(withS3)('S3', () => {
  const client = new S3Client({})
  const bucket = AUTOTUNE_TEST_BUCKET ?? `autotune-contract-${process.pid}-${Date.now()}`
  let tests = 0
  beforeAll(async () => {
    if (!AUTOTUNE_TEST_BUCKET) await client.send(new CreateBucketCommand({ Bucket: bucket }))
  })
  afterAll(async () => {
    if (!AUTOTUNE_TEST_BUCKET) await client.send(new DeleteBucketCommand({ Bucket: bucket }))
  })
  objectStoreContract('endpoint', async (): Promise<Made<ObjectStore>> => {
    const adapter = s3Store({ client, bucket, prefix: `contract-${process.pid}-${Date.now()}-${tests++}/` })
    return {
      adapter,
      async dispose() {
        for await (const key of adapter.list('')) await adapter.delete(key)
      },
    }
  })
})

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

import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dynamoTable } from '#adapters/aws/dynamo-table.ts'
import { type Engine, freshTable, startEngine } from './dynamo-engine.ts'

const offline = { region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }

describe('dynamo table, beside the contract', () => {
  let engine: Engine
  let made: { table: string; remove(): Promise<void> }
  beforeAll(async () => {
    engine = await startEngine()
    made = await freshTable(engine.client)
  })
  afterAll(() => engine.stop())

  it('reads on where a page of one megabyte ends', async () => {
    const table = dynamoTable({ client: engine.client, table: made.table })
    const body = { text: 'x'.repeat(100_000) }
    for (let i = 10; i < 35; i++) await table.create('large', `${i}`, body)
    const rows = await Array.fromAsync(table.query<typeof body>('large'))
    expect(rows.map((r) => r.sk)).toEqual(Array.from({ length: 25 }, (_, i) => `${i + 10}`))
    expect(rows.every((r) => r.body.text.length === 100_000)).toBe(true)
  })

  it('says on the item what it is and which shape it has', async () => {
    const table = dynamoTable({ client: engine.client, table: made.table })
    await table.create('heldout#order.refund', 'v1', { b: 1, a: [2] })
    const { Item } = await engine.client.send(
      new GetItemCommand({
        TableName: made.table,
        Key: { pk: { S: 'heldout#order.refund' }, sk: { S: 'v1' } },
      }),
    )
    expect(Item).toEqual({
      pk: { S: 'heldout#order.refund' },
      sk: { S: 'v1' },
      revision: { N: '0' },
      body: { S: '{"a":[2],"b":1}' },
      entity: { S: 'heldout' },
      schemaVersion: { N: '1' },
    })
  })

  it('fails on throttling and on a missing table: neither is a lost race', async () => {
    const table = dynamoTable({ client: engine.client, table: 'no-such-table' })
    await expect(table.create('p', 's', 1)).rejects.toThrow('not found')
    await expect(table.get('p', 's')).rejects.toThrow('not found')
    const client = new DynamoDBClient(offline)
    const mock = mockClient(DynamoDBDocumentClient)
    mock.on(PutCommand).rejects(Object.assign(new Error('slow'), { name: 'ThrottlingException' }))
    await expect(dynamoTable({ client, table: 't' }).create('p', 's', 1)).rejects.toThrow('slow')
    mock.restore()
  })

  it('reads consistently', async () => {
    const client = new DynamoDBClient(offline)
    const mock = mockClient(DynamoDBDocumentClient)
    mock.on(GetCommand).resolves({})
    await dynamoTable({ client, table: 't' }).get('p', 's')
    expect(mock.commandCalls(GetCommand)[0]!.args[0].input.ConsistentRead).toBe(true)
    mock.restore()
  })
})

/** DynamoDB for tests: dynalite in this process, or the endpoint that the environment names. One fresh table at a time. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'

export interface Engine {
  readonly client: DynamoDBClient
  stop(): Promise<void>
}

/** Starts dynalite on 127.0.0.1 (a host name would become part of a bucket or table address). */
export async function startEngine(): Promise<Engine> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 })
  // A loaded machine stands still for longer than idle sockets live: the client would go on with one that is closed.
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const client = new DynamoDBClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  return {
    client,
    async stop() {
      client.destroy()
      server.close()
    },
  }
}

let tables = 0

/** Creates a table as the stateful stack declares it, and says how to remove it. */
export async function freshTable(client: DynamoDBClient): Promise<{ table: string; remove(): Promise<void> }> {
  const table = `autotune-contract-${process.pid}-${Date.now()}-${tables++}`
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  )
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 0.02, maxDelay: 1 }, { TableName: table })
  return {
    table,
    async remove() {
      await client.send(new DeleteTableCommand({ TableName: table }))
    },
  }
}

/** Ledger items in DynamoDB: one table, one conditional write on one item per state change, no transactions. */
import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { canonical } from '#core/canonical.ts'
import type { LedgerRow, LedgerTable } from '#ports'
import { checkItemKey, checkQuery, createEach } from '../port-rules/table-key.ts'

interface DynamoTableOptions {
  readonly client: DynamoDBClient
  readonly table: string
}

/** Version of the item's shape. */
const SCHEMA_VERSION = 1

/** An item as it stands in the table. The body is canonical JSON text, so that it comes back byte for byte. */
interface Item {
  readonly pk: string
  readonly sk: string
  readonly revision: number
  readonly body: string
}

/** A LedgerTable over a DynamoDB table with keys `pk` and `sk`. Every read is consistent. */
export function dynamoTable({ client, table }: DynamoTableOptions): LedgerTable {
  const documents = DynamoDBDocumentClient.from(client)
  const current = { ConditionExpression: 'revision = :seen' }
  const create: LedgerTable['create'] = async (pk, sk, body) => {
    checkItemKey(pk, sk)
    const item = { pk, sk, revision: 0, body: canonical(body), entity: entityOf(pk), schemaVersion: SCHEMA_VERSION }
    return holds(() =>
      documents.send(new PutCommand({ TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' })),
    )
  }
  const update: LedgerTable['update'] = async (pk, sk, revision, body) => {
    checkItemKey(pk, sk)
    const text = canonical(body)
    return holds(() =>
      documents.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk, sk },
          UpdateExpression: 'SET body = :body, revision = :next',
          ...current,
          ExpressionAttributeValues: { ':body': text, ':next': revision + 1, ':seen': revision },
        }),
      ),
    )
  }
  return {
    async get<T>(pk: string, sk: string) {
      checkItemKey(pk, sk)
      const { Item: item } = await documents.send(
        new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }),
      )
      return item ? rowOf<T>(item as Item) : null
    },
    create,
    createAll: createEach(create),
    update,
    // A conditional write that DynamoDB confirmed stands in several places; only a restore of the table takes it back.
    spend: (pk, sk, revision, body) => update(pk, sk, revision, body),
    async remove(pk, sk, revision) {
      checkItemKey(pk, sk)
      return holds(() =>
        documents.send(
          new DeleteCommand({
            TableName: table,
            Key: { pk, sk },
            ...current,
            ExpressionAttributeValues: { ':seen': revision },
          }),
        ),
      )
    },
    async *query<T>(pk: string, skPrefix = '') {
      checkQuery(pk, skPrefix)
      let from: Record<string, unknown> | undefined
      do {
        const page = await documents.send(
          new QueryCommand({
            TableName: table,
            ConsistentRead: true,
            KeyConditionExpression: skPrefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
            ExpressionAttributeValues: { ':pk': pk, ...(skPrefix === '' ? {} : { ':prefix': skPrefix }) },
            ExclusiveStartKey: from,
          }),
        )
        for (const item of page.Items ?? []) yield rowOf<T>(item as Item)
        from = page.LastEvaluatedKey
      } while (from !== undefined)
    },
  }
}

/** Kind of an item, for people who read the table: what stands before the first `#` of its partition. */
const entityOf = (pk: string): string => pk.split('#')[0]!

const rowOf = <T>({ pk, sk, revision, body }: Item): LedgerRow<T> => ({ pk, sk, revision, body: JSON.parse(body) })

/** Whether a conditional write found its condition true. */
async function holds(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}

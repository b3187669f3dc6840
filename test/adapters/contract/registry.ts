/** Every adapter of every port, made fresh and cleaned up. An adapter is held to its port's contract once it stands here. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dynamoTable } from '#adapters/aws/dynamo-table.ts'
import { s3Store } from '#adapters/aws/s3-store.ts'
import { copyObjects } from '#adapters/copy/copy-objects.ts'
import { copyTable } from '#adapters/copy/copy-table.ts'
import { fileStore } from '#adapters/local/files/file-store.ts'
import { sqliteTable } from '#adapters/local/sqlite/sqlite-table.ts'
import { encryptedStore } from '#adapters/local/vault/encrypted-store.ts'
import type { LedgerTable, ObjectStore } from '#ports'
import { memoryStore } from '../../support/memory/memory-store.ts'
import { memoryTable } from '../../support/memory/memory-table.ts'
import { type Engine, freshTable, startEngine } from '../aws/dynamo-engine.ts'
import { memoryBucket } from '../aws/memory-bucket.ts'

/** An adapter over fresh, empty storage, and how to be rid of it. */
export interface Made<T> {
  readonly adapter: T
  readonly dispose: () => Promise<void>
}
export type Make<T> = () => Promise<Made<T>>

/** A folder of its own in the system's place for temporary files. */
export async function freshFolder(): Promise<{ readonly folder: string; readonly dispose: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'autotune-contract-'))
  return { folder, dispose: () => rm(folder, { recursive: true, force: true }) }
}

const nothing = async () => {}

export const objectStores: Readonly<Record<string, Make<ObjectStore>>> = {
  memory: async () => ({ adapter: memoryStore(), dispose: nothing }),
  'a copy': async () => ({ adapter: copyObjects(memoryStore()), dispose: nothing }),
  files: async () => {
    const { folder, dispose } = await freshFolder()
    return { adapter: fileStore(join(folder, 'store')), dispose }
  },
  'files, not durable': async () => {
    const { folder, dispose } = await freshFolder()
    return { adapter: fileStore(join(folder, 'store'), { durable: false }), dispose }
  },
  'files, encrypted': async () => {
    const { folder, dispose } = await freshFolder()
    const key = randomBytes(32)
    const keys = { forReading: () => key, forWriting: async () => key }
    return { adapter: encryptedStore(fileStore(join(folder, 'store')), keys), dispose }
  },
  'files that could be encrypted and are plain': async () => {
    const { folder, dispose } = await freshFolder()
    const keys = { forReading: () => null, forWriting: async () => null }
    return { adapter: encryptedStore(fileStore(join(folder, 'store')), keys), dispose }
  },
  s3: async () => ({
    adapter: s3Store({ client: memoryBucket('store').client, bucket: 'store' }),
    dispose: nothing,
  }),
  's3, streams in parts': async () => ({
    adapter: s3Store({ client: memoryBucket('store').client, bucket: 'store', partBytes: 100_000 }),
    dispose: nothing,
  }),
  's3, without versions': async () => ({
    adapter: s3Store({ client: memoryBucket('store', { isVersioned: false }).client, bucket: 'store' }),
    dispose: nothing,
  }),
  's3, under a prefix, encrypted, in small pages': async () => ({
    adapter: s3Store({
      client: memoryBucket('store', { pageSize: 3 }).client,
      bucket: 'store',
      prefix: 'team/harness/',
      kmsKeyId: 'alias/experience',
    }),
    dispose: nothing,
  }),
}

/** One engine for all tests of a file; it ends with the process. */
let engine: Promise<Engine> | undefined

export const ledgerTables: Readonly<Record<string, Make<LedgerTable>>> = {
  memory: async () => ({ adapter: memoryTable(), dispose: nothing }),
  'a copy': async () => ({ adapter: copyTable(memoryTable()), dispose: nothing }),
  sqlite: async () => {
    const { folder, dispose } = await freshFolder()
    const table = sqliteTable(join(folder, 'deep', 'ledger.sqlite'))
    return {
      adapter: table,
      dispose: async () => {
        table.close()
        await dispose()
      },
    }
  },
  dynamodb: async () => {
    engine ??= startEngine()
    const { client } = await engine
    const { table, remove } = await freshTable(client)
    return { adapter: dynamoTable({ client, table }), dispose: remove }
  },
}

/** The deployed store: experience, vault and releases buckets and the ledger table, opened by name. */
import { tmpdir } from 'node:os'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { Clock, ObjectStore, Progress, Signer, Store } from '../../ports.ts'
import { fileScratch } from '../local/files/file-scratch.ts'
import { dynamoTable } from './dynamo-table.ts'
import { PART_BYTES } from './s3-parts.ts'
import { s3Store } from './s3-store.ts'

/** Names of what a stack deployed. */
export interface StoreNames {
  readonly bucket: string
  /** Vault bucket; null for a role that has no business there. */
  readonly vault: string | null
  /** Bucket of the releases; null for a role that neither reads nor writes them. */
  readonly releases: string | null
  readonly table: string
  /** Bucket of the journal of heads, and who makes its codes; null for a role that decides nothing. */
  readonly heads: { readonly bucket: string; readonly signer: Signer } | null
  /** Region; undefined: as the environment says. */
  readonly region?: string | undefined
  /** Whoever opens it may read the vault, and so send streams there in parts. @default - it writes there at most */
  readonly readsVault?: boolean
}

/** Whose rights the store works under. */
export type Credentials = NonNullable<S3ClientConfig['credentials']>

/** The deployed store, its ledger as it lies there. */
export interface AwsStore extends Store {
  /** Where its journal of heads lies, and who signs it; null: no journal was named. */
  readonly signing: { readonly objects: ObjectStore; readonly signer: Signer } | null
  close(): void
}

/** Requests at once: an import, a compile and a seal keep more than the SDK's 50 under way, and it warns of those that wait. */
const AT_ONCE = { httpsAgent: { maxSockets: 256 } } as const

/** How S3 is asked. */
export const S3_REQUESTS = {
  ...AT_ONCE,
  /** Milliseconds of silence after which a request is given up and sent again: the SDK would wait for ever. */
  socketTimeout: 60_000,
} as const

const systemClock: Clock = { now: () => new Date().toISOString() }

/** Opens the store over the names of a deployment. A bucket that is not named throws when it is touched. */
export function openAwsStore(
  names: StoreNames,
  {
    progress = () => {},
    clock = systemClock,
    credentials,
  }: { progress?: Progress; clock?: Clock; credentials?: Credentials } = {},
): AwsStore {
  const config = { ...(names.region ? { region: names.region } : {}), ...(credentials ? { credentials } : {}) }
  const s3 = new S3Client({ ...config, requestHandler: S3_REQUESTS })
  const dynamo = new DynamoDBClient({ ...config, requestHandler: AT_ONCE })
  const bucketOr = (bucket: string | null, what: string, parts = {}) =>
    bucket === null ? refusing(what) : s3Store({ client: s3, bucket, ...parts })
  return {
    objects: s3Store({ client: s3, bucket: names.bucket, partBytes: PART_BYTES }),
    vault: bucketOr(names.vault, 'held-out vault', names.readsVault ? { partBytes: PART_BYTES } : {}),
    releases: bucketOr(names.releases, 'releases'),
    table: dynamoTable({ client: dynamo, table: names.table }),
    signing: names.heads && {
      objects: s3Store({ client: s3, bucket: names.heads.bucket }),
      signer: names.heads.signer,
    },
    scratch: () => fileScratch(tmpdir()),
    clock,
    progress,
    rolesApart: true,
    close() {
      s3.destroy()
      dynamo.destroy()
    },
  }
}

/** Stands where a role has no such bucket: the policies would refuse it, this says so earlier. */
function refusing(what: string): ObjectStore {
  const refuse = (): never => {
    throw new Error(`this program was opened without the ${what}`)
  }
  return {
    get: async () => refuse(),
    read: async () => refuse(),
    readRange: async () => refuse(),
    put: async () => refuse(),
    putIfAbsent: async () => refuse(),
    versionOf: async () => refuse(),
    delete: async () => refuse(),
    // biome-ignore lint/correctness/useYield: it never comes to yield
    async *list() {
      refuse()
    },
  }
}

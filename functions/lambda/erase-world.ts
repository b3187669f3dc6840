/** What the function works with that erases: the store under its journal of heads, and the versions that its buckets keep. */
import { S3Client } from '@aws-sdk/client-s3'
import { S3_REQUESTS } from '#adapters/aws/open-store.ts'
import { s3Versions } from '#adapters/aws/s3-versions.ts'
import { ENV } from '#schemas/env-names.ts'
import type { ObjectVersions } from '../ports.ts'
import { signed } from './signed-store.ts'
import { type Environment, need, openStoreWorld, type StoreWorld } from './world.ts'

export interface EraseWorld extends StoreWorld {
  readonly versions: Readonly<Record<'objects' | 'vault', ObjectVersions>>
}

export function openEraseWorld(env: Environment = process.env): EraseWorld {
  const client = new S3Client({ requestHandler: S3_REQUESTS })
  return {
    ...openStoreWorld(env, signed),
    versions: {
      objects: s3Versions(client, need(env, ENV.bucket), false),
      vault: s3Versions(client, need(env, ENV.vault), true),
    },
  }
}

/** Any bucket that the caller's account may use, by its name: no part of a deployment. */
import { S3Client } from '@aws-sdk/client-s3'
import type { ObjectStore } from '#ports'
import { s3Store } from './s3-store.ts'

export const bucketStore = (bucket: string): ObjectStore => s3Store({ client: new S3Client(), bucket })

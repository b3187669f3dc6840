/** The key under which a store gives pseudonyms: made with its first redaction, kept where ingest alone reads, never changed. */
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { ingestAlone } from './side.ts'

interface KeptKey {
  readonly key: string
}

/** null: nothing was redacted in this store yet. */
export const redactionKey = async (store: Store): Promise<string | null> =>
  (await readJson<KeptKey>(ingestAlone(store), keys.redactionKey()))?.key ?? null

export const keepRedactionKey = async (store: Store, key: string): Promise<boolean> =>
  await ingestAlone(store).putIfAbsent(keys.redactionKey(), `${JSON.stringify({ key } satisfies KeptKey)}\n`)

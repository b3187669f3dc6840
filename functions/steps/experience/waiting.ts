/** What waits of traces between two imports: parts that were read, until the rest of their trace comes. */
import type { Part } from '#core/traces/span.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { streamValues } from '../../streams/read-object.ts'

/** Parts of one trace that stood in one row. */
export interface WaitingParts {
  /** Name of the dialect that read them. */
  readonly name: string
  /** When an import first read them, ISO 8601. */
  readonly since: string
  readonly parts: readonly Part[]
}

/**
 * Nobody knows yet on which side of the split they belong, so they lie where only ingest reads: in the vault, and in a deployment,
 * where ingest cannot read the vault, in its own part of the bucket.
 */
const placeOf = ({ rolesApart, objects, vault }: Store): ObjectStore => (rolesApart ? objects : vault)

/** What waits. */
export const readWaiting = (store: Store): AsyncGenerator<WaitingParts> =>
  streamValues<WaitingParts>(placeOf(store), keys.waiting())

/** From now on this waits, and nothing else. Written last: an import that is killed before then finds again what waited for it. */
export async function keepWaiting(store: Store, waiting: Iterable<WaitingParts>): Promise<void> {
  await placeOf(store).put(keys.waiting(), linesOf(waiting))
}

async function* linesOf(waiting: Iterable<WaitingParts>): AsyncGenerator<string> {
  for (const parts of waiting) yield `${JSON.stringify(parts)}\n`
}

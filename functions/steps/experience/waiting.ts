/** What waits of traces between two imports: parts that were read, until the rest of their trace comes. */
import type { Part } from '#core/traces/span.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { streamValues } from '../../streams/read-object.ts'
import { ingestAlone } from './side.ts'

/** Parts of one trace that stood in one row. */
export interface WaitingParts {
  /** Name of the dialect that read them. */
  readonly name: string
  /** When an import first read them, ISO 8601. */
  readonly since: string
  readonly parts: readonly Part[]
}

/** What waits. */
export const readWaiting = (store: Store): AsyncGenerator<WaitingParts> =>
  streamValues<WaitingParts>(ingestAlone(store), keys.waiting())

/** From now on this waits, and nothing else. Written last: an import that is killed before then finds again what waited for it. */
export async function keepWaiting(store: Store, waiting: Iterable<WaitingParts>): Promise<void> {
  await ingestAlone(store).put(keys.waiting(), linesOf(waiting))
}

async function* linesOf(waiting: Iterable<WaitingParts>): AsyncGenerator<string> {
  for (const parts of waiting) yield `${JSON.stringify(parts)}\n`
}

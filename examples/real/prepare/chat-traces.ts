/** Recorded customer-support conversations: input of the map `chat-messages`. */
import { type Recorded, readRecords } from './records.ts'

export type Domain = 'retail' | 'airline'

/** The conversations of one domain, as recorded. */
export function chatTraces(dataDir: string, domain: Domain): AsyncGenerator<Recorded, void, undefined> {
  return readRecords(dataDir, `traces/${domain}.jsonl.gz`)
}

/** Recorded customer-support conversations: input of the map `chat-messages`. */
import { type Recorded, readRecords } from './records.ts'

export type Domain = 'retail' | 'airline'

/**
 * The conversations of one domain, as recorded but for `domain`: some arms write a variant of its name there that
 * speaks of their policy text, and they work on the same tasks for the same customers.
 */
export async function* chatTraces(dataDir: string, domain: Domain): AsyncGenerator<Recorded, void, undefined> {
  for await (const trace of readRecords(dataDir, `traces/${domain}.jsonl.gz`)) yield { ...trace, domain }
}

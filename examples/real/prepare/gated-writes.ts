/** Conversations joined with the writes they made: input of the map `gated-writes`. */
import { chatTraces } from './chat-traces.ts'
import { allRecords, type Recorded } from './records.ts'

/** Every conversation of both domains, without its messages, with its `writes` (none: an empty list). */
export async function* gatedWrites(dataDir: string): AsyncGenerator<Recorded, void, undefined> {
  const writes = Map.groupBy(await allRecords(dataDir, 'traces/writes.jsonl.gz'), (write) => write.trace_id)
  for (const domain of ['retail', 'airline'] as const)
    for await (const { messages, ...trace } of chatTraces(dataDir, domain))
      yield { ...trace, writes: writes.get(trace.trace_id) ?? [] }
}

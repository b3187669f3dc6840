/** Requests joined with the customer's own records: input of the map `customer-records`. */
import { join } from 'node:path'
import { ImportError } from '#adapters/local/import/import-error.ts'
import type { Domain } from './chat-traces.ts'
import { allRecords, type Recorded, readRecords } from './records.ts'

const EVIDENCE = 'support/evidence.jsonl.gz'
const HISTORY = { retail: 'order_history', airline: 'reservation_history' } as const

interface Evidence extends Recorded {
  readonly doc_id: string
  readonly customer_id: string
  readonly source: string
}

interface Request extends Recorded {
  readonly domain: string
  readonly customer_id: string
  readonly history: readonly string[]
  readonly gold_by_source: Readonly<Record<string, readonly string[]>>
}

/**
 * Every request of one domain, with the `records` of the customer's history in its order and, as `gold_docs`, those of
 * them that the request needs.
 *
 * @throws ImportError when a record of a history is not in the store
 */
export async function* customerRecords(dataDir: string, domain: Domain): AsyncGenerator<Recorded, void, undefined> {
  const source = HISTORY[domain]
  const evidence = await allRecords<Evidence>(dataDir, EVIDENCE)
  const byId = new Map(evidence.filter((record) => record.source === source).map((record) => [record.doc_id, record]))
  for await (const request of readRecords<Request>(dataDir, 'support/queries.jsonl.gz')) {
    if (request.domain !== domain) continue
    const records = request.history.map((id) => {
      const record = byId.get(id)
      if (record?.customer_id !== request.customer_id)
        throw new ImportError({
          file: join(dataDir, EVIDENCE),
          line: null,
          field: 'doc_id',
          problem: `no ${source} record "${id}" of customer "${request.customer_id}"`,
          todo: 'Fetch the recorded data again',
        })
      return record
    })
    yield { ...request, records, gold_docs: request.gold_by_source[source] ?? [] }
  }
}

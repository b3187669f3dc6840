/** Rows of what is recorded: imports with what they dropped, corrections and scars of the search side. The vault is not opened. */
import { digestOf } from '#core/canonical.ts'
import { caseOf, type IndexLine } from '#core/experience/index-line.ts'
import { ALL_INTENTS, type ExportRow } from '#schemas/export-tables.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { readCorrections } from '../experience/corrections.ts'
import { intentsOf } from '../experience/documents.ts'
import { segmentValues } from '../experience/segments.ts'
import type { TraceImportRecord } from '../experience/trace-imports.ts'
import { readScars } from '../run/scars.ts'
import { dayOf } from './day.ts'

export async function* recordRows(store: Pick<Store, 'objects'>): AsyncGenerator<ExportRow> {
  yield* importRows(store.objects)
  const said = await readCorrections(store.objects)
  for (const intent of await intentsOf(store)) {
    for (const { case_id, run_id, since } of await readScars(store, intent))
      yield { table: 'scars', day: dayOf(since), intent, values: { case_id, run_id, since } }
    if (said.size === 0) continue
    for await (const line of segmentValues<IndexLine>(store.objects, keys.index(intent)))
      for (const one of said.get(line.run_id) ?? [])
        yield {
          table: 'corrections',
          // Said with an offset, it may be another day there.
          day: dayOf(new Date(one.at).toISOString()),
          intent,
          values: {
            run_id: one.run_id,
            said_at: one.at,
            digest: digestOf(one),
            case_id: caseOf(line),
            said_by: one.by,
            passed: one.outcome?.passed ?? null,
            score: one.outcome?.score ?? null,
            label_disputed: one.label_disputed ?? null,
            passages: Object.keys(one.evidence ?? {}).length,
            note: one.note ?? null,
          },
        }
  }
}

/** Dropped traces by count and reason. The one that a record names as an example is not told: its id helps nobody here. */
async function* importRows(objects: ObjectStore): AsyncGenerator<ExportRow> {
  for await (const key of objects.list(keys.traceImports())) {
    const record = (await readJson<TraceImportRecord>(objects, key))!
    const import_digest = `sha256:${key.slice(keys.traceImports().length).replace(/\.json$/, '')}`
    const at = { day: dayOf(record.last), intent: ALL_INTENTS }
    const { traces, runs, waiting, dropped } = record
    yield {
      table: 'imports',
      ...at,
      values: {
        ...{ import_digest, dialects: record.dialects.join(', '), unit: record.unit, family_rule: record.family },
        ...{ traces, runs, waiting, dropped: dropped.reduce((sum, { n }) => sum + n, 0) },
        ...{ first_at: record.first, last_at: record.last },
      },
    }
    for (const { reason, n } of dropped)
      yield {
        table: 'left_out',
        ...at,
        values: { source: 'import', of_id: import_digest, reason, n, counts: 'traces' },
      }
  }
}

/** What a store knows of its imports of traces: the rule by which all of them are read, and what each read, joined and dropped. */
import { canonical, digestOfBytes } from '#core/canonical.ts'
import type { TraceOptions } from '#core/traces/options.ts'
import type { TraceSelection } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'

/** What becomes a run, and what a family is. */
export type TraceRule = Pick<TraceOptions, 'unit' | 'family'>

/** @throws UserError where the first import of traces into this store read them by another rule */
export async function refuseOtherRule(objects: ObjectStore, { unit, family }: TraceRule): Promise<void> {
  const fixed = await readJson<TraceRule>(objects, keys.traceRule())
  if (fixed !== null && (fixed.unit !== unit || fixed.family !== family))
    throw new UserError(
      `this store reads traces with --unit ${fixed.unit} --family ${fixed.family}, which its first import of traces fixed, and this one says --unit ${unit} --family ${family}: families never move. Use the same options, or another --store`,
    )
}

/** The first import of traces says for good how they are read. */
export const fixTraceRule = async (objects: ObjectStore, { unit, family }: TraceRule): Promise<boolean> =>
  await objects.putIfAbsent(keys.traceRule(), `${canonical({ unit, family })}\n`)

/** Why traces became no run: how many, and one of them. */
export interface DroppedTraces {
  readonly reason: string
  readonly n: number
  readonly example: string
}

/** What an import did with traces. */
export interface TraceImportRecord extends TraceRule {
  /** Names of the dialects. */
  readonly dialects: readonly string[]
  readonly traces: number
  readonly runs: number
  readonly waiting: number
  readonly dropped: readonly DroppedTraces[]
  /** Instants of the first and the last run. */
  readonly first: string | null
  readonly last: string | null
  /** Everything counted, by name. */
  readonly counts: Readonly<Record<string, unknown>>
  /** Traces whose stored run stands: a part of it came, or it was refused by name. Absent: none. */
  readonly parts?: number
  readonly refused?: number
  /** Pseudonyms in the runs, by rule; absent: nothing was redacted. */
  readonly redacted?: Readonly<Record<string, number>>
}

/** Writes what an import did; the same import again leaves the same record. */
export async function noteTraceImport(objects: ObjectStore, record: TraceImportRecord): Promise<void> {
  const text = `${canonical(record)}\n`
  await objects.putIfAbsent(keys.traceImport(digestOfBytes(text)), text)
}

/** What all imports of traces into this store read; null: no run of it comes from traces. */
export async function traceSelection(objects: ObjectStore): Promise<TraceSelection | null> {
  const dropped: Record<string, number> = {}
  let [imports, runs] = [0, 0]
  for await (const key of objects.list(keys.traceImports())) {
    const record = (await readJson<TraceImportRecord>(objects, key))!
    imports++
    runs += record.runs
    for (const { reason, n } of record.dropped) dropped[reason] = (dropped[reason] ?? 0) + n
  }
  return imports === 0 ? null : { imports, runs, dropped }
}

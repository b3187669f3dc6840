/** What a store knows of its imports of traces: the rule by which all of them are read, and what each read, joined and dropped. */
import { canonical, digestOfBytes } from '#core/canonical.ts'
import type { TraceOptions } from '#core/traces/options.ts'
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
}

/** Writes what an import did; the same import again leaves the same record. */
export async function noteTraceImport(objects: ObjectStore, record: TraceImportRecord): Promise<void> {
  const text = `${canonical(record)}\n`
  await objects.putIfAbsent(keys.traceImport(digestOfBytes(text)), text)
}

/** Of all traces that a store's imports read, those that became no run: whatever rests on the others rests on a selection. */
export interface TraceSelection {
  readonly imports: number
  readonly runs: number
  /** 0..1 of runs and dropped traces; one that several imports read counts in each. */
  readonly dropped_share: number
  /** The most frequent reason first. */
  readonly dropped: readonly DroppedTraces[]
}

/** Null: no run of this store was imported from traces. */
export async function traceSelection(objects: ObjectStore): Promise<TraceSelection | null> {
  const reasons = new Map<string, DroppedTraces>()
  let [imports, runs] = [0, 0]
  for await (const key of objects.list(keys.traceImports())) {
    const record = await readJson<TraceImportRecord>(objects, key)
    if (record === null) continue
    imports++
    runs += record.runs
    for (const { reason, n, example } of record.dropped) {
      const known = reasons.get(reason)
      reasons.set(reason, { reason, n: n + (known?.n ?? 0), example: known?.example ?? example })
    }
  }
  const dropped = [...reasons.values()].sort((a, b) => b.n - a.n || (a.reason < b.reason ? -1 : 1))
  const all = dropped.reduce((sum, { n }) => sum + n, runs)
  return imports === 0 ? null : { imports, runs, dropped_share: all === 0 ? 0 : (all - runs) / all, dropped }
}

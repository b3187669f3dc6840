/** Files of traces to native runs, with what was read, joined and left out on the way. */
import { readRows } from '#adapters/local/carriers/read-rows.ts'
import { WHOLE } from '#adapters/local/carriers/source.ts'
import { ImportError } from '#adapters/local/import/import-error.ts'
import { checkedRun } from '#adapters/local/import/native-run.ts'
import { TwoFamilies } from '#core/traces/family.ts'
import type { TraceOptions } from '#core/traces/options.ts'
import { otherTool } from '#core/traces/other-tools.ts'
import { DIALECTS, dialectNamed } from '#core/traces/registry.ts'
import { WAITING, type WaitReason } from '#core/traces/settle.ts'
import { DROPPED, type DropReason, type Tally } from '#core/traces/tally.ts'
import { SpanConflict } from '#core/traces/trace.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { UserError } from '../errors.ts'
import type { Scratch } from '../ports.ts'
import { type FoundDialect, type Row, readTraces, type Settling } from '../steps/experience/read-traces.ts'

export interface TraceImport {
  /** Name of a dialect; null: each file says itself which it is. */
  readonly from: string | null
  readonly options: TraceOptions
  /** Share of traces that may be dropped, 0..1. */
  readonly maxDropped: number
  /** Take an export that says that there is more. */
  readonly allowCut: boolean
  /** Milliseconds since its end before which a trace may still grow. @default an hour */
  readonly settleMs?: number
}

/** Traces that ended an hour ago have all their spans, as exporters and backends write them. */
export const SETTLE_MS = 3_600_000

/** Of all traces, those that became none: a selection that everything which rests on the others must show. */
export interface TracesReport {
  readonly dialects: readonly FoundDialect[]
  readonly traces: number
  readonly runs: number
  /** Traces that are not stored yet: the next import goes on with them. */
  readonly waiting: number
  readonly waits: readonly { readonly reason: WaitReason; readonly n: number; readonly example: string }[]
  /** Traces of which a run is stored, and that are none as they came now: a window cut them. */
  readonly parts: number
  /** Of those that do not wait and are no such part, 0..1. */
  readonly dropped_share: number
  readonly dropped: readonly { readonly reason: DropReason; readonly n: number; readonly example: string }[]
  readonly left_out: readonly string[]
  /** Scores that the traces carry and that nobody named: who gave them, and an option that would, by the first of each. */
  readonly scores: readonly {
    readonly name: string
    readonly n: number
    readonly kind: string
    readonly option: string
  }[]
  readonly first: string | null
  readonly last: string | null
  /** Everything counted, by name: records, spans, model calls, tools, retrievals, scores ... */
  readonly counts: Readonly<Record<string, unknown>>
}

/** Rows with ids or times that nobody can read, above which the export is not what it seems. */
const MOST_UNREAD = 0.01

/**
 * Every trace of some files as a native run, or what is wrong with it; `report` is whole when all were taken.
 *
 * @throws UserError for files of no dialect or of several, and, in the end, where too much could not be read or was dropped
 */
export async function* traceRuns(
  files: readonly string[],
  { from, options, maxDropped, allowCut, settleMs = SETTLE_MS }: TraceImport,
  scratch: () => Scratch,
  tell: (report: TracesReport) => void,
  settling: Omit<Settling, 'settleMs'>,
): AsyncGenerator<ExperienceRun | ImportError> {
  const leftOut: string[] = []
  const dialect = from === null ? null : namedDialect(from)
  const rows = readRows(files, { leftOut: (file) => leftOut.push(file) })
  const reading = await readTraces(rows, dialect, options, scratch, { ...settling, settleMs })
  let isRefused = false
  for (const made of tracesOf(reading.traces())) {
    if (made instanceof ImportError) {
      isRefused = true
      yield made
    } else if (made.kind === 'run') {
      const native = checkedRun(made.run)
      if (native.kind === 'run') {
        if (native.run.started_at) reading.tally.between(native.run.started_at)
        yield native.run
      } else
        yield new ImportError({
          file: files[0]!,
          line: null,
          field: native.field,
          problem: `trace ${made.run.trace_id}: ${native.problem}`,
          todo: 'Leave the trace out of the export, or correct what wrote it',
        })
    }
  }
  const report = reportOf(reading.dialects, reading.tally, leftOut)
  tell(report)
  // What was counted up to a refusal is no whole, and the refusal says what is wrong.
  if (isRefused) return
  refuseTooMuch(files, report, reading.tally, { maxDropped, allowCut })
}

function namedDialect(name: string) {
  const dialect = dialectNamed(name)
  if (dialect === null)
    throw new UserError(
      `--from ${name}: there is no such dialect; it is one of ${DIALECTS.map((d) => d.name).join(' | ')}`,
    )
  return dialect
}

/** What is refused by name, as an error of its trace. */
function* tracesOf<T>(traces: Generator<T>): Generator<T | ImportError> {
  try {
    yield* traces
  } catch (error) {
    if (error instanceof SpanConflict) {
      const { span, other } = error
      yield new ImportError({
        file: span.where.file,
        line: null,
        field: null,
        problem: `${error.message} (${span.where.at}, and ${other.where.file} ${other.where.at})`,
        todo: 'Export the trace again: nothing says which of the two is newer',
      })
    } else if (error instanceof TwoFamilies)
      yield new ImportError({
        file: error.where?.file ?? 'trace',
        line: null,
        field: null,
        problem: error.message,
        todo: 'Name with --family what a family is: session, user, trace, or the path of a field',
      })
    else throw error
  }
}

function reportOf(dialects: readonly FoundDialect[], tally: Tally, leftOut: readonly string[]): TracesReport {
  const traces = tally.of('traces.n')
  const runs = tally.of('runs.n')
  const reasons = <R extends string>(kind: string, all: readonly R[]) =>
    all.flatMap((reason) => {
      const n = tally.of(`${kind}.${reason}`)
      return n === 0 ? [] : [{ reason, n, example: tally.exampleOf(`${kind}.${reason}`) ?? '' }]
    })
  const waits = reasons('waiting', WAITING)
  const waiting = waits.reduce((sum, { n }) => sum + n, 0)
  const parts = tally.of('traces.parts')
  const ended = traces - waiting - parts
  return {
    dialects,
    traces,
    runs,
    waiting,
    waits,
    parts,
    dropped_share: ended === 0 ? 0 : (ended - runs) / ended,
    dropped: reasons('dropped', DROPPED),
    left_out: leftOut,
    scores: tally.under('scores.unmapped').map(([name, n]) => {
      const example = tally.exampleOf(`scores.unmapped.${name}`) ?? ''
      const space = example.indexOf(' ')
      return { name, n, kind: example.slice(0, space), option: `--score ${example.slice(space + 1)}` }
    }),
    first: tally.first,
    last: tally.last,
    counts: tally.json(),
  }
}

/** What to do about traces that became no run. */
const WAY_OUT: Readonly<Record<DropReason, string>> = {
  no_model_call: 'it holds no call of a model: leave it out of the export',
  content_missing: 'messages were not captured: switch on the capture of message content in the instrumentation',
  content_truncated: 'a limit cut it: raise OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT, and the limit of the backend',
  content_external: 'its content lies in another store: export it with the content',
  clock_backwards: 'a span ends before it starts: mend the clocks, or leave the trace out',
  open: 'it has not ended: import it again when it has',
  cut: 'the span above its others is in no line: export whole traces, or a window that holds the rest of it too',
  scorer_trace: 'a scorer wrote it about another trace',
  waits_for_approval: 'it waits for a person, or goes on after one answered: --unit session makes both parts one run',
  too_large: 'it is a job, no run of an agent: leave it out',
  cycle: 'its spans are each other’s parents: export it again',
}

/** Each reason with what to do about it and the first such trace. */
export const droppedTexts = (dropped: TracesReport['dropped']): string[] =>
  dropped.map(({ reason, n, example }) => `${n} ${reason}: ${WAY_OUT[reason]}; e.g. ${example}`)

function refuseTooMuch(
  files: readonly string[],
  { traces, runs, waiting, parts, dropped_share, dropped }: TracesReport,
  tally: Tally,
  { maxDropped, allowCut }: Pick<TraceImport, 'maxDropped' | 'allowCut'>,
): void {
  const named = files.join(', ')
  const unread = tally.of('unread.id_unreadable')
  const rows = tally.of('spans.read') + unread
  if (unread > MOST_UNREAD * rows)
    throw new UserError(
      `${named}: ${unread} of ${rows} spans have ids that nobody can read (${tally.exampleOf('unread.id_unreadable')}): export them as hex or base64`,
    )
  const timeless = tally.of('unread.time_unreadable')
  if (timeless > MOST_UNREAD * (rows + timeless))
    throw new UserError(
      `${named}: ${timeless} of ${rows + timeless} spans start at a time that nobody can read (${tally.exampleOf('unread.time_unreadable')}): export times in ISO 8601, or as nanoseconds since 1970`,
    )
  if (!allowCut && tally.of('unread.export_cut') > 0)
    throw new UserError(
      `${named}: the export says that there is more: ${tally.exampleOf('unread.export_cut')}. Fetch the rest into one file or folder, or take it as it is with --allow-cut`,
    )
  const reasons = droppedTexts(dropped).map((text) => `  ${text}`)
  if (tally.of('records.read') === 0 && traces === 0) throw new UserError(`${named}: no record is in it`)
  if (runs + waiting + parts === 0)
    throw new UserError([`${named}: none of ${traces} traces became a run`, ...reasons].join('\n'))
  if (dropped_share > maxDropped)
    throw new UserError(
      [
        `${named}: ${traces - waiting - parts - runs} of ${traces - waiting - parts} traces (${percent(dropped_share)}) would be dropped, more than ${percent(maxDropped)} (--max-dropped)`,
        ...reasons,
      ].join('\n'),
    )
}

/** A share of traces as imports tell it. */
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/**
 * Does a file hold traces, as `import` sees it without being told? Native records and lines that no dialect knows are none of them: the
 * reader of native records says what is wrong with those.
 */
export async function holdsTraces(files: readonly string[]): Promise<boolean> {
  const [first] = files
  if (first === undefined || first === '-') return false
  const head: Row[] = []
  let fault: unknown = null
  try {
    for await (const row of readRows([first])) if (head.push(row) === 20) break
  } catch (error) {
    fault = error
  }
  if (head.some(({ value }) => isNative(value))) return false
  if (head.some(({ value }) => DIALECTS.some((dialect) => dialect.claims(value) > 0) || otherTool(value))) return true
  // Native records stand on lines: of a file that is no text of records, or of a list, their reader would say that each is no JSON.
  if (fault !== null)
    return (
      fault instanceof ImportError &&
      fault.field !== WHOLE &&
      (fault.line === null || fault.problem.startsWith('the table '))
    )
  return head.length === 0 || head.some(({ at }) => !at.startsWith('line '))
}

const isNative = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'run_id' in value && 'family_id' in value

/**
 * A dialect of traces: how a kind of exporter writes spans, messages and tokens. One is a file in `dialects/` and a line in
 * `registry.ts`; carriers, grouping, timeline, tools, retrieval and family are shared and no dialect repeats them.
 */

import { isEvaluation } from './evaluated-arm.ts'
import { type About, emptySpan, type Part, type Span, type Where } from './span.ts'
import { atPathIn, type Fields, isFields, type JsonValue } from './values.ts'
import { type WireLog, type WireRow, type WireSpan, wireOf } from './wire.ts'

/** Paths of fields that the user named (`--intent`, `--family`, `--tag`): what they say is kept with each span. */
export interface Asked {
  readonly paths: readonly string[]
}

export interface Dialect {
  /** As `--from` takes it. */
  readonly name: string
  /** One line for `import --list`: who writes it, in which carriers. */
  readonly about: string
  /** Dialects of one envelope may stand side by side in an import; those of two may not. */
  readonly envelope: string
  /** How many things of this row are unmistakably of this dialect; 0: none. What another dialect would claim too does not count. */
  claims(row: unknown): number
  /** What the row says. Throws nothing on data: what it cannot read is a part `unread`. */
  parts(row: unknown, where: Where, asked: Asked): Iterable<Part>
}

/** Values at the paths that the user named. */
export const namedIn = (row: unknown, asked: Asked): Record<string, JsonValue> =>
  isFields(row) ? namedInRows([row], asked) : {}

/** The same of several rows that are read as one, the first before the others. */
function namedInRows(rows: readonly Fields[], { paths }: Asked): Record<string, JsonValue> {
  const named: Record<string, JsonValue> = {}
  for (const path of paths) {
    const value = atPathIn(rows, path)
    if (value !== null && value !== undefined) named[path] = value as JsonValue
  }
  return named
}

/** What a span's attributes mean in a dialect: null where the span is none of its own. */
export interface SpanReader {
  readonly name: string
  readonly about: string
  marks(span: WireSpan): boolean
  marksLog?(log: WireLog): boolean
  read(span: WireSpan): Partial<Span>
  /** A log record that carries what belongs to a span. */
  readLog?(log: WireLog): Partial<Span> | null
  /** What a row says beside its spans of their trace. */
  beside?(row: Fields, where: Where, asked: Asked): Iterable<About>
}

const NO_ROW: WireRow = { spans: [], logs: [], unread: [] }
const NOWHERE: Where = { file: '', at: '' }

/** Rows as they were looked at: every dialect of these envelopes asks of the same ones whether they are its own. */
const looked = new WeakMap<object, WireRow>()

function lookedAt(row: unknown): WireRow {
  if (typeof row !== 'object' || row === null) return NO_ROW
  const known = looked.get(row) ?? wireOf(row, NOWHERE) ?? NO_ROW
  looked.set(row, known)
  return known
}

/**
 * The dialects that share OpenTelemetry's envelopes, as one: each span is read by the first of `readers` that knows it, whichever of them
 * has the most, because a trace may well hold spans of several. A span that none knows is bridged.
 */
export function overSpans(reader: SpanReader, readers: readonly SpanReader[]): Dialect {
  const readerOf = (span: WireSpan) => readers.find((each) => each.marks(span))
  return {
    name: reader.name,
    about: reader.about,
    envelope: 'opentelemetry',
    claims(row) {
      const { spans, logs } = lookedAt(row)
      return (
        spans.filter((span) => readerOf(span) === reader).length + logs.filter((log) => reader.marksLog?.(log)).length
      )
    },
    *parts(row, where, asked) {
      const { spans, logs, unread } = wireOf(row, where) ?? NO_ROW
      for (const reason of unread) yield { kind: 'unread', reason, where }
      for (const span of spans) {
        if (span.attrs['logfire.span_type'] === 'pending_span') {
          yield { kind: 'unread', reason: 'pending_span', where }
          continue
        }
        const own = readerOf(span)
        const read = own?.read(span) ?? {}
        yield { kind: 'span', span: spanFrom(span, read, read.kind === 'call' ? own!.name : null, asked) }
      }
      if (isFields(row))
        for (const { beside } of readers)
          for (const about of beside?.(row, where, asked) ?? []) yield { kind: 'about', about }
      for (const log of logs) {
        const own = readers.find((each) => each.marksLog?.(log))
        const said = own?.readLog?.(log) ?? (isEvaluation(log) ? { named: namedIn(log.attrs, asked) } : null)
        if (said) yield { kind: 'more', more: { trace: log.trace, span: log.span, time: log.time, said, where } }
      }
    },
  }
}

function spanFrom(wire: WireSpan, read: Partial<Span>, by: string | null, asked: Asked): Span {
  const evaluations = wire.events.filter(isEvaluation).map(({ attrs }) => attrs)
  const rows = [wire.attrs, ...evaluations.reverse(), wire.resource]
  const span = emptySpan()
  span.trace = wire.trace
  span.span = wire.span
  span.parent = wire.parent
  span.name = wire.name
  span.start = wire.start
  span.end = wire.end
  span.status = wire.status
  span.status_text = wire.status === 'error' ? String(wire.attrs['error.type'] ?? wire.message ?? 'error') : null
  span.open = wire.end === null
  span.named = namedInRows(rows, asked)
  span.by = by
  span.where = wire.where
  return Object.assign(span, read)
}

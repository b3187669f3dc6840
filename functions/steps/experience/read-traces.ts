/** Traces from rows: each row in its dialect, its parts put aside by trace, each trace put together and made a run. */

import { detect } from '#core/traces/detect.ts'
import type { Asked, Dialect } from '#core/traces/dialect.ts'
import { pathsOf, type TraceOptions } from '#core/traces/options.ts'
import { DIALECTS } from '#core/traces/registry.ts'
import { type Made, runOf } from '#core/traces/run.ts'
import { bySession } from '#core/traces/session.ts'
import type { Part, Where } from '#core/traces/span.ts'
import { Tally } from '#core/traces/tally.ts'
import { type Trace, traceOf } from '#core/traces/trace.ts'
import { isFields } from '#core/traces/values.ts'
import { UserError } from '../../errors.ts'
import type { Scratch } from '../../ports.ts'

/** One record as its carrier held it. */
export interface Row extends Where {
  readonly value: unknown
}

/** What a file was taken for; `share` of all that any dialect claimed in it. */
export interface FoundDialect {
  readonly file: string
  readonly name: string
  readonly share: number
}

export interface TraceReading {
  readonly dialects: readonly FoundDialect[]
  readonly tally: Tally
  /** Every trace in the order of their ids: a run, or the reason why it is none. Throws `SpanConflict` and `TwoFamilies`. */
  traces(): Generator<Made>
}

/** Rows of a file that say which dialect it is. */
const LOOKED_AT = 200

/**
 * Reads all rows, file after file. Memory does not grow with them: their parts lie in what `scratch` opens, which the caller closes.
 *
 * @param dialect null: each file says itself which it is
 * @throws UserError for a file of no dialect, of two that fit equally, or of another envelope than the files before it
 */
export async function readTraces(
  rows: AsyncIterable<Row>,
  dialect: Dialect | null,
  options: TraceOptions,
  scratch: () => Scratch,
): Promise<TraceReading> {
  const tally = new Tally()
  const asked: Asked = { paths: pathsOf(options) }
  const dialects: FoundDialect[] = []
  const aside = new PartsAside(scratch(), tally)
  let envelope: { readonly name: string; readonly file: string } | null = null
  let file: string | null = null
  let head: Row[] = []
  let reader: Dialect | null = null

  const readRow = (row: Row, its: Dialect): void => {
    tally.add('records.read')
    // The last page that somebody saved may well not be the last there was.
    if (isFields(row.value) && row.value.has_more === true) tally.saw('unread.export_cut', row, 'export_cut')
    aside.put(its.parts(row.value, { file: row.file, at: row.at }, asked), its.name)
  }
  const settle = (): void => {
    if (head.length === 0) return
    const found = dialect ? { dialect, share: 1 } : dialectOf(head)
    envelope = sameEnvelope(envelope, found.dialect, head[0]!.file)
    dialects.push({ file: head[0]!.file, name: found.dialect.name, share: found.share })
    tally.add('files')
    reader = found.dialect
    for (const row of head) readRow(row, found.dialect)
    head = []
  }
  for await (const row of rows) {
    if (row.file !== file) {
      settle()
      file = row.file
      reader = null
    }
    if (reader) readRow(row, reader)
    else if (head.push(row) === LOOKED_AT) settle()
  }
  settle()
  return {
    dialects,
    tally,
    *traces() {
      const whole = aside.traces()
      for (const { trace, name } of options.unit === 'session' ? bySession(whole, scratch(), tally) : whole) {
        tally.add('traces.n')
        const made = runOf(trace, name, options, tally)
        if (made.kind === 'run') tally.add('runs.n')
        else tally.saw(`dropped.${made.reason}`, made.where, made.example)
        yield made
      }
    },
  }
}

function dialectOf(head: readonly Row[]): { readonly dialect: Dialect; readonly share: number } {
  const { file } = head[0]!
  const found = detect(
    head.map(({ value }) => value),
    DIALECTS,
  )
  if (found.kind === 'sure') return found
  const todo = `Name one with --from: ${DIALECTS.map(({ name }) => name).join(' | ')}; or give a map with --map`
  if (found.kind === 'none') {
    const odd = head.find(({ value }) => DIALECTS.some((dialect) => hasOddIds(dialect, value)))
    throw new UserError(
      odd
        ? `${file}, ${odd.at}: it holds spans whose ids nobody can read: export them as hex or base64 (16 bytes of a trace, 8 of a span, not all zero)`
        : `${file}: no known dialect wrote this. ${todo}`,
    )
  }
  throw new UserError(`${file}: ${found.claims.map(({ dialect }) => dialect.name).join(' and ')} fit equally. ${todo}`)
}

const hasOddIds = (dialect: Dialect, value: unknown): boolean =>
  [...dialect.parts(value, { file: '', at: '' }, { paths: [] })].some(
    (part) => part.kind === 'unread' && part.reason === 'id_unreadable',
  )

function sameEnvelope(
  first: { readonly name: string; readonly file: string } | null,
  { envelope, name }: Dialect,
  file: string,
): { readonly name: string; readonly file: string } {
  if (first && first.name !== envelope)
    throw new UserError(
      `${first.file} and ${file} (${name}) are of two dialects that share nothing: import them one after the other`,
    )
  return first ?? { name: envelope, file }
}

/** Parts on a disk, found again by their trace. */
class PartsAside {
  readonly #scratch: Scratch
  readonly #tally: Tally
  #n = 0

  constructor(scratch: Scratch, tally: Tally) {
    this.#scratch = scratch
    this.#tally = tally
  }

  /** The parts of a row: those of one trace lie together. */
  put(parts: Iterable<Part>, name: string): void {
    const byTrace = new Map<string, Part[]>()
    for (const part of parts) {
      if (part.kind === 'unread') {
        this.#tally.saw(`unread.${part.reason}`, part.where, part.reason)
        continue
      }
      const { trace } = part.kind === 'span' ? part.span : part.kind === 'more' ? part.more : part.about
      const known = byTrace.get(trace)
      if (known) known.push(part)
      else byTrace.set(trace, [part])
    }
    for (const [trace, of] of byTrace) {
      const position = this.#scratch.records.append(JSON.stringify({ name, parts: of }))
      this.#scratch.set(`${trace}\u0000${String(this.#n++).padStart(12, '0')}`, String(position))
    }
  }

  *traces(): Generator<{ readonly trace: Trace; readonly name: string }> {
    let id: string | null = null
    let parts: Part[] = []
    let name = ''
    for (const [key, position] of this.#scratch.entries()) {
      const trace = key.slice(0, key.lastIndexOf('\u0000'))
      if (id !== null && trace !== id) {
        yield { trace: traceOf(id, parts, this.#tally), name }
        parts = []
      }
      const aside = JSON.parse(this.#scratch.records.read(Number(position)).toString()) as {
        name: string
        parts: Part[]
      }
      if (parts.length === 0) name = aside.name
      id = trace
      for (const part of aside.parts) parts.push(part)
    }
    if (id !== null) yield { trace: traceOf(id, parts, this.#tally), name }
  }
}

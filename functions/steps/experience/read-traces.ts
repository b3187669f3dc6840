/** Traces from rows: each row in its dialect, its parts put aside by trace, each trace put together and made a run. */

import { millisecondsOf } from '#core/instant.ts'
import { detect } from '#core/traces/detect.ts'
import type { Asked, Dialect } from '#core/traces/dialect.ts'
import { compareInstants } from '#core/traces/ids.ts'
import { pathsOf, type TraceOptions } from '#core/traces/options.ts'
import { groupFieldOf, otherTool } from '#core/traces/other-tools.ts'
import { Pages } from '#core/traces/pages.ts'
import { asideOf, type PartsAside, partsIn } from '#core/traces/parts-aside.ts'
import { DIALECTS } from '#core/traces/registry.ts'
import { type Made, runOf } from '#core/traces/run.ts'
import { bySession, type NamedTrace } from '#core/traces/session.ts'
import { justEnded, type WaitReason, waitedTooLong } from '#core/traces/settle.ts'
import { type Part, toldIn, type Where } from '#core/traces/span.ts'
import { Tally } from '#core/traces/tally.ts'
import { traceOf } from '#core/traces/trace.ts'
import { isRoot, isWork } from '#core/traces/tree.ts'
import { UserError } from '../../errors.ts'
import type { Scratch } from '../../ports.ts'
import type { WaitingParts } from './waiting.ts'

/** One record as its carrier held it. */
export interface Row extends Where {
  readonly value: unknown
  /** Characters of its text, or bytes; 0: it had none of its own. */
  readonly chars: number
}

/** What a file was taken for; `share` of all that any dialect claimed in it. */
export interface FoundDialect {
  readonly file: string
  readonly name: string
  readonly share: number
}

/** What an import knows of the ones before and after it. */
export interface Settling {
  /** ISO 8601 with milliseconds. */
  readonly now: string
  /** A trace that ended less than this before now may have spans that are still on their way. */
  readonly settleMs: number
  /** What waits since an import before this one. */
  readonly waited: AsyncIterable<WaitingParts> | Iterable<WaitingParts>
  /** Takes what waits for the next import. */
  readonly keep: (parts: WaitingParts) => void
  /** Do stored runs hold all of these traces? Absent: nothing is stored. */
  readonly holds?: (traces: readonly string[]) => boolean
  /** Hears of each trace just before it is handed out. */
  readonly met?: (trace: MetTrace) => void
  /** A part without what is to be redacted; absent: as it was read. What waited was redacted when it was read. */
  readonly redact?: (part: Part) => Part
}

/** Where a trace comes from. */
export interface MetTrace {
  /** Ids of the traces that it was joined of, in order: its own alone, unless sessions are joined. */
  readonly of: readonly string[]
  /** No row of this import belongs to it. */
  readonly waitedAlone: boolean
  /** When its last span began, in nanoseconds; null: no span says so. */
  readonly last: string | null
}

export interface TraceReading {
  readonly dialects: readonly FoundDialect[]
  readonly tally: Tally
  /**
   * Every trace in the order of their ids but those that wait: a run, or the reason why it is none. Throws `SpanConflict` and
   * `TwoFamilies`.
   */
  traces(): Generator<Made>
}

/** Rows of a file that say which dialect it is; fewer where each is long: a line of a collector may hold a hundred traces. */
const LOOKED_AT = 200
const LOOKED_AT_CHARS = 4_000_000

/**
 * Reads all rows, file after file, and what waited for them. Memory does not grow with them: their parts lie in what `scratch` opens, which the caller closes.
 *
 * @param dialect null: each file says itself which it is
 * @throws UserError for a file of no dialect, of two that fit equally, or of another envelope than the files before it
 */
export async function readTraces(
  rows: AsyncIterable<Row>,
  dialect: Dialect | null,
  options: TraceOptions,
  scratch: () => Scratch,
  settling: Settling,
): Promise<TraceReading> {
  const { now, redact } = settling
  const tally = new Tally()
  const asked: Asked = { paths: pathsOf(options) }
  const dialects: FoundDialect[] = []
  const aside = new RowsAside(scratch(), tally)
  const pages = new Pages()
  let envelope: { readonly name: string; readonly file: string } | null = null
  let file: string | null = null
  let head: Row[] = []
  let headChars = 0
  let reader: Dialect | null = null
  /** The first rows of a file that no dialect claimed yet: a service's other spans may stand before those of its agent. */
  let unclaimed: readonly Row[] | null = null

  const found = (name: string, share: number): void => {
    dialects.push({ file: file!, name, share })
    tally.add('files')
    unclaimed = null
  }

  const readRow = (row: Row, its: Dialect): void => {
    tally.add('records.read')
    pages.add(row.value, row)
    const parts = its.parts(row.value, { file: row.file, at: row.at }, asked)
    aside.put(redact ? Iterator.from(parts).map(redact) : parts, its.name, now)
  }
  /** @param ended no row of the file follows */
  const settle = (ended: boolean): void => {
    if (ended && unclaimed) dialectOf(unclaimed, ended)
    if (head.length === 0) return
    const its = dialect ? { dialect, share: 1 } : dialectOf(head, ended)
    envelope = sameEnvelope(envelope, its.dialect, head[0]!.file)
    if (its.share === null) unclaimed = head
    else found(its.dialect.name, its.share)
    reader = its.dialect
    for (const row of head) readRow(row, its.dialect)
    head = []
    headChars = 0
  }
  for await (const { name, since, parts } of settling.waited) aside.put(parts, name, since)
  aside.noteWaited()
  for await (const row of rows) {
    if (row.file !== file) {
      settle(true)
      file = row.file
      reader = null
    }
    if (unclaimed) {
      const claim = detect([row.value], DIALECTS)
      if (claim.kind === 'sure' && claim.dialect.envelope === envelope!.name) found(claim.dialect.name, claim.share)
    }
    if (reader) readRow(row, reader)
    else {
      headChars += row.chars
      if (head.push(row) === LOOKED_AT || headChars >= LOOKED_AT_CHARS) settle(false)
    }
  }
  settle(true)
  const open = pages.open()
  if (open) tally.saw('unread.export_cut', open, open.name)
  return {
    dialects,
    tally,
    *traces() {
      const whole = aside.traces()
      const now = millisecondsOf(settling.now)
      for (const named of options.unit === 'session' ? bySession(whole, scratch(), tally) : whole) {
        tally.add('traces.n')
        // What is stored says for itself what came now. Where other traces have their root, one without was cut; where none has, its
        // parents are exported nowhere, and only its end tells.
        const isWhole = (midway: boolean): boolean => settling.holds?.(named.of) === true || !(aside.hasRoots || midway)
        const made = runOf(named.trace, named.name, options, tally, isWhole)
        const waits = waitReason(named, made, aside, settling, now)
        if (waits !== null) {
          const { id, spans } = named.trace
          tally.saw(`waiting.${waits}`, spans[0]?.where ?? null, `trace ${id}`)
          for (const of of named.of) for (const parts of aside.partsOf(of)) settling.keep(parts)
        } else if (made.kind === 'run') tally.add('runs.n')
        else if (settling.holds?.(named.of)) tally.add('traces.parts')
        else tally.saw(`dropped.${made.reason}`, made.where, made.example)
        if (waits !== null) continue
        settling.met?.({
          of: named.of,
          waitedAlone: named.of.every((id) => aside.hasWaitedAlone(id)),
          last: lastStart(named.trace),
        })
        yield made
      }
    },
  }
}

const lastStart = ({ spans }: NamedTrace['trace']): string | null =>
  spans.reduce<string | null>((last, { start }) => (compareInstants(start, last) > 0 ? start : last), null)

function waitReason(
  { trace, of }: NamedTrace,
  made: Made,
  aside: RowsAside,
  { now, settleMs }: Settling,
  nowMs: number,
): WaitReason | null {
  if (made.kind === 'dropped' && (made.reason === 'open' || made.reason === 'cut')) {
    const reason = made.reason === 'cut' ? 'cut' : 'not_ended'
    return of.some((id) => waitedTooLong(aside.sinceOf(id), now)) ? null : reason
  }
  return justEnded(trace, nowMs, settleMs) ? 'just_ended' : null
}

/**
 * @param ended no row of the file follows these
 * @returns `share` null: nobody claims them, but they are spans, and whose are told by a later one
 */
function dialectOf(head: readonly Row[], ended: boolean): { readonly dialect: Dialect; readonly share: number | null } {
  const { file } = head[0]!
  const found = detect(
    head.map(({ value }) => value),
    DIALECTS,
  )
  if (found.kind === 'sure') return found
  const group = groupFieldOf(head.map(({ value }) => value))
  const map = `--map ./my-map.jsonata${group === null ? '' : ` --group-by ${group}`}`
  const todo = `Name one with --from: ${DIALECTS.map(({ name }) => name).join(' | ')}; or write a map of what its records say (docs/recipes.md, "Plain logs"), and give it with ${map}`
  const overSpans = DIALECTS[0]!
  if (found.kind === 'none' && !ended && head.every(({ value }) => holdsSpans(overSpans, value)))
    return { dialect: overSpans, share: null }
  if (found.kind === 'none') {
    const odd = head.find(({ value }) => unreadIn(overSpans, value) === 'id_unreadable')
    const timeless = head.find(({ value }) => unreadIn(overSpans, value) === 'time_unreadable')
    if (timeless && !odd)
      throw new UserError(
        `${file}, ${timeless.at}: it holds spans whose start is a time that nobody can read: export times in ISO 8601, or as nanoseconds since 1970`,
      )
    const tool = head.map(({ value }) => otherTool(value)).find((known) => known !== null)
    if (tool && !odd)
      throw new UserError(`${file}: these are rows of ${tool.name}, which no dialect reads. ${tool.way}`)
    throw new UserError(
      odd
        ? `${file}, ${odd.at}: it holds spans whose ids nobody can read: export them as hex or base64 (16 bytes of a trace, 8 of a span, not all zero)`
        : `${file}: no known dialect wrote this. ${todo}`,
    )
  }
  throw new UserError(`${file}: ${found.claims.map(({ dialect }) => dialect.name).join(' and ')} fit equally. ${todo}`)
}

const partsOf = (dialect: Dialect, value: unknown): Part[] => [
  ...dialect.parts(value, { file: '', at: '' }, { paths: [] }),
]

const holdsSpans = (dialect: Dialect, value: unknown): boolean =>
  partsOf(dialect, value).some(({ kind }) => kind === 'span')

function unreadIn(dialect: Dialect, value: unknown): string | null {
  const unread = partsOf(dialect, value).find((part) => part.kind === 'unread')
  return unread?.kind === 'unread' ? unread.reason : null
}

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

const MOST_HALVES = 10_000

type Aside = Omit<WaitingParts, 'parts'> & { readonly aside: PartsAside }

/** Parts on a disk, found again by their trace. */
class RowsAside {
  /** Is there a trace that has both its root and work that was done below? */
  hasRoots = false
  /** Traces that have one of them so far: the first of many tell enough. */
  readonly #halves = new Map<string, 'root' | 'work'>()
  readonly #scratch: Scratch
  readonly #tally: Tally
  #n = 0
  #waited = 0

  constructor(scratch: Scratch, tally: Tally) {
    this.#scratch = scratch
    this.#tally = tally
  }

  /**
   * The parts of a row: those of one trace lie together.
   *
   * @param since when an import first read them
   */
  put(parts: Iterable<Part>, name: string, since: string): void {
    const byTrace = new Map<string, Parameters<typeof asideOf>[0][number][]>()
    for (const part of parts) {
      if (part.kind === 'unread') {
        this.#tally.saw(`unread.${part.reason}`, part.where, part.reason)
        continue
      }
      const { trace } = toldIn(part)
      if (!this.hasRoots) this.#noteHalf(trace, part)
      const known = byTrace.get(trace)
      if (known) known.push(part)
      else byTrace.set(trace, [part])
    }
    for (const [trace, of] of byTrace) {
      const position = this.#scratch.records.append(JSON.stringify({ name, since, aside: asideOf(of) } satisfies Aside))
      this.#scratch.set(`${trace}\u0000${String(this.#n++).padStart(12, '0')}`, String(position))
    }
  }

  #noteHalf(trace: string, part: Part): void {
    const half = isWork(part) ? 'work' : isRoot(part) ? 'root' : null
    if (half === null) return
    const known = this.#halves.get(trace)
    if (known !== undefined) this.hasRoots = known !== half
    else if (this.#halves.size < MOST_HALVES) this.#halves.set(trace, half)
    if (this.hasRoots) this.#halves.clear()
  }

  /** What was read of a trace, what waited longest first. */
  *partsOf(trace: string): Generator<WaitingParts> {
    for (const [, position] of this.#scratch.entries(`${trace}\u0000`)) yield this.#at(position)
  }

  /** What was put aside up to here waited since an import before this one. */
  noteWaited(): void {
    this.#waited = this.#n
  }

  /** Did no row of this import say anything of a trace? */
  hasWaitedAlone(trace: string): boolean {
    if (this.#waited === 0) return false
    for (const [key] of this.#scratch.entries(`${trace}\u0000`))
      if (Number(key.slice(trace.length + 1)) >= this.#waited) return false
    return true
  }

  /** When an import first read something of a trace that was read. */
  sinceOf(trace: string): string {
    for (const { since } of this.partsOf(trace)) return since
    throw new Error(`nothing was read of trace ${trace}`)
  }

  *traces(): Generator<NamedTrace> {
    let id: string | null = null
    let parts: Part[] = []
    let name = ''
    const whole = (of: string): NamedTrace => ({ trace: traceOf(of, parts, this.#tally), name, of: [of] })
    for (const [key, position] of this.#scratch.entries()) {
      const trace = key.slice(0, key.lastIndexOf('\u0000'))
      if (id !== null && trace !== id) {
        yield whole(id)
        parts = []
      }
      const aside = this.#at(position)
      if (parts.length === 0) name = aside.name
      id = trace
      for (const part of aside.parts) parts.push(part)
    }
    if (id !== null) yield whole(id)
  }

  #at(position: string): WaitingParts {
    const { name, since, aside } = JSON.parse(this.#scratch.records.read(Number(position)).toString()) as Aside
    return { name, since, parts: partsIn(aside) }
  }
}

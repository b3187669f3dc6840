/** An import of traces between the one before it, which left what waits, and the next, which goes on with what waits now. */

import { fileScratch } from '#adapters/local/files/file-scratch.ts'
import type { ImportError } from '#adapters/local/import/import-error.ts'
import { safeId } from '#core/traces/ids.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { Scratch, Store } from '../ports.ts'
import type { Standing } from '../steps/experience/check-runs.ts'
import type { MetTrace, Settling } from '../steps/experience/read-traces.ts'
import { fixTraceRule, noteTraceImport, refuseOtherRule } from '../steps/experience/trace-imports.ts'
import { keepWaiting, readWaiting, type WaitingParts } from '../steps/experience/waiting.ts'
import type { Redaction } from './redaction.ts'
import { type TraceImport, type TracesReport, traceRuns } from './trace-runs.ts'

export class TracesBetweenImports {
  /** What became of the traces, once all were read; null: this import holds none. */
  report: TracesReport | null = null
  /** Of which traces the stored run stands, once all were read. */
  standing: Standing = { parts: 0, refused: { n: 0, runs: [] } }
  /** Where the run that was handed out last comes from. */
  met: MetTrace | null = null
  /** Do stored runs hold all of these traces? */
  holds: (traces: readonly string[]) => boolean = () => false
  readonly #store: Store
  readonly #how: TraceImport
  readonly #redaction: Redaction | null
  readonly #opened: Scratch[] = []
  readonly #waiting: Scratch
  #hadWaiting = false

  constructor(store: Store, how: TraceImport, redaction: Redaction | null) {
    this.#store = store
    this.#how = how
    this.#redaction = redaction
    this.#waiting = this.#scratch()
  }

  /** Every trace of the files, and of what waited for them, as a run; those that wait now are put aside. */
  async *runs(files: readonly string[]): AsyncGenerator<ExperienceRun | ImportError> {
    await refuseOtherRule(this.#store.objects, this.#how.options)
    const tell = (report: TracesReport) => {
      this.report = report
    }
    yield* traceRuns(files, this.#how, () => this.#scratch(), tell, {
      now: this.#store.clock.now(),
      waited: this.#waited(),
      keep: (parts) => this.#keep(parts),
      holds: (traces) => this.holds(traces.map(safeId)),
      met: (trace) => {
        this.met = trace
      },
      ...redacting(this.#redaction),
    })
  }

  /** Before the first run is written: by which rule they were read, and what was. */
  async note(standing: Standing): Promise<void> {
    if (this.report === null) return
    this.standing = { ...standing, parts: standing.parts + this.report.parts }
    const { unit, family } = this.#how.options
    const { dialects, traces, runs, waiting, dropped, first, last, counts } = this.report
    await fixTraceRule(this.#store.objects, { unit, family })
    const names = [...new Set(dialects.map(({ name }) => name))].sort()
    const read = { traces, runs, waiting, dropped, first, last, counts }
    const redacted = this.#redaction && { redacted: this.#redaction.counts }
    const { parts, refused } = this.standing
    const left = { ...(parts > 0 && { parts }), ...(refused.n > 0 && { refused: refused.n }) }
    await noteTraceImport(this.#store.objects, { unit, family, dialects: names, ...read, ...left, ...redacted })
  }

  /** After the last run was written: what waits now. */
  async leave(): Promise<void> {
    if (this.report !== null && (this.#hadWaiting || this.#waiting.records.count > 0))
      await keepWaiting(this.#store, this.#left())
  }

  close(): void {
    for (const aside of this.#opened) aside.close()
  }

  #scratch(): Scratch {
    this.#opened.push(this.#store.scratch())
    return this.#opened.at(-1)!
  }

  async *#waited(): AsyncGenerator<WaitingParts> {
    for await (const parts of readWaiting(this.#store)) {
      this.#hadWaiting = true
      yield parts
    }
  }

  #keep(parts: WaitingParts): void {
    this.#waiting.records.append(JSON.stringify(parts))
  }

  *#left(): Generator<WaitingParts> {
    for (const text of this.#waiting.records.texts()) yield JSON.parse(text) as WaitingParts
  }
}

const redacting = (redaction: Redaction | null): Pick<Settling, 'redact'> =>
  redaction ? { redact: (part) => redaction.part(part) } : {}

/** Traces that are only looked at: nothing waited for them, and what would wait is counted. */
export class TracesAlone {
  report: TracesReport | null = null
  readonly met = null
  readonly #how: TraceImport
  readonly #folder: string
  readonly #redaction: Redaction | null
  readonly #opened: Scratch[] = []

  /** @param folder for what lies aside */
  constructor(how: TraceImport, folder: string, redaction: Redaction | null) {
    this.#how = how
    this.#folder = folder
    this.#redaction = redaction
  }

  async *runs(files: readonly string[]): AsyncGenerator<ExperienceRun | ImportError> {
    const scratch = () => {
      this.#opened.push(fileScratch(this.#folder))
      return this.#opened.at(-1)!
    }
    const tell = (report: TracesReport) => {
      this.report = report
    }
    const now = new Date().toISOString()
    yield* traceRuns(files, this.#how, scratch, tell, {
      now,
      waited: [],
      keep: () => {},
      ...redacting(this.#redaction),
    })
  }

  close(): void {
    for (const aside of this.#opened) aside.close()
  }
}

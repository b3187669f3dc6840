/**
 * Foreign records to native runs, streaming: each record, or the list of the records of each group (`map-groups.ts`), goes
 * through the map in a guarded child process (`map-worker.ts`), and what comes back is filled and validated here
 * (`native-run.ts` names the rules). Memory is flat: at most a window of records is on its way.
 */
import { tmpdir } from 'node:os'
import type { Scratch } from '#ports'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { MAX_ROW_BYTES } from '../carriers/source.ts'
import { fileScratch } from '../files/file-scratch.ts'
import { ImportError, type ImportProblem } from './import-error.ts'
import { BY_RECORD, groupedRecords } from './map-groups.ts'
import { eachRecord, type MapInput, type MapReading, nothingRead } from './map-records.ts'
import type { Answer } from './map-reply.ts'
import { checkMap, type MapSource } from './map-source.ts'
import { MapWorker } from './map-worker.ts'
import { toNativeRun } from './native-run.ts'

export interface MapOptions {
  /** Stop reading after so many errors (default 20): an import with one error is refused as a whole anyway. */
  readonly maxErrors?: number
  /** Longest record accepted, default 8 MiB. */
  readonly maxLineBytes?: number
  /** Path of the field whose value makes records a group, `@file` or `@record`. Default: as the map says. */
  readonly groupBy?: string
  /** Where records lie while they are grouped; default: below the system's folder for passing files. */
  readonly aside?: () => Scratch
  /** Is counted up while records are read. */
  readonly reading?: MapReading
  /** Time one record may take, default 5 s, and a group 60 s; a map that cannot be interrupted is killed at twice this. */
  readonly timeoutMs?: number
  /** Heap of the map's process, default 256 MB. */
  readonly memoryMb?: number
}

/** What became of one record or group, or of a file that could not be read to its end (`line` null: at all). */
export type MappedRecord =
  | { readonly kind: 'run'; readonly file: string; readonly line: number | null; readonly run: ExperienceRun }
  | { readonly kind: 'skipped'; readonly file: string; readonly line: number | null }
  | { readonly kind: 'error'; readonly file: string; readonly line: number | null; readonly error: ImportError }

/** Records on their way to the child and back: enough to keep both processes busy, little enough to stay flat. */
const WINDOW_RECORDS = 256
const WINDOW_CHARS = 4 * 1024 * 1024

type Sent =
  | (Omit<MapInput, 'text'> & { readonly chars: number; readonly answer: Promise<Answer> })
  | { readonly error: ImportError }

/**
 * Maps every record of every file, in order, or every group of records. A map returns one run, an array of runs, or nothing
 * (null) to skip the record. An error belongs to its record, and the next one is mapped as if nothing had happened; only an
 * unreadable file ends early. The caller decides what an error means.
 *
 * @throws ImportError at once, when the map itself is refused (`checkMap`)
 */
export async function* mapRecords(
  files: readonly string[],
  map: MapSource,
  options: MapOptions = {},
): AsyncGenerator<MappedRecord, void, undefined> {
  const { groupBy: named = map.groupBy ?? BY_RECORD, reading = nothingRead() } = options
  const groupBy = named === BY_RECORD ? null : named
  const { maxErrors = 20, maxLineBytes = MAX_ROW_BYTES, memoryMb = 256 } = options
  const { timeoutMs = groupBy === null ? 5_000 : 60_000 } = options
  checkMap(map)
  const worker = new MapWorker(map.text, { timeoutMs, memoryMb, grouped: groupBy !== null })
  const aside = groupBy === null ? null : (options.aside ?? (() => fileScratch(tmpdir())))()
  const inputs =
    aside === null
      ? eachRecord(files, maxLineBytes, reading)
      : groupedRecords(files, groupBy!, maxLineBytes, aside, reading)
  let errors = 0
  try {
    for await (const sent of inWindow(send(inputs, worker)))
      for (const record of await received(sent, map.name)) {
        if (record.kind === 'skipped') reading.skipped++
        yield record
        if (record.kind === 'error' && ++errors === maxErrors) return
      }
  } finally {
    worker.close()
    aside?.close()
  }
}

async function* send(inputs: AsyncIterable<MapInput | ImportError>, worker: MapWorker): AsyncGenerator<Sent> {
  for await (const input of inputs) {
    if (input instanceof ImportError) {
      yield { error: input }
      continue
    }
    const { text, ...where } = input
    const answer = worker.map(text)
    answer.catch(() => {}) // it is awaited later, when its turn comes
    yield { ...where, chars: text.length, answer }
  }
}

/** Runs ahead of the consumer by at most a window, keeping the order. */
async function* inWindow(source: AsyncIterable<Sent>): AsyncGenerator<Sent> {
  const ahead: Sent[] = []
  let chars = 0
  const size = (sent: Sent) => ('error' in sent ? 0 : sent.chars)
  for await (const sent of source) {
    ahead.push(sent)
    chars += size(sent)
    while (ahead.length > WINDOW_RECORDS || chars > WINDOW_CHARS) {
      const first = ahead.shift()!
      chars -= size(first)
      yield first
    }
  }
  yield* ahead
}

async function received(sent: Sent, mapName: string): Promise<MappedRecord[]> {
  if ('error' in sent) return [{ kind: 'error', file: sent.error.file, line: sent.error.line, error: sent.error }]
  const { file, line, place } = sent
  const failed = ({ field, ...what }: Omit<ImportProblem, 'file' | 'line'>): MappedRecord => {
    const at = [place, field].filter((word) => word !== null).join(': ')
    return { kind: 'error', file, line, error: new ImportError({ file, line, field: at === '' ? null : at, ...what }) }
  }
  const answer = await sent.answer
  if (answer.kind === 'failed') return [failed(answer)]
  if (answer.kind === 'skipped') return [{ kind: 'skipped', file, line }]
  const many = Array.isArray(answer.value)
  const values: readonly unknown[] = Array.isArray(answer.value) ? answer.value : [answer.value]
  if (values.length === 0) return [{ kind: 'skipped', file, line }]
  return values.map((value, i) => {
    const native = toNativeRun(value)
    if (native.kind === 'run') return { kind: 'run', file, line, run: native.run }
    const field = many ? `[${i}]${native.field === null ? '' : `.${native.field}`}` : native.field
    const number = native.problem.includes('(got the number as text, ') ? ': $number(...) reads it' : ''
    return failed({
      field,
      problem: native.problem,
      todo: `Correct the record, or what map ${mapName} makes of it${number}`,
    })
  })
}

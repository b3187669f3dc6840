/** What a map is handed, as JSON text: each record of files of any carrier, or the list of the records of each group. */

import { isUtf8 } from 'node:buffer'
import { atPath } from '#core/traces/values.ts'
import type { Scratch } from '#ports'
import { descriptorBytes, plainBytes, withHead } from '../carriers/bytes.ts'
import { inputFiles } from '../carriers/inputs.ts'
import { readRows } from '../carriers/read-rows.ts'
import { carrierOf } from '../carriers/sniff.ts'
import { Source } from '../carriers/source.ts'
import { openInput } from '../files/open-input.ts'
import { ImportError } from './import-error.ts'
import { readJsonl } from './read-jsonl.ts'

export interface MapInput {
  readonly file: string
  /** Line of the record, or of the first one of a group; null: its carrier has no lines. */
  readonly line: number | null
  /** Where in the file, in words, where no line says it: `item 7 of data`, `group "s-1"`. */
  readonly place: string | null
  readonly text: string
}

/** What was read for a map. */
export interface MapReading {
  records: number
  /** 0 where nothing was grouped. */
  groups: number
  /** Records that say nothing at the path by which was grouped, which no group holds. */
  ungrouped: number
  /** The first of them: file and place. */
  ungrouped_example: string | null
  /** Records, or groups, of which the map made no run. */
  skipped: number
}

export const nothingRead = (): MapReading => ({
  records: 0,
  groups: 0,
  ungrouped: 0,
  ungrouped_example: null,
  skipped: 0,
})

/** Stands in place of a path: the records of one file are a group, whatever they say. */
export const BY_FILE = '@file'

/** Each record alone, also where the map would group them. */
export const BY_RECORD = '@record'

/** Longest list of records that a map is handed: all of it is in its memory at once. */
export const MAX_GROUP_BYTES = 32 * 1024 * 1024

/** A file that cannot be read to its end is an error in its place; the files behind it are read. */
export async function* eachRecord(
  named: readonly string[],
  maxBytes: number,
  reading: MapReading,
): AsyncGenerator<MapInput | ImportError> {
  for (const file of inputFiles(named, () => {}))
    try {
      for await (const record of recordsOf(file, maxBytes)) {
        reading.records++
        yield record
      }
    } catch (error) {
      if (!(error instanceof ImportError)) throw error
      yield error
    }
}

async function* recordsOf(file: string, maxBytes: number): AsyncGenerator<MapInput> {
  if (await isLines(file, maxBytes))
    for await (const { line, text } of readJsonl(file, { maxLineBytes: maxBytes }))
      yield { file, line, place: null, text }
  else
    for await (const { at, value } of readRows([file], { maxRowBytes: maxBytes }))
      yield { file, ...placeOf(at), text: JSON.stringify(value) }
}

const placeOf = (at: string): { readonly line: number | null; readonly place: string | null } => {
  const line = /^line (\d+)$/.exec(at)?.[1]
  return line === undefined ? { line: null, place: at } : { line: Number(line), place: null }
}

/**
 * Whether a file is taken line by line, as it stands and unparsed: one JSON object a line, a single one too. Whatever cannot
 * be looked at is, so that the reader of lines says what is wrong with it.
 */
async function isLines(file: string, maxBytes: number): Promise<boolean> {
  if (file === '-') return true
  try {
    const raw = await withHead(descriptorBytes(openInput(file)), (head) => head.length >= 4)
    const { head, all } = await withHead(plainBytes(raw.all), (head) => head.length > maxBytes || head.includes(0x0a))
    await all.return()
    const isGzip = raw.head[0] === 0x1f && raw.head[1] === 0x8b
    const isReadable = file.endsWith('.gz') ? isGzip : isUtf8(raw.head)
    if (!isReadable || carrierOf(new Source(file), head) !== 'json') return false
    const first = head
      .toString()
      .replace(/^\ufeff/, '')
      .trimStart()
    const end = first.indexOf('\n')
    return end < 0 && head.length > maxBytes ? false : isRecord(end < 0 ? first : first.slice(0, end))
  } catch {
    return true
  }
}

/** A first line of JSON lines, also a damaged one; a document that goes on begins with a bracket or behind a comma. */
function isRecord(line: string): boolean {
  try {
    return !Array.isArray(JSON.parse(line))
  } catch {
    return !/[[{,:]\s*$/.test(line)
  }
}

/**
 * The records of each group as one list, groups in the order of their first records and records in the order in which they
 * were read, over lines and files. They lie in `aside` until all are read; only one group is in memory.
 *
 * @param path dotted, as `sessionId` or `trace.sessionId`, or `BY_FILE`; JSON text on the way is opened
 */
export async function* groupedRecords(
  named: readonly string[],
  path: string,
  maxBytes: number,
  aside: Scratch,
  reading: MapReading,
): AsyncGenerator<MapInput | ImportError> {
  let broken = false
  for (const file of inputFiles(named, () => {}))
    try {
      for await (const { at, value } of readRows([file], { maxRowBytes: maxBytes })) {
        reading.records++
        const key = path === BY_FILE ? file : keyOf(atPath(value, path))
        if (key === null) {
          reading.ungrouped++
          reading.ungrouped_example ??= `${file}, ${at}`
        } else putAside(aside, reading, key, { file, at, value })
      }
    } catch (error) {
      if (!(error instanceof ImportError)) throw error
      broken = true
      yield error
    }
  if (broken) return
  if (reading.records > 0 && reading.groups === 0)
    yield new ImportError({
      file: named.join(', '),
      line: null,
      field: null,
      problem: `none of ${reading.records} records says anything at ${path}, by which they are to be grouped`,
      todo: `Name with --group-by the path of a field, such as sessionId or trace.id, or ${BY_FILE} for the records of each file`,
    })
  yield* groupsIn(aside)
}

const keyOf = (value: unknown): string | null =>
  (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : null

interface AsideRecord {
  readonly file: string
  readonly at: string
  readonly value: unknown
}

interface AsideGroup {
  readonly key: string
  readonly file: string
  readonly at: string
}

const DIGITS = 12
const counted = (n: number): string => String(n).padStart(DIGITS, '0')

function putAside(aside: Scratch, reading: MapReading, key: string, { file, at, value }: AsideRecord): void {
  let group = aside.get(`key ${key}`)
  if (group === null) {
    group = counted(reading.groups++)
    aside.set(`key ${key}`, group)
    const named: AsideGroup = { key, file, at }
    aside.set(`name ${group}`, JSON.stringify(named))
  }
  aside.set(`row ${group} ${counted(reading.records)}`, String(aside.records.append(JSON.stringify(value))))
}

function* groupsIn(aside: Scratch): Generator<MapInput | ImportError> {
  let group: string | null = null
  let texts: string[] = []
  let chars = 0
  const end = (): MapInput | ImportError => {
    const { key, file, at } = JSON.parse(aside.get(`name ${group}`)!) as AsideGroup
    const { line } = placeOf(at)
    const place = key === file ? null : `group ${JSON.stringify(key)}`
    if (chars > MAX_GROUP_BYTES)
      return new ImportError({
        file,
        line,
        field: place,
        problem: `the group holds more than ${MAX_GROUP_BYTES} characters`,
        todo: 'Group by a narrower field: a map has the whole group in memory',
      })
    return { file, line, place, text: `[${texts.join(',')}]` }
  }
  for (const [key, position] of aside.entries('row ')) {
    const of = key.slice(4, 4 + DIGITS)
    if (group !== null && of !== group) {
      yield end()
      texts = []
      chars = 0
    }
    group = of
    if (chars > MAX_GROUP_BYTES) continue
    const text = aside.records.read(Number(position)).toString()
    texts.push(text)
    chars += text.length + 1
  }
  if (group !== null) yield end()
}

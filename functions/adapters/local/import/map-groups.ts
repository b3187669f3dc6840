/** What a map of groups is handed: the records of each group as one JSON list, over lines and files. */
import { atPath } from '#core/traces/values.ts'
import type { Scratch } from '#ports'
import { type Row, readRows } from '../carriers/read-rows.ts'
import { lineOf } from '../carriers/source.ts'
import { ImportError } from './import-error.ts'
import { eachFile, type MapInput, type MapReading } from './map-records.ts'

/** Stands in place of a path: the records of one file are a group, whatever they say. */
const BY_FILE = '@file'

/** Each record alone, also where the map would group them. */
export const BY_RECORD = '@record'

/** Longest list of records that a map is handed: all of it is in its memory at once. */
const MAX_GROUP_BYTES = 32 * 1024 * 1024

/**
 * The records of each group as one list, groups in the order of their first records and records in the order in which they
 * were read, over lines and files. They lie in `aside` until all are read; only one group is in memory.
 *
 * @param path dotted, as `sessionId` or `trace.sessionId`, or `@file`; JSON text on the way is opened
 */
export async function* groupedRecords(
  named: readonly string[],
  path: string,
  maxBytes: number,
  aside: Scratch,
  reading: MapReading,
): AsyncGenerator<MapInput | ImportError> {
  let broken = false
  for await (const row of eachFile(named, (file) => readRows([file], { maxRowBytes: maxBytes }))) {
    if (row instanceof ImportError) {
      broken = true
      yield row
      continue
    }
    reading.records++
    const key = path === BY_FILE ? row.file : keyOf(atPath(row.value, path))
    if (key === null) {
      reading.ungrouped++
      reading.ungrouped_example ??= `${row.file}, ${row.at}`
    } else putAside(aside, reading, key, row)
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

/** What is said of a group: its key, and where its first record stands. */
interface AsideName {
  readonly key: string
  readonly file: string
  readonly at: string
}

const DIGITS = 12
const counted = (n: number): string => String(n).padStart(DIGITS, '0')

function putAside(aside: Scratch, reading: MapReading, key: string, { file, at, value }: Row): void {
  let group = aside.get(`key ${key}`)
  if (group === null) {
    group = counted(reading.groups++)
    aside.set(`key ${key}`, group)
    aside.set(`name ${group}`, JSON.stringify({ key, file, at } satisfies AsideName))
  }
  aside.set(`row ${group} ${counted(reading.records)}`, String(aside.records.append(JSON.stringify(value))))
}

/** A group whose records are being gathered. */
interface OpenGroup {
  readonly name: string
  readonly texts: string[]
  chars: number
}

function* groupsIn(aside: Scratch): Generator<MapInput | ImportError> {
  let group: OpenGroup | null = null
  for (const [key, position] of aside.entries('row ')) {
    const name = key.slice('row '.length, 'row '.length + DIGITS)
    if (group === null || group.name !== name) {
      if (group !== null) yield handedOut(group, aside)
      group = { name, texts: [], chars: 0 }
    }
    if (group.chars > MAX_GROUP_BYTES) continue
    const text = aside.records.read(Number(position)).toString()
    group.texts.push(text)
    group.chars += text.length + 1
  }
  if (group !== null) yield handedOut(group, aside)
}

function handedOut({ name, texts, chars }: OpenGroup, aside: Scratch): MapInput | ImportError {
  const { key, file, at } = JSON.parse(aside.get(`name ${name}`)!) as AsideName
  const line = lineOf(at)
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

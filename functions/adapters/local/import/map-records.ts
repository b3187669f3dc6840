/** What a map is handed, as JSON text: each record of files of any carrier; lists of them are of `map-groups.ts`. */

import { isUtf8 } from 'node:buffer'
import { descriptorBytes, plainBytes, withHead } from '../carriers/bytes.ts'
import { inputFiles } from '../carriers/inputs.ts'
import { firstLines, goesOn } from '../carriers/json-rows.ts'
import { readRows } from '../carriers/read-rows.ts'
import { carrierOf } from '../carriers/sniff.ts'
import { lineOf, Source } from '../carriers/source.ts'
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

/** Each record alone, in the order of the files. */
export async function* eachRecord(
  named: readonly string[],
  maxBytes: number,
  reading: MapReading,
): AsyncGenerator<MapInput | ImportError> {
  for await (const record of eachFile(named, (file) => recordsOf(file, maxBytes))) {
    if (!(record instanceof ImportError)) reading.records++
    yield record
  }
}

/** What each file holds. One that cannot be read to its end is an error in its place; the files behind it are read. */
export async function* eachFile<T>(
  named: readonly string[],
  read: (file: string) => AsyncIterable<T>,
): AsyncGenerator<T | ImportError> {
  for (const file of inputFiles(named, () => {}))
    try {
      yield* read(file)
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
    for await (const { at, value } of readRows([file], { maxRowBytes: maxBytes })) {
      const line = lineOf(at)
      yield { file, line, place: line === null ? at : null, text: JSON.stringify(value) }
    }
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
    const [first] = firstLines(head, head.length <= maxBytes)
    return first !== undefined && isRecord(first.trimStart())
  } catch {
    return true
  }
}

/** A first line of JSON lines, also a damaged one. */
function isRecord(line: string): boolean {
  try {
    return !Array.isArray(JSON.parse(line))
  } catch {
    return !goesOn(line)
  }
}

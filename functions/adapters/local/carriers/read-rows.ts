/** Rows of any files of records, in flat memory: what carries them is known by its content. */
import { closeSync, readSync } from 'node:fs'
import { openInput } from '../files/open-input.ts'
import { type Bytes, descriptorBytes, plainBytes, spooled, unreadable, withHead } from './bytes.ts'
import { csvRows } from './csv-rows.ts'
import { inputFiles } from './inputs.ts'
import { jsonRows } from './json-rows.ts'
import { withoutEvents } from './log-events.ts'
import { logLineRows } from './log-lines.ts'
import { otlpRows } from './otlp-rows.ts'
import { parquetRows } from './parquet-rows.ts'
import { type Carrier, carrierOf, readFromEnd, SNIFFED_BYTES } from './sniff.ts'
import { MAX_ROW_BYTES, type Row, Source } from './source.ts'
import { zipMembers } from './zip-members.ts'

export type { Row } from './source.ts'

export interface RowOptions {
  /** Largest record, in bytes; `MAX_ROW_BYTES` unless told otherwise. */
  readonly maxRowBytes?: number
  /** Is told of each file in a folder, or member of a zip file, that is not read: hidden ones, and those that are written for people. */
  readonly leftOut?: (file: string) => void
}

type Limits = Required<RowOptions>
type Rows = AsyncGenerator<readonly Row[], void, undefined>

/**
 * The records of files, folders and `-`, the standard input, in the order in which they are named.
 *
 * @throws ImportError with file, place and what to do: whatever is no record, is cut, damaged, too large or cannot be read
 */
export async function* readRows(
  inputs: readonly string[],
  { maxRowBytes = MAX_ROW_BYTES, leftOut = () => {} }: RowOptions = {},
): AsyncGenerator<Row, void, undefined> {
  for (const file of inputFiles(inputs, leftOut)) {
    const source = new Source(file)
    try {
      for await (const rows of fileRows(source, { maxRowBytes, leftOut }))
        for (const row of rows) for (const record of withoutEvents(row)) yield record
    } catch (error) {
      throw unreadable(source, error)
    }
  }
}

async function* fileRows(source: Source, limits: Limits): Rows {
  const descriptor = openInput(source.file)
  const carrier = source.file === '-' ? null : readFromEnd(headOf(descriptor))
  if (carrier === null) return yield* streamRows(source, descriptorBytes(descriptor), limits)
  try {
    yield* rowsFromEnd(carrier, source, descriptor, limits)
  } finally {
    closeSync(descriptor)
  }
}

function headOf(descriptor: number): Buffer {
  const head = Buffer.alloc(4)
  return head.subarray(0, readSync(descriptor, head, 0, head.length, 0))
}

/** Rows of bytes that come one after the other; whoever stops reading leaves nothing open. */
async function* streamRows(source: Source, raw: Bytes, limits: Limits): Rows {
  const plain = plainBytes(raw)
  try {
    const { head, all } = await withHead(plain, (head) => head.length >= SNIFFED_BYTES)
    yield* carriedRows(carrierOf(source, head), source, all, limits)
  } finally {
    await plain.return()
  }
}

async function* carriedRows(carrier: Carrier, source: Source, all: Bytes, limits: Limits): Rows {
  switch (carrier) {
    case 'json':
      return yield* jsonRows(source, all, limits.maxRowBytes)
    case 'csv':
      return yield* csvRows(source, all, limits.maxRowBytes)
    case 'log':
      return yield* logLineRows(source, all, limits.maxRowBytes)
    case 'protobuf':
    case 'protobuf with lengths':
      return yield* otlpRows(source, all, carrier === 'protobuf with lengths', limits.maxRowBytes)
  }
  const aside = await spooled(all)
  try {
    yield* rowsFromEnd(carrier, source, aside.file, limits)
  } finally {
    aside.close()
  }
}

async function* rowsFromEnd(carrier: 'zip' | 'parquet', source: Source, descriptor: number, limits: Limits): Rows {
  if (carrier === 'parquet') return yield* parquetRows(source, descriptor)
  if (source.member !== null) throw source.refuse('this is a zip file in a zip file', 'Unpack the outer one')
  for await (const { source: member, bytes } of zipMembers(source, descriptor, limits.leftOut))
    try {
      yield* streamRows(member, bytes, limits)
    } catch (error) {
      throw unreadable(member, error)
    }
}

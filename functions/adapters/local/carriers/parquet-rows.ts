/** Rows of a parquet file, one row group in memory at a time. */
import { fstatSync, read } from 'node:fs'
import { promisify } from 'node:util'
import { AGAIN, type Row, type Source } from './source.ts'

const readAt = promisify(read)

/** Largest row group that is read: all of it is in memory at once, as it is decoded. */
const MAX_GROUP_BYTES = 192 * 1024 * 1024

/**
 * @param descriptor of the whole file, which is read from its end and stays open
 * @throws ImportError: damaged or cut data, a row group that is too large
 */
export async function* parquetRows(
  source: Source,
  descriptor: number,
): AsyncGenerator<readonly Row[], void, undefined> {
  // Only who imports parquet pays for its reader.
  const [{ parquetMetadataAsync, parquetReadObjects }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ])
  const damaged = (error: unknown) => source.refuse(`the parquet data is damaged (${(error as Error).message})`, AGAIN)
  const file: { readonly byteLength: number; slice(start: number, end?: number): Promise<ArrayBuffer> } = {
    byteLength: fstatSync(descriptor).size,
    slice: (start: number, end = file.byteLength) => bytesAt(descriptor, start, end),
  }
  const metadata = await parquetMetadataAsync(file, { parsers: PARSERS }).catch((error) => {
    throw damaged(error)
  })
  let rowStart = 0
  for (const group of metadata.row_groups) {
    source.at = `row ${rowStart + 1}`
    if (Number(group.total_byte_size) > MAX_GROUP_BYTES)
      throw source.refuse(
        `the row group that begins here holds ${group.total_byte_size} bytes, more than ${MAX_GROUP_BYTES}`,
        'Write the file with smaller row groups',
      )
    const rowEnd = rowStart + Number(group.num_rows)
    const objects = await parquetReadObjects({ file, metadata, compressors, parsers: PARSERS, rowStart, rowEnd }).catch(
      (error) => {
        throw damaged(error)
      },
    )
    if (objects.length !== Number(group.num_rows)) throw damaged(new Error('a column has fewer rows than the others'))
    yield objects.map((object, i) => source.row(`row ${rowStart + i + 1}`, plain(object)))
    rowStart = rowEnd
  }
}

async function bytesAt(descriptor: number, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(Math.max(0, end - start))
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await readAt(descriptor, bytes, at, bytes.length - at, start + at)
    if (bytesRead === 0) throw new Error('it ends too early')
    at += bytesRead
  }
  return bytes.buffer
}

/** Times with every digit that they have: a Date would drop what is finer than milliseconds. */
const PARSERS = {
  timestampFromMilliseconds: (time: bigint | undefined) => instant(time, 3),
  timestampFromMicroseconds: (time: bigint | undefined) => instant(time, 6),
  timestampFromNanoseconds: (time: bigint | undefined) => instant(time, 9),
  dateFromDays: (days: number | undefined) =>
    typeof days === 'number' ? new Date(days * 86_400_000).toISOString().slice(0, 10) : null,
}

/** ISO text of a time since 1970 that has `digits` decimals of a second. */
function instant(time: bigint | undefined, digits: number): string | null {
  if (time === undefined || time === null) return null
  const unit = 10n ** BigInt(digits)
  const part = ((BigInt(time) % unit) + unit) % unit
  const seconds = Number((BigInt(time) - part) / unit)
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(part).padStart(digits, '0')}Z`
}

/** The value as JSON could hold it: whole numbers beyond 2^53 as their digits, bytes as base64, what is no number as null. */
function plain(value: unknown): unknown {
  if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) return null
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as ArrayLike<unknown>, plain)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}

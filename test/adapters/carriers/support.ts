/** What the tests of carriers share: the rows of files of given bytes, and zip files with members of any method. */
import { crc32 } from 'node:zlib'
import { type Row, type RowOptions, readRows } from '#adapters/local/carriers/read-rows.ts'
import { ImportError } from '#adapters/local/import/import-error.ts'
import { Folder } from '../import/support.ts'

export const rowsOf = (file: string, options?: RowOptions): Promise<Row[]> => Array.fromAsync(readRows([file], options))

/** Rows of a file that holds `content`. */
export async function rowsIn(content: string | Uint8Array, options?: RowOptions): Promise<Row[]> {
  using folder = new Folder()
  return await rowsOf(folder.write('file', content), options)
}

export const valuesIn = async (content: string | Uint8Array): Promise<unknown[]> =>
  (await rowsIn(content)).map(({ value }) => value)

/** What a person is told of a file that holds `content`; the file is called FILE. */
export async function toldOf(content: string | Uint8Array, options?: RowOptions): Promise<string> {
  using folder = new Folder()
  const file = folder.write('file', content)
  const error = await rowsOf(file, options).then(
    (rows) => `no error, but ${rows.length} rows`,
    (error: unknown) => error,
  )
  return error instanceof ImportError ? error.message.replaceAll(file, 'FILE') : String(error)
}

export interface Member {
  readonly name: string
  /** As it is compressed. */
  readonly data: Uint8Array
  /** As it is not. */
  readonly plain: Uint8Array
  /** 0 stored, 8 deflate, 93 zstd. */
  readonly method: number
  readonly flags?: number
}

/** A zip file as its specification has it (APPNOTE 4.3): local headers with data, central directory, end. */
export function zipOf(members: readonly Member[]): Buffer {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const { name, data, plain, method, flags = 0 } of members) {
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(flags, 2)
    common.writeUInt16LE(method, 4)
    common.writeUInt32LE(crc32(plain), 10)
    common.writeUInt32LE(data.length, 14)
    common.writeUInt32LE(plain.length, 18)
    common.writeUInt16LE(name.length, 22)
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    const here = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), data])
    local.push(here)
    central.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, place, Buffer.from(name))
    offset += here.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...local, directory, end])
}

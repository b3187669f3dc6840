/** What a person names on the command line or hands to the library: a file that is read whole, or refused by name. */
import { isUtf8 } from 'node:buffer'
import { NotAFile, readInputBytes } from '#adapters/local/files/open-input.ts'
import { UserError } from '../errors.ts'

const MOST_BYTES = 16 * 1024 * 1024

/** Text of a file named on the command line; `-` is the standard input, and a byte order mark is left out. */
export function readInput(file: string): string {
  let bytes: Buffer
  try {
    bytes = readInputBytes(file, MOST_BYTES)
  } catch (error) {
    if (error instanceof NotAFile) throw new UserError(`${file} ${error.message}`)
    const { code, message } = error as NodeJS.ErrnoException
    throw new UserError(
      `${file} cannot be read: ${code === 'ENOENT' ? 'there is no such file. Check the path' : message}`,
    )
  }
  if (!isUtf8(bytes)) throw new UserError(`${file} is not valid UTF-8: save it again as UTF-8`)
  return bytes.toString().replace(/^\ufeff/, '')
}

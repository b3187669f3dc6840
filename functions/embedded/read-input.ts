/** What a person names on the command line or hands to the library: a file that is read whole, or refused by name. */
import { readFileSync, statSync } from 'node:fs'
import { UserError } from '../errors.ts'

/** Text of a file named on the command line. */
export function readInput(file: string): string {
  let size: number
  try {
    const stat = statSync(file)
    if (stat.isDirectory()) throw new UserError(`${file} is a folder; name a file`)
    size = stat.size
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${file} cannot be read: ${(error as Error).message}`)
  }
  if (size > 16 * 1024 * 1024)
    throw new UserError(`${file} has ${size} bytes; a document of this kind has at most 16 MiB`)
  return readFileSync(file, 'utf8')
}

/** The bands file of a command: read, held to its contract, and with the targets that it names by their paths. */
import { dirname, join } from 'node:path'
import { Bands, withTargets } from '#schemas/bands.ts'
import { readInput } from '../../embedded/read-input.ts'
import { UserError } from '../../errors.ts'
import { parseAs, parseJson } from '../../steps/experience/parse.ts'
import { parseTarget } from '../../steps/experience/parse-documents.ts'

/** Bands of a file. Throws UserError with file, field and what to do. */
export function readBands(file: string): Bands {
  const targetAt = (path: string) => {
    const at = join(dirname(file), path)
    return parseTarget(readInput(at), at)
  }
  const bands = parseAs(Bands, parseJson(readInput(file), file), file)
  return withTargets(bands, targetAt, (why) => new UserError(`${file}: ${why}`))
}

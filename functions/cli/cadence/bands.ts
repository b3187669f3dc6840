/** The bands file of a command: read, held to its contract, and with the targets that it names by their paths. */
import { dirname, join } from 'node:path'
import { Bands } from '#schemas/bands.ts'
import { readInput } from '../../embedded/read-input.ts'
import { UserError } from '../../errors.ts'
import { parseAs, parseJson } from '../../steps/experience/parse.ts'
import { parseTarget } from '../../steps/experience/parse-documents.ts'

/** Bands of a file. Throws UserError with file, field and what to do. */
export function readBands(file: string): Bands {
  const bands = parseAs(Bands, parseJson(readInput(file), file), file)
  return {
    ...bands,
    intents: bands.intents.map((of) => ({
      ...of,
      bands: of.bands.map((band) => {
        if (typeof band.target !== 'string') return band
        const path = join(dirname(file), band.target)
        const target = parseTarget(readInput(path), path)
        if (target.intent !== undefined && target.intent !== of.intent)
          throw new UserError(
            `${file}: the band of ${band.metric} names ${path}, which is about ${target.intent} and not about ${of.intent}`,
          )
        return { ...band, target }
      }),
    })),
  }
}

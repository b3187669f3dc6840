/** The documents that people write, parsed under their contracts. */

import { MAX_VALUES, valueCount } from '#core/space/lattice.ts'
import { ContextPack, PriceTable } from '#schemas/pack.ts'
import { EvaluatorSuite } from '#schemas/suite.ts'
import { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../../errors.ts'
import { parseAs, parseJson } from './parse.ts'

/** A pack; a surface with more values than anybody could list is refused like any other number out of range. */
export function parsePack(text: string, file: string): ContextPack {
  const pack = parseAs(ContextPack, parseJson(text, file), file)
  pack.tunable_surfaces.forEach((surface, i) => {
    const count = valueCount(surface)
    if (count > MAX_VALUES)
      throw new UserError(
        `${file}: tunable_surfaces[${i}].bounds: ${count} values, at most ${MAX_VALUES}: narrow the bounds, or widen the step`,
      )
  })
  return pack
}

export const parseSuite = (text: string, file: string): EvaluatorSuite =>
  parseAs(EvaluatorSuite, parseJson(text, file), file)

export const parsePrices = (text: string, file: string): PriceTable => parseAs(PriceTable, parseJson(text, file), file)

export const parseTarget = (text: string, file: string): TuningTarget =>
  parseAs(TuningTarget, parseJson(text, file), file)

/** The documents that people write, parsed under their contracts. */

import { MAX_VALUES, valueCount } from '#core/space/lattice.ts'
import { Ref } from '#schemas/common.ts'
import { ContextPack, PriceTable } from '#schemas/pack.ts'
import { RedactionRules } from '#schemas/redaction.ts'
import { EvaluatorSuite } from '#schemas/suite.ts'
import { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../../errors.ts'
import type { KeptDocument } from './documents.ts'
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

export const parseRedaction = (text: string, file: string): RedactionRules =>
  parseAs(RedactionRules, parseJson(text, file), file)

/** `REF=TEXT` as it was given, the text read by the caller; a UserError for a ref without a version or an empty text. */
export function keptDocument(ref: string, text: string, file: string): KeptDocument {
  const parsed = Ref.safeParse(ref)
  if (!parsed.success) throw new UserError(`--document ${ref}=${file}: ${parsed.error.issues[0]!.message}`)
  if (text.trim() === '') throw new UserError(`--document ${ref}=${file}: the file is empty`)
  return { ref, text }
}

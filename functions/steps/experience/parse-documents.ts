/** The documents that people write, parsed under their contracts. */

import { MAX_VALUES, valueCount } from '#core/space/lattice.ts'
import { Ref } from '#schemas/common.ts'
import { ContextPack, PriceTable } from '#schemas/pack.ts'
import { RedactionRules } from '#schemas/redaction.ts'
import { EvaluatorSuite } from '#schemas/suite.ts'
import { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../../errors.ts'
import type { KeptDocument } from './documents.ts'
import { type Contract, parseAs, parseJson } from './parse.ts'

/** What a person may take for another document: its name, and a field that no other one has. */
const KINDS = {
  'context pack': 'tunable_surfaces',
  'evaluator suite': 'evaluators',
  'price table': 'models',
  'tuning target': 'baseline_tuple',
} as const

/** A document of a kind. Throws UserError, also where it is one of another kind: its fields alone say nothing then. */
function documentOf<T>(kind: keyof typeof KINDS, schema: Contract<T>, text: string, file: string): T {
  const value = parseJson(text, file)
  const has = (field: string): boolean => typeof value === 'object' && value !== null && Object.hasOwn(value, field)
  const [other] = Object.entries(KINDS).find(([, field]) => has(field)) ?? []
  if (other !== undefined && other !== kind && !has(KINDS[kind]))
    throw new UserError(`${file} is ${a(other)}, and ${a(kind)} is asked for here`)
  return parseAs(schema, value, file)
}

const a = (kind: string): string => `${kind.startsWith('e') ? 'an' : 'a'} ${kind}`

/** A pack; a surface with more values than anybody could list is refused like any other number out of range. */
export function parsePack(text: string, file: string): ContextPack {
  const pack = documentOf('context pack', ContextPack, text, file)
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
  documentOf('evaluator suite', EvaluatorSuite, text, file)

export const parsePrices = (text: string, file: string): PriceTable => documentOf('price table', PriceTable, text, file)

export const parseTarget = (text: string, file: string): TuningTarget =>
  documentOf('tuning target', TuningTarget, text, file)

export const parseRedaction = (text: string, file: string): RedactionRules =>
  parseAs(RedactionRules, parseJson(text, file), file)

/** `REF=TEXT` as it was given, the text read by the caller; a UserError for a ref without a version or an empty text. */
export function keptDocument(ref: string, text: string, file: string): KeptDocument {
  const parsed = Ref.safeParse(ref)
  if (!parsed.success) throw new UserError(`--document ${ref}=${file}: ${parsed.error.issues[0]!.message}`)
  if (text.trim() === '') throw new UserError(`--document ${ref}=${file}: the file is empty`)
  return { ref, text }
}

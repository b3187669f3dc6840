/** A floor below .95 is an exception: named, signed over its own words, and published with the pack that it weakens. */
import type { ContextPack, PackException } from '#schemas/pack.ts'
import { digestOf } from '../canonical.ts'

/** Policy and safety from here on need nobody's name. */
export const LEAST_FLOOR = 0.95

/** What an exception is signed over: its own words and the pack it stands in. Copied elsewhere, or altered, it does not hold. */
export const exceptionDigest = (pack: string, { digest: _, ...words }: PackException): string =>
  digestOf({ pack, ...words })

/** Why a floor is not allowed as low as it is declared; null: it is. */
export function floorProblem(
  pack: ContextPack,
  intent: string | undefined,
  guardrail: 'policy' | 'safety',
  min: number,
): string | null {
  if (min >= LEAST_FLOOR) return null
  const found = exceptionFor(pack, intent, guardrail, min)
  const limit = `guardrails.${guardrail}.min ${min} is below ${LEAST_FLOOR}`
  if (!found) {
    const example = {
      guardrail,
      intent,
      min,
      reason: 'why',
      signed_by: 'a person',
      date: 'YYYY-MM-DD',
      digest: 'sha256:...',
    }
    return `${limit}: raise it, or let the owner sign an exception in a new version of ${pack.pack}: "exceptions": [${JSON.stringify(example)}]`
  }
  const digest = exceptionDigest(pack.pack, found)
  return found.digest === digest
    ? null
    : `${limit}, and the exception that ${found.signed_by} is named for in ${pack.pack} is not signed over what it says: its digest would be ${digest}`
}

/** The exception of a pack that covers a floor, if it holds one. */
export const exceptionFor = (
  pack: ContextPack,
  intent: string | undefined,
  guardrail: 'policy' | 'safety',
  min: number,
): PackException | undefined =>
  pack.exceptions?.find((e) => e.guardrail === guardrail && e.intent === intent && e.min <= min)

/** A harness manifest as evidence: the owner's signature over each declaration, its expiry, and the files as they are now. */
import type { Declaration, HarnessManifest } from '#schemas/harness-manifest.ts'
import { digestOf } from '../canonical.ts'
import type { AuditEvidence, Known } from './judge.ts'
import { longestWord } from './longest-word.ts'

const wordsDigest = (harness: string, { signed: _, ...words }: Declaration, owner: string, on: string): string =>
  digestOf({ harness, ...words, signed: { owner, on } })

/** The manifest with an owner's word under some of its declarations. */
export const signedDeclarations = (
  manifest: HarnessManifest,
  controls: ReadonlySet<number>,
  owner: string,
  on: string,
): HarnessManifest => ({
  ...manifest,
  declarations: manifest.declarations.map((one) =>
    controls.has(one.control)
      ? { ...one, signed: { owner, on, digest: wordsDigest(manifest.harness, one, owner, on) } }
      : one,
  ),
})

/** Why a declaration is nobody's word on a day; null: it is. */
export function declarationProblem(harness: string, one: Declaration, today: string): string | null {
  const { signed, expires } = one
  if (!signed) return 'unverified: nobody signed it'
  if (wordsDigest(harness, one, signed.owner, signed.on) !== signed.digest)
    return `unverified: it is no longer what ${signed.owner} signed on ${signed.on}`
  if (signed.on > today) return `unverified: ${signed.owner} signed it on ${signed.on}, which is yet to come`
  if (expires > longestWord(signed.on))
    return `unverified: it is to hold until ${expires}, and a word holds a year at most: set a day until ${longestWord(signed.on)}, then sign it`
  if (today > expires) return `unverified: the word of ${signed.owner} ended on ${expires}`
  return null
}

/** What a manifest says of each control. @param found digests of the files as they are now; absent: not to be read */
export function knownOf(
  { harness, declarations }: HarnessManifest,
  found: ReadonlyMap<string, string>,
  today: string,
): ReadonlyMap<number, Known> {
  return new Map(
    declarations.map((one): [number, Known] => {
      const { control, says, not_applicable, evidence } = one
      const problem = declarationProblem(harness, one, today)
      return [
        control,
        {
          says,
          evidence: evidence.map(({ level, path, sha256 }): AuditEvidence => {
            const digest = found.get(path) ?? null
            return { level, path, digest, holds: digest === sha256 }
          }),
          ...(not_applicable && { not_applicable }),
          ...(problem !== null && { unverified: problem }),
        },
      ]
    }),
  )
}

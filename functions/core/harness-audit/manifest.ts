/** A harness manifest as evidence: whose word each declaration is and under which key, its expiry, and the files as they are now. */
import type { AttestationKeys } from '#schemas/attestation.ts'
import type { KeySignature } from '#schemas/envelope.ts'
import type { Declaration, HarnessManifest } from '#schemas/harness-manifest.ts'
import { samePerson } from '#schemas/person.ts'
import { keyId, signatureHolds } from '../attest/dsse.ts'
import { keyEnded } from '../attest/judge.ts'
import { declarationStatement } from '../attest/statements.ts'
import { canonical, digestOf } from '../canonical.ts'
import type { AuditEvidence, Known } from './judge.ts'
import { longestWord } from './longest-word.ts'

/** Which manifest a word stands in. */
type About = Pick<HarnessManifest, 'harness' | 'loop'>

/** All that a word is about, and whose it is. */
const wordOf = (harness: string, { signed: _, ...words }: Declaration, owner: string, on: string) => ({
  harness,
  ...words,
  signed: { owner, on },
})

/** What a key signs of a declaration: an in-toto statement about its files, of a harness or of the loop. */
export function wordPayload({ harness, loop }: About, one: Declaration, owner: string, on: string): Buffer {
  const files = one.evidence.map(({ path, sha256 }) => ({ name: path, digest: { sha256: sha256.slice(7) } }))
  const word = { declaration: wordOf(harness, one, owner, on), ...(loop && { loop }) }
  return Buffer.from(canonical(declarationStatement(files, word)))
}

/** The manifest with an owner's word under some of its declarations. @param under signatures of a key of theirs, by control */
export const signedDeclarations = (
  manifest: HarnessManifest,
  controls: ReadonlySet<number>,
  { owner, on }: { readonly owner: string; readonly on: string },
  under: ReadonlyMap<number, KeySignature> = new Map(),
): HarnessManifest => ({
  ...manifest,
  declarations: manifest.declarations.map((one) => {
    if (!controls.has(one.control)) return one
    const key = under.get(one.control)
    const digest = digestOf(wordOf(manifest.harness, one, owner, on))
    return { ...one, signed: { owner, on, digest, ...(key && { key }) } }
  }),
})

/** Why a declaration is nobody's word on a day; null: it is. */
export function declarationProblem(harness: string, one: Declaration, today: string): string | null {
  const { signed, expires } = one
  if (!signed) return 'unverified: nobody signed it'
  if (digestOf(wordOf(harness, one, signed.owner, signed.on)) !== signed.digest)
    return `unverified: it is no longer what ${signed.owner} signed on ${signed.on}`
  if (signed.on > today) return `unverified: ${signed.owner} signed it on ${signed.on}, which is yet to come`
  if (expires > longestWord(signed.on))
    return `unverified: it is to hold until ${expires}, and a word holds a year at most: set a day until ${longestWord(signed.on)}, then sign it`
  if (today > expires) return `unverified: the word of ${signed.owner} ended on ${expires}`
  return null
}

/** Who is trusted to be whom, and when it is. */
interface Vouching {
  /** null: no file of keys was given. */
  readonly keys: AttestationKeys | null
  /** Moment by which keys are valid or not. */
  readonly now: string
}

/** What a key says of a word: that it is its owner's (nothing is said then), that it is not, or that no key speaks. */
function vouchedFor(about: About, one: Declaration, { keys, now }: Vouching): Pick<Known, 'unverified' | 'short'> {
  const { owner, on, key } = one.signed!
  if (!key)
    return {
      short: `no key vouches for the word of ${owner}, whose name anybody can write: "autotune audit sign --key"`,
    }
  if (keys === null)
    return { short: `the key under the word of ${owner} was held against no file of keys: give it with --keys` }
  const unverified = (why: string) => ({ unverified: `unverified: the word of ${owner} ${why}` })
  const known = keys.keys.find(({ public_key }) => keyId(public_key) === key.keyid)
  if (!known) return unverified('is under a key that the file of keys does not name')
  if (!signatureHolds(known.public_key, wordPayload(about, one, owner, on), key.sig))
    return unverified('does not hold under its key: it was changed')
  if (!samePerson(known.person, owner)) return unverified(`is under the key of ${known.person}`)
  const ended = keyEnded(known, now)
  return ended === null ? {} : unverified(`is under a key that ${ended}`)
}

/** What a manifest says of each control. @param found digests of the files as they are now; absent: not to be read */
export function knownOf(
  { declarations, ...about }: HarnessManifest,
  found: ReadonlyMap<string, string>,
  vouching: Vouching,
): ReadonlyMap<number, Known> {
  return new Map(
    declarations.map((one): [number, Known] => {
      const { control, says, not_applicable, evidence } = one
      const problem = declarationProblem(about.harness, one, vouching.now.slice(0, 10))
      return [
        control,
        {
          says,
          evidence: evidence.map(({ level, path, sha256 }): AuditEvidence => {
            const digest = found.get(path) ?? null
            return { level, path, digest, holds: digest === sha256 }
          }),
          ...(not_applicable && { not_applicable }),
          ...(problem === null ? vouchedFor(about, one, vouching) : { unverified: problem }),
        },
      ]
    }),
  )
}

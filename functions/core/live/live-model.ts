/** A live model as its owner signed it: what the signature covers, and what a run pins of the document. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { LiveModel, LivePin } from '#schemas/live-model.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { digestOf } from '../canonical.ts'

/** The document with its owner's word, over everything that stands in it. */
export function signedBy(document: LiveModel, owner: string, on: string): LiveModel {
  const { signed: _, ...words } = document
  return { ...words, signed: { owner, on, digest: wordsDigest(words, owner, on) } }
}

const wordsDigest = ({ $schema: _s, ...words }: Omit<LiveModel, 'signed'>, owner: string, on: string): string =>
  digestOf({ ...words, signed: { owner, on } })

/** What a run pins, or why the document is nobody's word. */
export function pinOf({ signed, ...words }: LiveModel): LivePin | { readonly problem: string } {
  if (!signed) return { problem: 'nobody signed it' }
  if (wordsDigest(words, signed.owner, signed.on) !== signed.digest)
    return { problem: `it is no longer what ${signed.owner} signed on ${signed.on}` }
  const { model, max_tokens, temperature, seed, repeats } = words
  return { model, max_tokens, temperature, seed, repeats, owner: signed.owner, on: signed.on }
}

/** Whose answers count in the budget of a run: the same for every start of it. */
export const payerOf = (target: TuningTarget, candidates: readonly CandidateChange[] | null, pin: LivePin): string =>
  digestOf({ target, candidates, live: identityOf(pin) })

/** What of a pin an answer depends on: whoever signs the same words again, or raises the budget, asks the same model. */
export const identityOf = ({ owner: _o, on: _d, ...identity }: LivePin): Omit<LivePin, 'owner' | 'on'> => identity

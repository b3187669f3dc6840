/** Keys as a command is given them: the file that attestations are held against, and the private key of who signs. */
import { dirname, resolve } from 'node:path'
import { readAttestationKey } from '#adapters/local/attestation-key.ts'
import { keyId, keyProblem } from '#core/attest/dsse.ts'
import { AttestationKeys } from '#schemas/attestation.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import type { Attestor } from '../ports.ts'
import { parseAs, parseJson } from '../steps/experience/parse.ts'
import { liesIn } from './place.ts'

const KMS = 'kms:'

/** The file of keys. Throws UserError with file, field and what to do, and for one in the store: who writes that would be trusted by it. */
export function readKeys(file: string, store: string): AttestationKeys {
  if (liesIn(file, store))
    throw new UserError(
      `${file} lies in the store: whoever writes the store could name any key there. Keep the file of keys outside, and review it like any change`,
    )
  const keys = parseAs(AttestationKeys, parseJson(readInput(file), file), file)
  const ids = new Set<string>()
  for (const [i, { public_key }] of keys.keys.entries()) {
    const problem = keyProblem(public_key)
    const where = `${file}: keys[${i}].public_key`
    if (problem !== null) throw new UserError(`${where} ${problem}`)
    if (ids.has(keyId(public_key)))
      throw new UserError(`${where} stands there twice: one key has one person and one role. Make another one`)
    ids.add(keyId(public_key))
  }
  return keys
}

/** Does `--key` name a key in KMS? */
export const inKms = (key: string): boolean => key.startsWith(KMS)

/** Who signs, by `--key`: the private key of a file outside the store, or one in KMS. Throws UserError for what is none. */
export const openAttestor = async (key: string, store: string): Promise<Attestor> =>
  inKms(key) ? await kmsKey(key) : readAttestationKey(outside(key, store))

/** A private key lies where no copy of the store takes it along. Throws UserError for one inside. */
export function outside(file: string, store: string): string {
  if (liesIn(dirname(resolve(file)), store))
    throw new UserError(
      `${file} lies in the store: a private key lies outside of it, or every copy of the store could sign`,
    )
  return resolve(file)
}

export async function kmsKey(key: string): Promise<Attestor> {
  const { kmsAttestor } = await import('#adapters/aws/kms-attestor.ts')
  return await kmsAttestor(key.slice(KMS.length))
}

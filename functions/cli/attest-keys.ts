/** The file of keys that attestations are held against, as a command is given it. */
import { keyId, keyProblem } from '#core/attest/dsse.ts'
import { AttestationKeys } from '#schemas/attestation.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { parseAs, parseJson } from '../steps/experience/parse.ts'

/** The file of keys. Throws UserError with file, field and what to do. */
export function readKeys(file: string): AttestationKeys {
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

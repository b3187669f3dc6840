/** The private key of one person who signs attestations: an Ed25519 key in a file that only its owner reads. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../../errors.ts'
import type { Attestor } from '../../ports.ts'
import { createFile } from './files/atomic-write.ts'

const pemOf = (key: KeyObject): string => String(createPublicKey(key).export({ type: 'spki', format: 'pem' }))

/** Makes a key in a new file, whole or not at all. Throws UserError where something has that name. */
export async function makeAttestationKey(file: string): Promise<Attestor> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  if (!(await createFile(dirname(file), file, pem, true)))
    throw new UserError(`${file} is there already: no key is written over it. Choose another --key`)
  return attestorOf(privateKey)
}

/** The key of a file. Throws UserError for one that others may read, and for what is no Ed25519 key. */
export function readAttestationKey(file: string): Attestor {
  const key = privateKeyOf(file)
  if (key?.asymmetricKeyType !== 'ed25519')
    throw new UserError(`${file} holds no Ed25519 private key in PEM: "autotune attest keygen" makes one`)
  return attestorOf(key)
}

const attestorOf = (key: KeyObject): Attestor => ({
  publicKey: pemOf(key),
  sign: async (bytes) => sign(null, bytes, key),
})

function privateKeyOf(file: string): KeyObject | null {
  let handle: number
  try {
    handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file: "autotune attest keygen" makes one' : `${code}`
    throw new UserError(`${file} cannot be read: ${why}`)
  }
  try {
    const stat = fstatSync(handle)
    if (!stat.isFile() || stat.size > 10_000) return null
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0)
      throw new UserError(
        `${file} is open to others than its owner, who may have signed with it: revoke it in the file of keys and make another one. If nobody read it, "chmod 600" closes it`,
      )
    return parsed(readFileSync(handle, 'utf8'))
  } finally {
    closeSync(handle)
  }
}

function parsed(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem)
  } catch {
    return null
  }
}

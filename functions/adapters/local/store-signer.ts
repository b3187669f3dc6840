/** Codes (MAC) on one machine: HMAC-SHA-256 under keys of the store, each made once, readable by its owner only. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, constants, fstatSync, fsyncSync, linkSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../../errors.ts'
import type { Signer } from '../../ports.ts'
import { atPath, namingPath } from './files/at-path.ts'
import { unfinishedName } from './files/unfinished.ts'

const KEY_BYTES = 32

/** What a key of the store signs, and what ends when it is lost. */
const KEYS = {
  'review-link': 'old links end',
  terminal: 'decisions made here before are no longer proved',
  release: 'rollout artifacts signed before no longer verify',
  heads: 'the journal of heads is no longer proved',
} as const

/**
 * The signer of a purpose. Its key is made with the first signature, never by a check; of several processes that make one at once, one key wins and
 * all use it.
 * @param vaultDir the sealed side: no replay and no search reads there
 * @throws UserError for a key file that others may read, or that is none
 */
export function storeSigner(vaultDir: string, purpose: keyof typeof KEYS): Signer {
  const file = join(vaultDir, `${purpose}.key`)
  let key = readKey(file, KEYS[purpose])
  return hmacSigner(purpose, (make) => {
    if (key === null && make) {
      createKey(file)
      key = readKey(file, KEYS[purpose])
    }
    return key
  })
}

/** Signs and checks texts; the check takes the same time for every wrong code. */
function hmacSigner(name: string, keyOf: (make: boolean) => Buffer | null): Signer {
  const sign = (key: Buffer, text: string): string => createHmac('sha256', key).update(text).digest('base64url')
  return {
    key: name,
    sign: async (text) => sign(keyOf(true)!, text),
    async holds(text, mac) {
      const key = keyOf(false)
      // A key that was never made has signed nothing.
      if (key === null) return false
      const [expected, given] = [Buffer.from(sign(key, text)), Buffer.from(mac)]
      return expected.length === given.length && timingSafeEqual(expected, given)
    },
  }
}

function readKey(file: string, lost: string): Buffer | null {
  let handle: number
  try {
    handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw new UserError(`${file} cannot be read (${code}): it is a signing key of this store`)
  }
  try {
    const stat = fstatSync(handle)
    if (!stat.isFile() || stat.size !== KEY_BYTES)
      throw new UserError(`${file} is no key of ${KEY_BYTES} bytes. Remove it: a new one is made, and ${lost}`)
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0)
      throw new UserError(`${file} is open to others than its owner: remove it; a new one is made, and ${lost}`)
    const key = Buffer.alloc(KEY_BYTES)
    if (readSync(handle, key, 0, KEY_BYTES, 0) !== KEY_BYTES) throw new UserError(`${file} cannot be read whole`)
    return key
  } finally {
    closeSync(handle)
  }
}

/** Writes a fresh key beside its place and links it there: whole or absent, and never over another one. */
function createKey(file: string): void {
  const temp = unfinishedName(dirname(file))
  const handle = atPath(file, () => openSync(temp, 'wx', 0o600))
  try {
    writeSync(handle, randomBytes(KEY_BYTES))
    fsyncSync(handle)
    linkSync(temp, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw namingPath(error, file)
  } finally {
    closeSync(handle)
    rmSync(temp, { force: true })
  }
}

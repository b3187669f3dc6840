/** Where the key of an encrypted vault comes from: a command outside this program. The store keeps only a check of it. */
import { spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { canonical } from '#core/canonical.ts'
import type { ObjectStore } from '#ports'
import { UserError } from '../../../errors.ts'
import { createFile } from '../files/atomic-write.ts'
import { isFileThere } from '../files/regular-file.ts'
import type { VaultKeys } from './encrypted-store.ts'
import { looksEncrypted } from './frames.ts'

/** The variable that names the command. What it prints is the key: 32 bytes in base64. */
export const KEY_COMMAND = 'AUTOTUNE_VAULT_KEY_COMMAND'

/** What an encrypted store says of its vault, in its own folder: it travels with the store. */
export const KEY_RECORD = 'vault-key.json'

const KEY_BYTES = 32
const FORMAT = 'aes-256-gcm-frames-1'

interface LocalVaultKeys extends VaultKeys {
  /** Has the key printed and checked before any work, where one will be needed. Records nothing. */
  unlock(): Promise<void>
  /** Is this vault encrypted, or will its first import encrypt it? */
  isEncrypted(): Promise<boolean>
}

/**
 * Keys of the vault in a store's folder. The command runs when a sealed byte is first read or written, once.
 *
 * @param dir folder of the store
 * @param vault the vault as it lies on the disk
 * @param command what prints the key; undefined: none was named
 */
export function vaultKeys(dir: string, vault: ObjectStore, command: string | undefined): LocalVaultKeys {
  const recordFile = join(dir, KEY_RECORD)
  let key: Uint8Array | null = null
  let printed: Uint8Array | null = null
  const print = (by: string): Uint8Array => {
    printed ??= printedKey(by)
    return printed
  }
  const recorded = (): Uint8Array | null => {
    if (key !== null) return key
    if (!existsSync(recordFile)) return null
    const { check } = readRecord(recordFile)
    if (command === undefined)
      throw new UserError(
        `the vault of ${dir} is encrypted: set ${KEY_COMMAND} to the command that prints its key (32 bytes in base64). Nothing was changed`,
      )
    if (checkOf(print(command)) !== check)
      throw new UserError(
        `the key that ${KEY_COMMAND} prints is not the one that the vault of ${dir} was encrypted with. Name the command of that key. Nothing was changed`,
      )
    key = print(command)
    return key
  }
  /** What the vault holds decides where nothing is recorded. The vault is plain for good once something plain is in it. */
  const isEmpty = async (): Promise<boolean> => {
    for await (const name of vault.list('')) {
      if (name.endsWith('.key')) continue
      // Another process may have written the record, and then this object, since the record was looked for.
      if (looksEncrypted((await vault.get(name)) ?? new Uint8Array()) && !existsSync(recordFile))
        throw new UserError(
          `${recordFile} is missing, and vault/${name} is encrypted: restore it from a copy. Nothing was changed`,
        )
      return false
    }
    return true
  }
  let isPlain = false
  const decided = async (): Promise<Uint8Array | null> => {
    const empty = await isEmpty()
    const now = recorded()
    if (now !== null) return now
    if (!empty || command === undefined) {
      isPlain = true
      return null
    }
    // Of two first imports one writes the record, and both go by it.
    await createFile(
      dirname(recordFile),
      recordFile,
      `${canonical({ format: FORMAT, check: checkOf(print(command)) })}\n`,
      true,
    )
    return recorded()
  }
  /** First writes side by side are one decision: what one of them has written is no reason for the others. */
  let deciding: Promise<Uint8Array | null> | null = null
  return {
    forReading: recorded,
    async forWriting() {
      const known = isPlain ? null : recorded()
      if (known !== null || isPlain) return known
      deciding ??= decided().finally(() => {
        deciding = null
      })
      return await deciding
    },
    async unlock() {
      if (recorded() === null && command !== undefined && (await isEmpty())) print(command)
    },
    async isEncrypted() {
      return existsSync(recordFile) || (command !== undefined && (await isEmpty()))
    },
  }
}

function readRecord(file: string): { readonly check: string } {
  try {
    isFileThere(file)
    const { format, check } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    if (format === FORMAT && typeof check === 'string') return { check }
  } catch {
    // Said below.
  }
  throw new UserError(`${file} cannot be read as "${FORMAT}": it was changed, or is of a later version. Restore it`)
}

/** Tells one key from another, and nothing else. */
const checkOf = (key: Uint8Array): string =>
  createHmac('sha256', key).update('contextos-autotune vault').digest('base64url')

/** Runs the command in a shell. It may ask a person on the terminal; what it prints is never repeated. */
function printedKey(command: string): Uint8Array {
  const { status, signal, stdout, error } = spawnSync(command, { shell: true, stdio: ['inherit', 'pipe', 'inherit'] })
  if (error || status !== 0)
    throw new UserError(
      `the command of ${KEY_COMMAND} failed (${error?.message ?? signal ?? `exit code ${status}`}): run it by hand; it must print the key`,
    )
  const text = stdout.toString().trim()
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== text)
    throw new UserError(
      `the command of ${KEY_COMMAND} must print ${KEY_BYTES} bytes in base64 and nothing else ("openssl rand -base64 32" makes a key)`,
    )
  return bytes
}

/** The embedded store: plain files in one folder, vault and releases in folders of their own, and one SQLite ledger. */
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CompilePoolOptions, compilePool } from '#adapters/local/compile/compile-pool.ts'
import { fileScratch } from '#adapters/local/files/file-scratch.ts'
import { fileStore } from '#adapters/local/files/file-store.ts'
import { forwardClock } from '#adapters/local/files/forward-clock.ts'
import { makeFolder } from '#adapters/local/files/make-folder.ts'
import { keepPrivate, PRIVATE_FOLDER } from '#adapters/local/files/private.ts'
import { isWritable } from '#adapters/local/files/writable.ts'
import { DEBIT_FILE, sqliteTable } from '#adapters/local/sqlite/sqlite-table.ts'
import { storeSigner } from '#adapters/local/store-signer.ts'
import { encryptedStore } from '#adapters/local/vault/encrypted-store.ts'
import { KEY_COMMAND, KEY_RECORD, vaultKeys } from '#adapters/local/vault/vault-key.ts'
import type { VaultReader } from '#core/gate/vault-reader.ts'
import type { ObjectStore, Progress, Signer, Store } from '../ports.ts'
import { heldToContracts } from '../steps/experience/held-to-contracts.ts'
import { headsOf } from '../steps/heads/journal.ts'
import { foundBefore } from '../steps/heads/stored-heads.ts'
import { witnessedTable } from '../steps/heads/witnessed-table.ts'
import { type LocalVerdicts, localVerdicts } from './local-verdicts.ts'
import { modelJudges } from './model-judges.ts'

/** The latest time that the store has told; beside the ledger, and no object. */
const CLOCK_FILE = 'ledger.sqlite-clock'

export interface LocalStore extends Store {
  readonly verdicts: LocalVerdicts
  readonly dir: string
  /** Folder of the sealed side. */
  readonly vaultDir: string
  /** Has the key of an encrypted vault printed now, before any work. Throws UserError when it is not to be had. */
  unlockVault(): Promise<void>
  readonly vaultReader: () => Promise<VaultReader>
  /** Folder of what is put aside, held-out lines among it: the sealed side, or that of the system for a copy that nobody may write. */
  readonly asideDir: string
  /** Path of an object, for people. */
  nameOf(key: string): string
  close(): void
}

export interface LocalStoreOptions {
  /** Wait with every write for the disk. @default true; false for stores that are thrown away */
  readonly durable?: boolean
  readonly progress?: Progress
  readonly compiling?: CompilePoolOptions
  /** Only look: nothing is made or written in the folder, whoever may. @default false */
  readonly readOnly?: boolean
  /** Command that prints the key of the vault. @default the variable `AUTOTUNE_VAULT_KEY_COMMAND` */
  readonly vaultKeyCommand?: string | undefined
}

/** Opens (and on first use creates) the store in a folder. One that this user may not write is only read: no lock, no key, no scratch in it. */
export function openStore(
  dir: string,
  {
    durable = true,
    progress = () => {},
    compiling = {},
    readOnly: onlyLook = false,
    vaultKeyCommand = process.env[KEY_COMMAND] || undefined,
  }: LocalStoreOptions = {},
): LocalStore {
  const readOnly = onlyLook || !['', 'vault', 'ledger.sqlite'].every((part) => isWritable(join(dir, part)))
  if (!readOnly) makePrivate(dir)
  const asideDir = readOnly ? tmpdir() : join(dir, 'vault')
  const items = sqliteTable(join(dir, 'ledger.sqlite'), { durable, readOnly })
  const objects = heldToContracts(openSide(fileStore(dir, { durable })))
  const vaultDir = join(dir, 'vault')
  const kept = fileStore(vaultDir, { durable })
  const vaultKey = vaultKeys(dir, kept, vaultKeyCommand)
  const vault = heldToContracts(encryptedStore(kept, vaultKey))
  const sides = () => ({
    open: { folder: dir, key: null },
    vault: { folder: vaultDir, key: vaultKey.forReading() },
  })
  const pool = compilePool(sides, compiling)
  const clock = forwardClock(join(dir, CLOCK_FILE), !readOnly)
  const journal = headsOf(
    objects,
    () => storeSigner(vaultDir, 'heads'),
    clock,
    (lines, holds) => foundBefore({ objects, items }, lines, holds),
  )
  const deciders = { link: decider(vaultDir, 'review-link'), terminal: decider(vaultDir, 'terminal') }
  const heads = { journal, items, deciders }
  const judges = modelJudges({
    objects,
    vault,
    clock,
    env: process.env,
    say: (line) => process.stderr.write(`${line}\n`),
  })
  const verdicts = localVerdicts({ store: dir, vault: vaultDir }, judges)
  const compilers = new Map([
    [objects, pool.side('open')],
    [vault, pool.side('vault')],
  ])
  return {
    dir,
    vaultDir,
    unlockVault: () => vaultKey.unlock(),
    vaultReader: async () => ((await vaultKey.isEncrypted()) ? 'key' : 'account'),
    asideDir,
    nameOf: (key) => join(dir, key),
    objects,
    vault,
    releases: heldToContracts(fileStore(join(dir, 'releases'), { durable })),
    table: witnessedTable(heads),
    heads,
    scrub: () => items.scrub(),
    scratch: () => fileScratch(asideDir),
    clock,
    progress,
    verdicts,
    compilerOf: (side) => compilers.get(side) ?? null,
    close() {
      verdicts.close()
      pool.close()
      items.close()
    },
  }
}

/** Its key is read when a decision is made or checked: another process may have made it meanwhile. */
const decider = (vaultDir: string, key: 'review-link' | 'terminal'): Signer => ({
  key,
  sign: (text) => storeSigner(vaultDir, key).sign(text),
  holds: (text, mac) => storeSigner(vaultDir, key).holds(text, mac),
})

/** Makes what is not there yet, and closes to others what is: a folder that was made for the store, its sides, its ledger. */
function makePrivate(dir: string): void {
  makeFolder(join(dir, 'vault'), PRIVATE_FOLDER)
  // A folder that holds something else too stays as its owner has it; what the store makes in it is closed all the same.
  if (readdirSync(dir).every((name) => name === 'vault')) keepPrivate(dir)
  for (const part of ['vault', 'releases', 'ledger.sqlite', 'ledger.sqlite-wal', 'ledger.sqlite-shm'])
    keepPrivate(join(dir, part))
}

const isElsewhere = (key: string): boolean =>
  ['vault', 'releases'].some((side) => key === side || key.startsWith(`${side}/`)) ||
  key.startsWith('ledger.sqlite') ||
  [DEBIT_FILE, KEY_RECORD].includes(key)

/** The open side of the store: the others lie inside its folder, but no key of the open side reaches them. */
function openSide(files: ObjectStore): ObjectStore {
  const open = (key: string): string => {
    if (isElsewhere(key)) throw new RangeError(`"${key}" is not an object of the open store`)
    return key
  }
  return {
    get: async (key, version) => files.get(open(key), version),
    read: async (key, version) => files.read(open(key), version),
    readRange: async (key, start, length) => files.readRange(open(key), start, length),
    put: async (key, bytes) => files.put(open(key), bytes),
    putIfAbsent: async (key, bytes) => files.putIfAbsent(open(key), bytes),
    versionOf: async (key) => files.versionOf(open(key)),
    delete: async (key) => files.delete(open(key)),
    async *list(prefix) {
      for await (const key of files.list(prefix)) if (!isElsewhere(key)) yield key
    },
  }
}

/** The store that a command names: a folder of this machine, or a deployment in AWS. The one place that tells them apart. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Actor, DeployedStore } from '#adapters/aws/deployed-store.ts'
import type { DeploymentName } from '#adapters/aws/deployment.ts'
import type { AwsStore } from '#adapters/aws/open-store.ts'
import { clearUnfinished } from '#adapters/local/files/unfinished.ts'
import { thisProcess } from '#adapters/local/holder.ts'
import { VAULT_READERS, type VaultReader } from '#core/gate/vault-reader.ts'
import { localVerdicts } from '../embedded/local-verdicts.ts'
import { type LocalStore, openStore } from '../embedded/open-store.ts'
import { UserError } from '../errors.ts'
import type { Progress } from '../ports.ts'
import { heldToContracts } from '../steps/experience/held-to-contracts.ts'
import { headsOf } from '../steps/heads/journal.ts'
import { foundBefore } from '../steps/heads/stored-heads.ts'
import { unsignedTable, witnessedTable } from '../steps/heads/witnessed-table.ts'
import { type UnfinishedRun, unfinishedRuns } from '../steps/run/unfinished.ts'
import { isDeployed, S3, type StoreOptions, shellWord } from './store-options.ts'

export type CommandStore = LocalStore | DeployedStore

/** Is it a folder of this machine? */
export const isLocal = (store: CommandStore): store is LocalStore => 'dir' in store

/** An existing store, embedded or deployed. Throws UserError where there is none. */
export async function openExisting(o: StoreOptions, progress: Progress = () => {}): Promise<CommandStore> {
  return isDeployed(o) ? await deployed(o, 'caller', progress) : existingStore(o.store, { progress })
}

/** The same to look at alone: a folder that this user may write is not written either. */
export const openToLook = async (o: StoreOptions, progress: Progress = () => {}): Promise<CommandStore> =>
  isDeployed(o) ? await deployed(o, 'caller', progress) : existingStore(o.store, { progress, readOnly: true })

/** The store of an import: a folder is made with it, and rid of what a killed one left; a deployment is written under its ingest role. */
export async function openForImport(o: StoreOptions, progress: Progress): Promise<CommandStore> {
  if (isDeployed(o)) {
    const store = await deployed(o, 'ingest', progress)
    // No function of the deployment sees all that a journal begins with.
    await store.heads!.journal.begin()
    return store
  }
  const store = openStore(o.store, { progress })
  for (const side of sidesOf(store)) clearUnfinished(side)
  return store
}

/** An existing store that a plan is read in, and written to: of a deployment by the caller, and by the ingest role, which reads no run. */
export async function openForPlanned(
  o: StoreOptions,
  progress: Progress,
): Promise<{ readonly reading: CommandStore; readonly writing: CommandStore; close(): void }> {
  if (!isDeployed(o)) {
    const store = existingStore(o.store, { progress })
    await store.unlockVault()
    return { reading: store, writing: store, close: () => store.close() }
  }
  const reading = await openExisting(o, progress)
  const writing = await openForImport(o, progress)
  const close = () => {
    reading.close()
    writing.close()
  }
  return { reading, writing, close }
}

/** Folders of the sides of a store. */
export const sidesOf = ({ dir, vaultDir }: LocalStore): string[] => [dir, vaultDir, join(dir, 'releases')]

/** An existing store with its journal of heads, to be checked: a deployment under the role of its auditor. */
export const openForAudit = async (o: StoreOptions, progress: Progress = () => {}): Promise<CommandStore> =>
  isDeployed(o) ? await deployed(o, 'auditor', progress) : existingStore(o.store, { progress })

/** An existing store whose memory is written: a deployment under the one role of people that may. */
export const openForMemory = async (o: StoreOptions): Promise<CommandStore> =>
  isDeployed(o) ? await deployed(o, 'memory', () => {}) : existingStore(o.store)

/** An existing store to which somebody's attestations are added: a deployment under the one role of people that may. */
export const openForAttesting = async (o: StoreOptions, progress: Progress): Promise<CommandStore> =>
  isDeployed(o) ? await deployed(o, 'attestor', progress) : existingStore(o.store, { progress })

/** An existing folder; a UserError where there is none, so that a typo does not create one. */
export function existingStore(dir: string, options: Parameters<typeof openStore>[1] = {}): LocalStore {
  needStore(dir)
  return openStore(dir, options)
}

/** Throws UserError where a folder holds no store. */
export function needStore(dir: string): void {
  if (!isStore(dir)) throw new UserError(`no store in ${dir}: name it with --store, or make one with "autotune import"`)
}

/** Has anything been imported into this folder? Throws the file system's error where it does not say. */
export const isStore = (dir: string): boolean =>
  ['ledger.sqlite', 'packs'].some((part) => statSync(join(dir, part), { throwIfNoEntry: false }) !== undefined)

/** Runs of this machine that are under way or were interrupted; a deployment keeps a line of each instead. */
export const unfinishedOf = async (store: CommandStore): Promise<UnfinishedRun[]> =>
  isLocal(store) ? await unfinishedRuns(store, thisProcess(), ` --store ${shellWord(store.dir)}`) : []

/** Who can read the vault of a store, as a value for `--json` and as the line for people. */
export async function readerOf(store: CommandStore): Promise<{ readonly vault: VaultReader; readonly line: string }> {
  const vault = isLocal(store) ? await store.vaultReader() : 'roles'
  return { vault, line: `vault    ${VAULT_READERS[vault]}` }
}

async function deployed(o: StoreOptions, actor: Actor, progress: Progress): Promise<DeployedStore> {
  const { openDeployed } = await import('#adapters/aws/deployed-store.ts')
  const opened = await openDeployed(deploymentName(o), actor, progress)
  const store = {
    ...opened,
    objects: heldToContracts(opened.objects),
    vault: heldToContracts(opened.vault),
    releases: heldToContracts(opened.releases),
  }
  const verdicts = localVerdicts(null, null)
  const close = () => {
    verdicts.close()
    opened.close()
  }
  return store.signing
    ? { ...signedByPerson(store), verdicts, close }
    : { ...store, table: unsignedTable(store.table), verdicts, close }
}

/** A deployment under its journal of heads, for a person's command: an import begins it with what it finds. */
export function signedByPerson<S extends AwsStore>(store: S): S & Required<Pick<AwsStore, 'heads'>> {
  const { signing, clock, table: items } = store
  const journal = headsOf(
    signing!.objects,
    () => signing!.signer,
    clock,
    (lines, holds) => foundBefore({ ...store, items }, lines, holds),
  )
  const heads = { journal, items }
  return { ...store, table: witnessedTable(heads), heads }
}

/** The deployment that a command names. Throws UserError for a bucket that can be none. */
export function deploymentName({ store, stack }: StoreOptions): DeploymentName {
  const bucket = store.slice(S3.length).replace(/\/$/, '')
  if (stack === undefined && !/^[a-z0-9][a-z0-9.-]+$/.test(bucket))
    throw new UserError(`--store ${store} names no bucket: it is s3://BUCKET, the experience bucket of a deployment`)
  return stack === undefined ? { bucket } : { stack }
}

/** The store that a command names: a folder of this machine, or a deployment in AWS. The one place that tells them apart. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Actor, DeployedStore } from '#adapters/aws/deployed-store.ts'
import type { DeploymentName } from '#adapters/aws/deployment.ts'
import { clearUnfinished } from '#adapters/local/files/unfinished.ts'
import { thisProcess } from '#adapters/local/holder.ts'
import { VAULT_READERS, type VaultReader } from '#core/gate/vault-reader.ts'
import { type LocalStore, openStore } from '../embedded/open-store.ts'
import { UserError } from '../errors.ts'
import type { Progress } from '../ports.ts'
import { type UnfinishedRun, unfinishedRuns } from '../steps/run/unfinished.ts'
import { isDeployed, S3, type StoreOptions, shellWord } from './store-options.ts'

export type CommandStore = LocalStore | DeployedStore

/** Is it a folder of this machine? */
export const isLocal = (store: CommandStore): store is LocalStore => 'dir' in store

/** An existing store, embedded or deployed. Throws UserError where there is none. */
export async function openExisting(o: StoreOptions, progress: Progress = () => {}): Promise<CommandStore> {
  return isDeployed(o) ? await deployed(o, 'caller', progress) : existingStore(o.store, { progress })
}

/** The store of an import: a folder is made with it, and rid of what a killed one left; a deployment is written under its ingest role. */
export async function openForImport(o: StoreOptions, progress: Progress): Promise<CommandStore> {
  if (isDeployed(o)) return await deployed(o, 'ingest', progress)
  const store = openStore(o.store, { progress })
  for (const side of sidesOf(store)) clearUnfinished(side)
  return store
}

/** Folders of the sides of a store. */
export const sidesOf = ({ dir, vaultDir }: LocalStore): string[] => [dir, vaultDir, join(dir, 'releases')]

/** An existing folder; a UserError where there is none, so that a typo does not create one. */
export function existingStore(dir: string, options: Parameters<typeof openStore>[1] = {}): LocalStore {
  if (!isStore(dir)) throw new UserError(`no store in ${dir}: name it with --store, or make one with "autotune import"`)
  return openStore(dir, options)
}

/** Has anything been imported into this folder? */
export const isStore = (dir: string): boolean =>
  existsSync(join(dir, 'ledger.sqlite')) || existsSync(join(dir, 'packs'))

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
  return await openDeployed(deploymentName(o), actor, progress)
}

/** The deployment that a command names. Throws UserError for a bucket that can be none. */
export function deploymentName({ store, stack }: StoreOptions): DeploymentName {
  const bucket = store.slice(S3.length).replace(/\/$/, '')
  if (stack === undefined && !/^[a-z0-9][a-z0-9.-]+$/.test(bucket))
    throw new UserError(`--store ${store} names no bucket: it is s3://BUCKET, the experience bucket of a deployment`)
  return stack === undefined ? { bucket } : { stack }
}

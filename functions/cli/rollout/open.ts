/** What every rollout verb works with: an existing store, and the key that signs its releases. */
import { storeSigner } from '#adapters/local/store-signer.ts'
import type { LocalStore } from '../../embedded/open-store.ts'
import type { Signer } from '../../ports.ts'
import { existingStore } from '../open.ts'
import { terminalProgress } from '../progress.ts'
import type { StoreOptions } from '../store-options.ts'

export interface RolloutOptions extends StoreOptions {
  readonly json: boolean
}

/** Opens the store of a verb and closes it afterwards. */
export async function withRollouts<T>(
  o: RolloutOptions,
  act: (store: LocalStore, signer: Signer) => Promise<T>,
): Promise<T> {
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    return await act(store, storeSigner(store.vaultDir, 'release'))
  } finally {
    store.close()
  }
}

/** `autotune pack`: turns the folders of a store into segments. */
import { thisProcess } from '#adapters/local/holder.ts'
import { UserError } from '../errors.ts'
import { importAlone } from '../steps/experience/import-lock.ts'
import { packStore } from '../steps/experience/pack.ts'
import { existingStore, unfinishedOf } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { onInterrupt, print } from './terminal.ts'

export async function packVerb({ store: dir, json }: StoreOptions & { readonly json: boolean }): Promise<number> {
  const store = existingStore(dir, { progress: terminalProgress() })
  const ended = onInterrupt('Nothing is lost: the same command goes on')
  try {
    await store.unlockVault()
    const busy = (await unfinishedOf(store)).find(({ status }) => status === 'running')
    if (busy) throw new UserError(`run ${busy.run} is under way and reads these files: pack when it has ended`)
    const packed = await importAlone(store, thisProcess(), (check) => packStore(store, check))
    print(json, { packed, layout: 'segments' }, () => [`packed ${packed} runs`, 'layout: segments'])
    return 0
  } finally {
    ended()
    store.close()
  }
}

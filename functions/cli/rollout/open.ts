/** What every rollout verb works with: an existing store, and the key that signs its releases. */
import { fileRouting } from '#adapters/delivery/file-routing.ts'
import { FORMS } from '#adapters/delivery/forms.ts'
import { allOf } from '#adapters/delivery/object-routing.ts'
import { storeSigner } from '#adapters/local/store-signer.ts'
import type { FormName } from '#schemas/forms.ts'
import type { LocalStore } from '../../embedded/open-store.ts'
import { UserError } from '../../errors.ts'
import type { RoutingPublisher, Signer } from '../../ports.ts'
import { existingStore } from '../open.ts'
import { terminalProgress } from '../progress.ts'
import type { StoreOptions } from '../store-options.ts'

export interface RolloutOptions extends StoreOptions {
  readonly json: boolean
  /** `FORM=FOLDER`, where routing is published beside the releases; of the verbs that move a rollout. */
  readonly deliver?: readonly string[]
}

/** Opens the store of a verb and closes it afterwards. */
export async function withRollouts<T>(
  o: RolloutOptions,
  act: (store: LocalStore, signer: Signer) => Promise<T>,
): Promise<T> {
  const routing = deliveryOf(o.deliver ?? [])
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    return await act(routing ? { ...store, routing } : store, storeSigner(store.vaultDir, 'release'))
  } finally {
    store.close()
  }
}

/** Where `--deliver` publishes; null: nowhere else. Throws UserError for a form that is none. */
function deliveryOf(targets: readonly string[]): RoutingPublisher | null {
  const publishers = targets.map((target) => {
    const [form, ...folder] = target.split('=')
    if (!Object.hasOwn(FORMS, form!) || folder.join('=') === '')
      throw new UserError(
        `--deliver takes FORM=FOLDER, FORM one of ${Object.keys(FORMS).join(', ')}; such as flagd=./flags, got "${target}"`,
      )
    return fileRouting(form as FormName, folder.join('='))
  })
  return publishers.length === 0 ? null : allOf(publishers)
}

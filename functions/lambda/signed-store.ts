/**
 * The store of a function that decides: its ledger stands under the journal of heads. A file of its own, so that functions
 * that decide nothing do not bundle it.
 */
import { KMSClient } from '@aws-sdk/client-kms'
import { kmsMac } from '#adapters/aws/kms-mac.ts'
import { ENV } from '#schemas/env-names.ts'
import { UserError } from '../errors.ts'
import { headsOf } from '../steps/heads/journal.ts'
import { witnessedTable } from '../steps/heads/witnessed-table.ts'
import { type Ledger, need } from './world.ts'

/** What stands in a store before its journal begins is looked at by an import alone: no function may see all of it. */
const notBegun = (): never => {
  throw new UserError(
    'the journal of heads of this deployment has not begun: "autotune import --pack FILE --stack NAME" with any document begins it',
  )
}

export const signed: Ledger = {
  signing: (env) => ({
    bucket: need(env, ENV.heads),
    signer: kmsMac({ client: new KMSClient(), key: need(env, ENV.headsKey) }),
  }),
  open(store) {
    const { objects, signer } = store.signing!
    const journal = headsOf(
      objects,
      () => signer,
      store.clock,
      async () => notBegun(),
    )
    const heads = { journal, items: store.table }
    return { ...store, table: witnessedTable(heads), heads }
  },
}

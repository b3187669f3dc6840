import { beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '#ports'
import type { LedgerItem } from '#schemas/heldout.ts'
import { ledgerState } from '../../../functions/steps/run/ledger-state.ts'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'
import { INTENT } from '../../support/builders.ts'
import { memory, stocked } from '../stores.ts'

const item = (over: Partial<LedgerItem>) => ({ intent: INTENT, questions: 2, used: 0, retired: null, ...over })
const seal = (store: Store, version: string, over: Partial<LedgerItem>) =>
  store.table.create(...rowKeys.version(INTENT, version), item({ version, ...over }))

describe('the hourly look at the ledger', () => {
  let store: Store
  beforeAll(async () => {
    store = { ...(await stocked(memory(), [])), clock: { now: () => '2026-11-25T12:00:00.000Z' } }
  })

  it('finds nothing in a store where nothing runs and nothing was sealed', async () => {
    expect(await ledgerState(store)).toEqual({ locks: 0, oldest_run: null, oldest_hours: 0, spent: [] })
  })

  it('names the oldest lock and its age', async () => {
    const lock = (run_id: string, since: string) => ({ run_id, about: 'x', holder: 'y', since })
    await store.table.create(...rowKeys.lock(INTENT, 'low'), lock('young', '2026-11-25T11:00:00.000Z'))
    await store.table.create(...rowKeys.lock(INTENT, 'high'), lock('old', '2026-11-24T09:00:00.000Z'))
    expect(await ledgerState(store)).toMatchObject({ locks: 2, oldest_run: 'old', oldest_hours: 27 })
  })

  it('calls an intent spent when no version of it has a question left, and not before', async () => {
    await seal(store, 'sha256:a', { used: 2, retired: 'exhausted' })
    await seal(store, 'sha256:b', { used: 1 })
    expect((await ledgerState(store)).spent).toEqual([])
    const [pk, sk] = rowKeys.version(INTENT, 'sha256:b')
    await store.table.update(pk, sk, 0, item({ version: 'sha256:b', used: 1, retired: 'passed' }))
    expect((await ledgerState(store)).spent).toEqual([INTENT])
    await seal(store, 'sha256:c', {})
    expect((await ledgerState(store)).spent).toEqual([])
  })
})

/** Verification of a rollout names whatever was changed or lost. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { RolloutItem } from '#core/release/rollout.ts'
import type { Store } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { verifyRollout } from '../../../functions/steps/release/verify.ts'
import { twin } from '../stores.ts'
import { approve, at, certified, forward, ID, rolloutOf, START, signer, start } from './support.ts'

let base: Store
beforeAll(async () => {
  base = at(await certified(), START)
  await approve(base, 'r')
  await start(base)
  await forward(base, 2)
})
const verify = async (store: Store) => (await verifyRollout(store, signer, ID)).differences
const files = async (store: Store) => (await verify(store)).map((d) => d.file)

test('a rollout that nobody touched is verified', async () => {
  expect(await verifyRollout(base, signer, ID)).toEqual({ rollout: ID, verified: true, records: 3, differences: [] })
})

test('every object of the releases is named when a byte of it changes or when it is gone', async () => {
  const objects = await Array.fromAsync(base.releases.list(''))
  expect(objects).toHaveLength(2 + 3 * 3)
  for (const key of objects) {
    const store = await twin(base)
    const text = Buffer.from((await store.releases.get(key))!).toString()
    await store.releases.put(key, text.replace(/"(support\.refund|ro_r)"/, '"other"'))
    expect(await files(store)).toContain(`releases/${key}`)
    await store.releases.put(key, text.slice(0, -20))
    expect(await files(store)).toContain(`releases/${key}`)
    await store.releases.delete(key)
    expect(await files(store)).toEqual([`releases/${key}`])
  }
})

describe('a change elsewhere is named:', () => {
  const edit = async (store: Store, key: string, from: string | RegExp, to: string) => {
    const text = Buffer.from((await store.objects.get(key))!).toString()
    expect(text).toMatch(from)
    await store.objects.put(key, text.replace(from, to))
    return await files(store)
  }

  test('the released pack, the pack before it, the suite, the proposal, the log', async () => {
    const changes: [key: string, from: string | RegExp, to: string][] = [
      [keys.pack('ctxpack.support@1.1.0'), '"evidence.orders.top_k":1', '"evidence.orders.top_k":2'],
      [keys.pack('ctxpack.support@1.0.0'), '"evidence.orders.top_k":4', '"evidence.orders.top_k":3'],
      [keys.suite('evals.refund@1.0.0'), '"gold_coverage"', '"gold_coverages"'],
      [keys.autotuneRun('r', 'selected-proposal.json'), '"refunds"', '"mallory"'],
    ]
    for (const [key, from, to] of changes) expect(await edit(await twin(base), key, from, to)).toContain(key)
    const store = await twin(base)
    const [segment] = await Array.fromAsync(store.objects.list('production/'))
    expect(await edit(store, segment!, '"utility_score":1', '"utility_score":0')).toEqual(['production log'])
  })

  test('a record in the ledger, and a status that the records do not lead to', async () => {
    for (const change of [
      (r: RolloutItem['rollout']) => ({ ...r, status: 'released' as const }),
      (r: RolloutItem['rollout']) => ({ ...r, records: r.records.map((p) => ({ ...p, by: 'mallory' })) }),
      (r: RolloutItem['rollout']) => ({ ...r, config: { ...r.config, false_rollback_rate: 0.5 } }),
    ]) {
      const store = await twin(base)
      await store.table.update('rollout', ID, 2, { run_id: 'r', rollout: change(await rolloutOf(store)) })
      expect(await files(store)).toContain('ledger')
    }
  })

  test('a signature of another key', async () => {
    const other = { ...signer, holds: async () => false }
    const { differences } = await verifyRollout(base, other, ID)
    expect(differences).toHaveLength(3)
    expect(differences[0]!.why).toBe('its signature under key test does not hold')
  })
})

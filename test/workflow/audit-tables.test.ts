/** The tables for SQL as the function of a deployment writes them, under its policies: the bytes of `autotune export` of the same store. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { ObjectStore, Store } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { exportTables } from '../../functions/steps/export/export.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { under } from '../../functions/streams/under.ts'
import { approve, certified } from '../steps/release/support.ts'
import { memory, twin } from '../steps/stores.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import { journaled } from '../support/journaled.ts'
import { memoryStore } from '../support/memory/memory-store.ts'
import { deploy } from '../support/workflow/deployed.ts'

const files = async (objects: ObjectStore): Promise<Record<string, string>> => {
  const all: Record<string, string> = {}
  for await (const key of objects.list('')) all[key] = Buffer.from((await objects.get(key))!).toString()
  return all
}

describe('the tables for SQL of a deployment', () => {
  let base: Store
  beforeAll(async () => {
    base = journaled(memory())
    await approve(await certified(base), 'r')
    await base.table.create(...rowKeys.yearBudget(), { declared: [], charged: [] })
  })

  it('are the bytes of an export of the same store, again and after something is gone', async () => {
    const store = await twin(base)
    const world = deploy(store, { templates: templatesOf({ auditsql: 'on' }) })
    const kept = under(store.objects, 'audit/')
    await world.call('ExportTables', { source: 'aws.states' })
    const own = memoryStore()
    await exportTables(store, own, {})
    const written = await files(kept)
    expect(written).toEqual(await files(own))
    expect(Object.keys(written).filter((key) => /^(runs|versions|questions|decisions)\//.test(key)).length).toBe(4)

    const stale = 'runs/month=2026-01/day=2026-01-01/intent=gone/part.jsonl'
    await kept.put(stale, '{}\n')
    await world.call('ExportTables', {})
    expect(await files(kept)).toEqual(written)
  })

  it('of a store that is not what its journal says nothing is told: the older ones stay, and the call fails', async () => {
    const store = await twin(base)
    const world = deploy(store, { templates: templatesOf({ auditsql: 'on' }) })
    await world.call('ExportTables', {})
    const written = await files(under(store.objects, 'audit/'))
    const key = keys.autotuneRun('r', 'manifest.json')
    const manifest = JSON.parse(Buffer.from((await store.objects.get(key))!).toString())
    await store.objects.put(key, JSON.stringify({ ...manifest, verdict: 'no_candidate' }))
    await expect(world.call('ExportTables', {})).rejects.toThrow('not what its journal of heads says')
    expect(await files(under(store.objects, 'audit/'))).toEqual(written)
  })
})

/** An import under the role that the templates give it: it does all its work, and every right it has is needed. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { ObjectStore, Store } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { signedByPerson } from '../../functions/cli/open.ts'
import { compileIntent } from '../../functions/steps/experience/compile.ts'
import { publishPack, publishSuite, refuseChanged } from '../../functions/steps/experience/documents.ts'
import { importAlone } from '../../functions/steps/experience/import-lock.ts'
import type { Layout } from '../../functions/steps/experience/layout.ts'
import { readIndex } from '../../functions/steps/experience/run-index.ts'
import { fixedSplit } from '../../functions/steps/experience/split-rule.ts'
import { compareImported } from '../../functions/steps/experience/stored-records.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { contents, holder, imported, Killed, killedAtWrite, memory, run, stocked } from '../steps/stores.ts'
import { aFamily, aPack, aSuite, aWorld, INTENT } from '../support/builders.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import type { Templates } from '../support/infra/resolve.ts'
import { arnOf } from '../support/infra/security-table.ts'
import { journaled } from '../support/journaled.ts'
import { guarded } from '../support/workflow/guarded.ts'

let templates: Templates
let role: string
beforeAll(() => {
  templates = templatesOf()
  role = arnOf(templates, 'AWS::IAM::Role', 'VaultIngest')
}, 60_000)

/** The store as `autotune import --stack` opens it. */
const opened = (store: Store, all = templates) => guarded(store, all, role, signedByPerson)

/** What `autotune import` asks of a store. */
async function importInto(store: Store, runs = aWorld({ search: 3, heldout: 3 }), layout: Layout | null = null) {
  await store.heads!.journal.begin()
  return await importAlone(store, holder(), () => importHeld(store, runs, layout))
}

async function importHeld(store: Store, runs: ReturnType<typeof aWorld>, layout: Layout | null) {
  await refuseChanged(store.objects, [aPack()], [aSuite()], [])
  await fixedSplit(store)
  const report = await imported(store, runs, layout)
  await publishPack(store, aPack())
  await publishSuite(store, aSuite())
  return report
}

describe('the ingest role', () => {
  it.each([
    [null, 'segments'],
    ['segments', 'segments'],
    ['files', 'files'],
  ] as const)(
    'imports as %s, imports again, and refuses other content, without a look into the vault',
    async (wanted, layout) => {
      const store = journaled(memory())
      const its = opened(store)
      expect(await importInto(its, undefined, wanted)).toMatchObject({ stored: 6, heldout_families: 3, layout })
      const before = await contents(store)
      expect(await importInto(its)).toMatchObject({ stored: 0, unchanged: 6, restored: 0, layout })
      expect(await contents(store)).toEqual(before)
      const other = layout === 'files' ? 'segments' : 'files'
      await expect(importInto(its, undefined, other)).rejects.toThrow(`keeps its recorded runs as ${layout}`)
      const [first] = aWorld({ search: 3, heldout: 3 })
      await expect(imported(its, [{ ...first!, date: null }])).rejects.toThrow('already stored with other content')
      await expect(imported(its, [aFamily('moved', { side: 'search', family: 'family-h0' })])).rejects.toThrow(
        'on both sides of the split',
      )
    },
  )

  it('restores folders that are gone on either side, and the index of the search side, unread', async () => {
    const runs = aWorld({ search: 3, heldout: 3 })
    const store = journaled(memory())
    const its = opened(store)
    await importInto(its, runs, 'files')
    const before = await contents(store)
    await gone(store.objects, keys.run(runs[0]!.date, 's0'))
    await store.objects.delete(`${keys.run(runs[1]!.date, 's1')}trace.json`)
    await gone(store.vault, keys.run(runs[3]!.date, 'h0'))
    await store.vault.delete(`${keys.run(runs[4]!.date, 'h1')}decision-record.json`)
    expect(await contents(store)).not.toEqual(before)
    expect(await importInto(its, runs)).toMatchObject({ stored: 0, unchanged: 6, restored: 4 })
    expect(await contents(store)).toEqual(before)
    await gone(store.objects, keys.index(INTENT))
    expect(await importInto(its, runs)).toMatchObject({ stored: 0, restored: 3 })
    expect(await contents(store)).toEqual(before)
    expect(await importInto(its, runs)).toMatchObject({ restored: 0 })
  })

  it('restores segments that are gone on either side, and the index of the search side, unread', async () => {
    const store = journaled(memory())
    const its = opened(store)
    const dates = ['2026-05-13', null, '2026-05-12']
    const runs = aWorld({ search: 3, heldout: 3 }).map((r, i) => ({ ...r, date: dates[i % 3]! }))
    // Two segments of sealed runs, of one and of two of them.
    await importInto(its, runs.slice(0, 4))
    await importInto(its, runs)
    const cases = () => Array.fromAsync(compileIntent(store, INTENT))
    const whole = await cases()
    const sealed = async () =>
      Object.entries(await contents(store)).filter(([key]) => key.startsWith('vault/experience/'))
    const before = await sealed()
    for (const side of [store.objects, store.vault]) await gone(side, keys.runs())
    // Of some of its runs a segment of the vault is no longer the one that was sealed.
    expect(await importInto(its, runs.slice(1, 5))).toMatchObject({ stored: 0, restored: 2 + 1 })
    expect(await Array.fromAsync(store.vault.list(keys.runs()))).toHaveLength(1)
    expect(await importInto(its, runs)).toMatchObject({ stored: 0, unchanged: 6, restored: 1 + 2 })
    expect(await sealed()).toEqual(before)
    expect(await cases()).toEqual(whole)
    const after = await contents(store)
    expect(await importInto(its, runs)).toMatchObject({ restored: 0 })
    expect(await contents(store)).toEqual(after)
    await gone(store.objects, keys.index(INTENT))
    expect(await importInto(its, runs)).toMatchObject({ stored: 0, restored: 3 })
    expect(await cases()).toEqual(whole)
    expect(await compareImported(store, INTENT, 'search')).toBeNull()
  })

  it('goes on where an import into segments was killed, at any write', async () => {
    const whole = journaled(memory())
    await importInto(opened(whole))
    const cases = async (store: Store) => [
      await Array.fromAsync(compileIntent(store, INTENT)),
      await Array.fromAsync(compileIntent({ ...store, objects: store.vault }, INTENT)),
    ]
    for (let n = 1; ; n++) {
      const store = journaled(memory())
      const { store: dying } = killedAtWrite(store, n)
      const died = await importInto(opened(dying)).catch((error: Error) => error)
      await store.table.remove(...rowKeys.importLock(), 0)
      expect(await importInto(opened(store))).toMatchObject({ layout: 'segments' })
      expect(await cases(store)).toEqual(await cases(whole))
      for (const side of ['search', 'heldout'] as const) expect(await compareImported(store, INTENT, side)).toBeNull()
      if (!(died instanceof Error)) break
      expect(died).toBeInstanceOf(Killed)
    }
  })

  it('packs what comes into a deployment of an earlier version, whose folders stay and are read', async () => {
    const runs = aWorld({ search: 3, heldout: 3 })
    const store = await stocked({ ...journaled(memory()), rolesApart: true as const }, runs.slice(1, 5), {
      layout: 'files',
    })
    await store.objects.delete(keys.layout())
    expect(await importInto(opened(store), runs)).toMatchObject({
      stored: 2,
      unchanged: 4,
      restored: 0,
      layout: 'segments',
    })
    for (const [side, name] of [
      [store.objects, 'search'],
      [store.vault, 'heldout'],
    ] as const) {
      const there = await Array.fromAsync(side.list(keys.runs()))
      expect(there.map((key) => key.split('.').at(-1))).toEqual(expect.arrayContaining(['json', 'zst']))
      expect(await Array.fromAsync(compileIntent({ ...store, objects: side }, INTENT))).toHaveLength(3)
      expect(await compareImported(store, INTENT, name)).toBeNull()
    }
  })

  it('takes runs of a retired version’s families into the search set', async () => {
    const store = await stocked(journaled(memory()), aWorld({ search: 6, heldout: 100 }))
    expect(await run(store)).toMatchObject({ verdict: 'certified' })
    const again = aFamily('again', { side: 'heldout', family: 'family-h7' })
    expect(await imported(opened(store), [again])).toMatchObject({ search_families: 1 })
  })

  it('would be stopped at its first look into the vault', async () => {
    const store = await stocked(journaled(memory()))
    const { vault } = opened(store)
    await expect(Array.fromAsync(readIndex({ ...store, objects: vault }, INTENT))).rejects.toThrow(
      'may not s3:ListBucket',
    )
    await expect(vault.get('experience/x')).rejects.toThrow('may not s3:GetObject')
  })

  it('of an earlier version writes nothing, and is told to be deployed again', async () => {
    const earlier = structuredClone(templates) as Templates
    for (const statement of policyOf(earlier))
      statement.Resource = [statement.Resource].flat().filter((r) => !JSON.stringify(r).includes(keys.layout()))
    const store = journaled(memory())
    await expect(importInto(opened(store, earlier))).rejects.toThrow('Deploy its stacks again with this version')
    expect(await contents(store)).toEqual({})
  })

  it('has no right that an import can do without', async () => {
    const needless: string[] = []
    const withoutOne = async (statement: number, field: 'Action' | 'Resource', at: number) => {
      const less = structuredClone(templates) as Templates
      const changed = policyOf(less)[statement]!
      const values = [changed[field]].flat()
      changed[field] = values.toSpliced(at, 1)
      const store = await retired()
      const failed = await importInto(opened(store, less), [
        aFamily('fresh-s', { side: 'search' }),
        aFamily('fresh-h', { side: 'heldout' }),
      ]).then(
        () => false,
        () => true,
      )
      if (!failed) needless.push(JSON.stringify(values[at]))
    }
    for (const [s, statement] of policyOf(templates).entries())
      for (const field of ['Action', 'Resource'] as const)
        for (const at of [statement[field]].flat().keys()) await withoutOne(s, field, at)
    expect(needless).toEqual([])
  })
})

/** Statements of the ingest role. */
function policyOf(all: Templates) {
  const [, found] = Object.entries(all.AutotuneData!.Resources!).find(
    ([id, r]) => r.Type === 'AWS::IAM::Policy' && id.startsWith('VaultIngest'),
  )!
  return (found.Properties!.PolicyDocument as { Statement: Record<string, unknown>[] }).Statement
}

const gone = async (side: ObjectStore, prefix: string): Promise<void> => {
  for await (const key of side.list(prefix)) await side.delete(key)
}

/** A store whose last import died, and in which a version is retired: an import must look up which families it held. */
async function retired(): Promise<Store> {
  const store = await stocked(memory(), [aFamily('earlier', { side: 'search' })])
  await store.table.create(...rowKeys.importLock(), { holder: 'gone', since: store.clock.now() })
  await store.table.create(...rowKeys.version(INTENT, 'v'), { version: 'v', retired: 'passed' })
  await store.objects.put(keys.autotuneRun('r', 'manifest.json'), '{}')
  return journaled(store)
}

/** A deployment in either layout of its recorded runs, and in both: its runs leave the bytes of the laptop, and read little. */
import { describe, expect, it } from 'vitest'
import type { ObjectStore, Store } from '#ports'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Layout } from '../../functions/steps/experience/layout.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { runTarget } from '../../functions/steps/run/run.ts'
import { MOST_HEAD_BYTES } from '../../functions/streams/segment-format.ts'
import { holder, imported, memory, stocked } from '../steps/stores.ts'
import { aFamily, aRoughTarget, aWorld } from '../support/builders.ts'
import { deploy } from '../support/workflow/deployed.ts'
import { artifacts, RUN, twin } from '../support/workflow/twin.ts'
import { WorkflowError } from '../support/workflow/workflow-error.ts'

const small = { search: 6, heldout: 30 }
const worlds = {
  'a yes': aWorld(small),
  'a no': aWorld({ ...small, extra: [{ side: 'heldout', required: 3 }] }),
}

/** What an import leaves in a deployment. */
const deployment = (): Store => ({ ...memory(), rolesApart: true })
const layouts: Readonly<Record<string, (runs: readonly ExperienceRun[]) => Promise<Store>>> = {
  folders: (runs) => stocked(deployment(), runs, { layout: 'files' }),
  segments: (runs) => stocked(deployment(), runs),
  async 'folders of an earlier version, and segments'(runs) {
    const store = await stocked(deployment(), runs.slice(0, 20), { layout: 'files' })
    await store.objects.delete(keys.layout())
    await imported(store, runs)
    return store
  },
}
const foldersOf = async (objects: ObjectStore): Promise<string[]> =>
  (await Array.fromAsync(objects.list(keys.runs()))).filter((key) => !key.endsWith('.jsonl.zst'))

describe.each(Object.entries(layouts))('a deployment of %s', (_, layOut) => {
  const twins = async (world: readonly ExperienceRun[]) => {
    const deployedBase = await layOut(world)
    const of = async (layout: Layout) =>
      await twin(await stocked(memory(), world, { layout }), aRoughTarget(), { deployedBase })
    return { files: await of('files'), segments: await of('segments') }
  }

  it.each(Object.entries(worlds))(
    'leaves the bytes of the laptop in either layout, in a run that ends in %s',
    async (_, world) => {
      const same = await twins(world)
      const { store, execution } = await same.files.deployed({ shardCases: 30 })
      expect(execution.error).toBeNull()
      await same.files.expectSame(store)
      await same.segments.expectSame(store)
    },
  )

  it.each(['OpenRetired', 'CompileSearch', 'SealVersion'])(
    'leaves them when %s is killed after its work',
    async (victim) => {
      const same = await twins(worlds['a yes'])
      const after = (name: string, call: number) => {
        if (name === victim && call === 1) throw new WorkflowError('Lambda.Unknown', 'the function was killed')
      }
      const { store, workflow, execution } = await same.files.deployed({ faults: { after } })
      expect(execution.status).toBe('FAILED')
      expect((await workflow.redrive(execution)).error).toBeNull()
      await same.segments.expectSame(store)
    },
  )

  it('opens the families of a retired version to the search as they lie', async () => {
    const world = worlds['a yes']
    const [laptop, store] = [await stocked(memory(), world), await layOut(world)]
    const before = await foldersOf(store.objects)
    const sealedFolders = await foldersOf(store.vault)
    for (const runId of ['first', RUN]) {
      const asked = { target: aRoughTarget(), candidates: null, runId, demonstration: null }
      await runTarget(laptop, asked, holder(), transcriptEngine())
      // Killed once when the runs lie where the search reads, and are not listed there yet.
      let killed = runId === 'first'
      const write = (name: string, key: string) => {
        if (killed || name !== 'OpenRetired' || !key.startsWith('experience/index/')) return
        killed = true
        throw new WorkflowError('Lambda.Unknown', 'the function was killed')
      }
      const workflow = deploy(store, { shardCases: 30, faults: { write } })
      const execution = await workflow.tune({ target: aRoughTarget(), run_id: runId })
      if (runId === 'first') expect(execution.error).toBeNull()
      else {
        expect([killed, execution.status]).toEqual([true, 'FAILED'])
        expect((await workflow.redrive(execution)).error).toBeNull()
      }
    }
    expect(await artifacts(store)).toEqual(await artifacts(laptop))
    expect(await foldersOf(store.objects)).toHaveLength(before.length + sealedFolders.length)
  })
})

it('reads each frame of a segment once, in its order, and nothing of a run by itself', async () => {
  const families = (side: 'search' | 'heldout', count: number) =>
    Array.from({ length: count }, (_, i) => aFamily(`${side}-${i}`, { side, required: 1, gold: 1 }))
  const store = await stocked(deployment(), [...families('search', 300), ...families('heldout', 200)])
  const ranges = { objects: [] as [at: number, bytes: number][], vault: [] as [at: number, bytes: number][] }
  const whole = { objects: 0, vault: 0 }
  const metered = (side: 'objects' | 'vault'): ObjectStore => ({
    ...store[side],
    readRange(key, at, bytes) {
      if (key.startsWith(keys.runs())) ranges[side].push([at, bytes])
      return store[side].readRange(key, at, bytes)
    },
    get(key, version) {
      if (key.startsWith(keys.runs())) whole[side]++
      return store[side].get(key, version)
    },
    read(key, version) {
      if (key.startsWith(keys.runs())) whole[side]++
      return store[side].read(key, version)
    },
  })
  const its = { ...store, objects: metered('objects'), vault: metered('vault') }
  expect((await deploy(its).tune({ target: aRoughTarget(), run_id: RUN })).error).toBeNull()
  // Each side is held against its name once before it is compiled, of which a run's sealed files are part.
  expect(whole).toEqual({ objects: 1, vault: 1 })
  for (const [head, ...frames] of Object.values(ranges)) {
    expect(head).toEqual([0, MOST_HEAD_BYTES])
    expect(frames.length).toBeGreaterThan(1)
    expect(frames.length).toBeLessThan(10)
    expect(frames.map(([at]) => at)).toEqual([...new Set(frames.map(([at]) => at))].sort((a, b) => a - b))
  }
}, 120_000)

/** A question to a deployment is scored in parts of the sealed version, where it lies: no function of the gate reads all of it. */
import { expect, it } from 'vitest'
import type { ObjectStore } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { readText } from '../../functions/streams/read-object.ts'
import { memory, stocked } from '../steps/stores.ts'
import { aRoughTarget, aWorld } from '../support/builders.ts'
import { deploy } from '../support/workflow/deployed.ts'
import { RUN } from '../support/workflow/twin.ts'

/** Shards are cut by bytes, and these names have fewer characters. */
const world = (heldout: number, search = 6) =>
  aWorld({ search, heldout }).map((run) => ({
    ...run,
    evidence: run.evidence.map((one) => ({ ...one, source: '«shop»' })),
  }))

/** A run over such a world: what it came to, and what its functions asked of the buckets. `vault`: what stands over it. */
async function asked(runs: ReturnType<typeof world>, over: (vault: ObjectStore) => Partial<ObjectStore> = () => ({})) {
  const store = await stocked(memory(), runs)
  const asks: { step: string; key: string; at?: number; bytes?: number }[] = []
  let step = ''
  const told = (inner: ObjectStore): ObjectStore => {
    const get: ObjectStore['get'] = (key, version) => {
      asks.push({ step, key })
      return inner.get(key, version)
    }
    const read: ObjectStore['read'] = (key, version) => {
      asks.push({ step, key })
      return inner.read(key, version)
    }
    const readRange: ObjectStore['readRange'] = (key, at, bytes) => {
      asks.push({ step, key, at, bytes })
      return inner.readRange(key, at, bytes)
    }
    const put: ObjectStore['put'] = (key, content) => {
      asks.push({ step, key })
      return inner.put(key, content)
    }
    return { ...inner, get, read, readRange, put }
  }
  const before = (name: string) => {
    step = name
  }
  const vault = told({ ...store.vault, ...over(store.vault) })
  const deployed = deploy({ ...store, objects: told(store.objects), vault }, { shardCases: 7, faults: { before } })
  const { output, error } = await deployed.tune({ target: aRoughTarget(), run_id: RUN })
  expect(error).toBeNull()
  const [sealed] = (await Array.fromAsync(store.vault.list('goldens/'))).filter((key) => key.endsWith('test.jsonl'))
  return {
    verdict: (output as { verdict: string }).verdict,
    gate: await readText(store.objects, keys.autotuneRun(RUN, 'gate.json')),
    of: (...names: string[]) => asks.filter((ask) => names.includes(ask.step)),
    sealed: sealed!,
    size: (await store.vault.get(sealed!))!.length,
    failures: async () =>
      (
        await Promise.all((await Array.fromAsync(store.vault.list('log/'))).map((k) => readText(store.vault, k)))
      ).join(),
  }
}

it('is read once, part by part, by those who score it, and as heads by who answers', async () => {
  const { verdict, of, sealed, size } = await asked(world(40))
  expect(verdict).toBe('certified')
  const read = of('ReserveQuestion', 'ScoreShard', 'SealAnswer').filter(({ key }) => key === sealed)
  expect(new Set(read.map((ask) => ask.step))).toEqual(new Set(['ScoreShard']))
  const parts = [...new Map(read.map((ask) => [ask.at!, ask.bytes!]))].sort(([a], [b]) => a - b)
  expect(parts.length).toBeGreaterThan(5)
  let end = 0
  for (const [at, bytes] of parts) {
    expect(at).toBe(end)
    end += bytes
  }
  expect(end).toBe(size)
})

it('is pinned and reserved by as many requests whatever it holds', async () => {
  const [small, large] = [await asked(world(40)), await asked(world(120, 24))]
  for (const name of ['PinRun', 'ReserveQuestion']) {
    expect(large.of(name).length).toBe(small.of(name).length)
    expect(small.of(name).length).toBeGreaterThan(0)
  }
  expect(large.of('ScoreShard').length).toBeGreaterThan(2 * small.of('ScoreShard').length)
})

it('answers the same where an older version sealed it, which kept no lengths', async () => {
  let kept = 0
  const older = await asked(world(40), (vault) => ({
    put: async (key, content) => (key.endsWith('lengths.json') && kept++ === 0 ? null : vault.put(key, content)),
  }))
  const { gate } = await asked(world(40))
  expect(kept).toBe(2)
  expect(older.gate).toBe(gate)
  expect(older.of('ReserveQuestion').filter(({ key }) => key === older.sealed)).toHaveLength(1)
})

it('answers "no" where the version of an older deployment is gone when it is asked', async () => {
  const { verdict, failures } = await asked(world(40), (vault) => ({
    put: async (key, content) => (key.endsWith('lengths.json') ? null : vault.put(key, content)),
    read: async (key, version) => (key.endsWith('test.jsonl') ? null : vault.read(key, version)),
  }))
  expect([verdict, await failures()]).toEqual(['not_certified', expect.stringContaining('does not hold the cases')])
})

const changed = (bytes: Uint8Array | null, from: string, to: string) =>
  bytes && new TextEncoder().encode(new TextDecoder().decode(bytes).replace(from, to))

it('answers "no" where a case was changed after it was sealed', async () => {
  const { verdict, failures } = await asked(world(40), (vault) => ({
    readRange: async (key, at, bytes) =>
      key.endsWith('test.jsonl')
        ? changed(await vault.readRange(key, at, bytes), '«', '»')
        : vault.readRange(key, at, bytes),
  }))
  expect([verdict, await failures()]).toEqual(['not_certified', expect.stringContaining('a sealed case was changed')])
})

it.each([
  ['a pinned outcome', '"utility_passed":true', '"utility_passed":false'],
  ['a head less', /^.*\n/, ''],
])('answers "no" where %s was changed in the heads of a shard', async (_, from, to) => {
  const { verdict, failures } = await asked(world(40), (vault) => ({
    put: async (key, content) => {
      if (!key.includes('/heads/000000')) return vault.put(key, content)
      const text = (await Array.fromAsync(content as AsyncIterable<string>)).join('')
      expect(text.replace(from, to)).not.toBe(text)
      return vault.put(key, text.replace(from, to))
    },
  }))
  expect([verdict, await failures()]).toEqual(['not_certified', expect.stringContaining('was changed after it was')])
})

/** Copies of a conversation are one family, on the side of the first, however they are called and whenever they come. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Store } from '#ports'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { compileIntent, compileSearch } from '../../../functions/steps/experience/compile.ts'
import { ingest } from '../../../functions/steps/experience/ingest.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { aFamily, aTarget, aWorld, INTENT } from '../../support/builders.ts'
import { contents, imported, items, Killed, killedAtWrite, memory, run, stocked } from '../stores.ts'

const HASHED = { by: 'hash', key: 'k', heldout_share: 0.5 } as const
const importing = (store: Store, runs: readonly ExperienceRun[]) =>
  ingest(
    store,
    async function* () {
      yield* runs
    },
    HASHED,
  )

/** The same conversation as another customer's. */
const copyOf = (run: ExperienceRun, n: number | string): ExperienceRun => ({
  ...run,
  run_id: `${run.run_id}-copy${n}`,
  trace_id: `${run.trace_id}-copy${n}`,
  case_id: `${run.case_id}-copy${n}`,
  family_id: `${run.family_id}-copy${n}`,
  date: '2026-06-01',
})

const world = (n: number) =>
  Array.from({ length: n }, (_, i) => aFamily(`c${i}`, { side: 'search', required: 1, gold: 1 }))

/** Families that one side counts, each with its cases. */
async function familiesOf(store: Store, side: 'objects' | 'vault'): Promise<Map<string, string[]>> {
  const families = new Map<string, string[]>()
  for await (const line of compileIntent({ ...store, objects: store[side] }, INTENT)) {
    const { family_id, case_id } = JSON.parse(line) as { family_id: string; case_id: string }
    families.set(family_id, [...(families.get(family_id) ?? []), case_id])
  }
  return families
}

/** Cases that are one family, as sets of a fixed order: the names of families left out. */
async function partition(store: Store): Promise<string[]> {
  const all = [...(await familiesOf(store, 'objects')).values(), ...(await familiesOf(store, 'vault')).values()]
  return all.map((cases) => cases.sort().join(' ')).sort()
}

describe('an import of 60 conversations, each twenty times under new ids', () => {
  const originals = world(60)
  const runs = originals.flatMap((one) => [one, ...Array.from({ length: 19 }, (_, n) => copyOf(one, n))])

  test('says so, and counts sixty families', async () => {
    const store = memory()
    const report = await importing(store, runs)
    expect(report).toMatchObject({ stored: 1200, copies: { runs: 1140, conversations: 60, burned_families: 0 } })
    expect(report.search_families + report.heldout_families).toBe(60)
    const [search, sealed] = [await familiesOf(store, 'objects'), await familiesOf(store, 'vault')]
    expect([search.size, sealed.size]).toEqual([report.search_families, report.heldout_families])
    for (const cases of [...search.values(), ...sealed.values()]) expect(cases).toHaveLength(20)
  })

  test('says the same when the copies come later, in as many imports as they like', async () => {
    const store = memory()
    for (let n = 0; n < 4; n++)
      await importing(
        store,
        runs.filter((_, i) => i % 4 === n),
      )
    expect(await partition(store)).toHaveLength(60)
    expect(await importing(store, runs)).toMatchObject({ stored: 0, unchanged: 1200, copies: { runs: 1140 } })
    expect(await partition(store)).toHaveLength(60)
  })

  test('leaves stored runs as they were recorded', async () => {
    const store = memory()
    await importing(store, runs.slice(0, 2))
    const traces = Object.entries(await contents(store)).filter(([key]) => key.endsWith('trace.json'))
    expect(traces.map(([, text]) => JSON.parse(text).family_id).sort()).toEqual(['family-c0', 'family-c0-copy0'])
  })
})

describe('copies', () => {
  test('are no more evidence than what they are copies of: the held-out set is as large as without them', async () => {
    const runs = aWorld({ search: 40, heldout: 20 })
    const copied = [...runs, ...runs.slice(40).flatMap((one) => [copyOf(one, 1), copyOf(one, 2)])]
    const [plain, with_] = [await stocked(memory(), runs), await stocked(memory(), copied)]
    expect(await run(plain, { runId: 'r' })).toMatchObject({ verdict: 'inconclusive', heldout_families: 20 })
    expect(await run(with_, { runId: 'r' })).toMatchObject({ verdict: 'inconclusive', heldout_families: 20 })
    expect(await verifyRun(with_, 'r', transcriptEngine())).toMatchObject({ reproducible: true })
  })

  test('that the records put on both sides go to the side of the first', async () => {
    const store = memory()
    const first = aFamily('a', { side: 'search' })
    const report = await imported(store, [first, { ...copyOf(first, 1), split: 'heldout' }])
    expect(report).toMatchObject({ search_families: 1, heldout_families: 0 })
    expect((await familiesOf(store, 'objects')).get('family-a')).toEqual(['a', 'a-copy1'])
    expect(Object.keys(await contents(store)).filter((key) => key.startsWith('vault/'))).toEqual([])
  })

  test('are recordings of one case no copies of each other under different settings', async () => {
    const store = memory()
    const one = aFamily('a', { side: 'search' })
    const other = { ...one, run_id: 'b', settings: { 'evidence.orders.top_k': 3 } }
    expect((await imported(store, [one, other])).copies.runs).toBe(0)
  })

  test('make one family of every run of the families that share one', async () => {
    const store = memory()
    const [a, b] = [aFamily('a', { side: 'search' }), aFamily('b', { side: 'search' })]
    const shared = { ...copyOf(a, 1), family_id: b.family_id }
    await imported(store, [a, b, shared])
    expect(await partition(store)).toEqual(['a a-copy1 b'])
  })

  test('form the same families in whatever order and however many imports they come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ talk: fc.nat(5), family: fc.nat(5) }), { minLength: 2, maxLength: 9 }),
        fc.nat(8),
        fc.func(fc.nat()),
        async (drawn, cut, key) => {
          const runs = drawn.map(({ talk, family }, i) => ({
            ...copyOf(aFamily(`t${talk}`, { side: 'search' }), i),
            family_id: `f${family}`,
          }))
          const shuffled = runs.toSorted((x, y) => key(x.run_id) - key(y.run_id))
          const [once, other] = [memory(), memory()]
          await imported(once, runs)
          await imported(other, shuffled.slice(cut % runs.length))
          await imported(other, shuffled)
          expect(await partition(other)).toEqual(await partition(once))
        },
      ),
      { numRuns: 20 },
    )
  })

  test('end the same when the import was killed before any of its writes and started again', async () => {
    const runs = world(2).flatMap((one) => [one, copyOf(one, 1)])
    const whole = memory()
    await importing(whole, runs)
    for (let n = 1; ; n++) {
      const store = memory()
      const died = killedAtWrite(store, n)
      const error = await importing(died.store, runs).catch((e: unknown) => e)
      if (!(error instanceof Killed)) break
      await importing(store, runs)
      expect({ n, ...(await contents(store)) }).toEqual({ n, ...(await contents(whole)) })
    }
  })

  test('are told of in no table that the search may read', async () => {
    const store = memory()
    const [open, sealed] = [aFamily('a', { side: 'search' }), aFamily('b', { side: 'heldout' })]
    await imported(store, [open, sealed, copyOf(open, 1), copyOf(sealed, 1)])
    for (const [key, text] of Object.entries(await contents(store)))
      if (!key.startsWith('vault/'))
        expect({ key, text }).not.toMatchObject({ text: expect.stringContaining('family-b') })
  })
})

describe('a late link between the two sides', () => {
  const [open, sealed] = [
    aFamily('a', { side: 'search', required: 1, gold: 1 }),
    aFamily('b', { side: 'heldout', required: 1, gold: 1 }),
  ]
  const link = { ...copyOf(open, 1), family_id: 'linking' }
  const other = { ...copyOf(sealed, 1), family_id: 'linking', split: 'search' as const }

  test('burns the sealed family: it is never sealed again, and nothing of it comes to the search', async () => {
    const store = await stocked(memory(), [...aWorld({ search: 20, heldout: 19 }), open, sealed])
    expect(await run(store)).toMatchObject({ heldout_families: 20 })
    const [before] = await items(store)
    expect(await imported(store, [link, other])).toMatchObject({ copies: { runs: 2, burned_families: 1 } })
    expect(await run(store)).toMatchObject({ heldout_families: 19 })
    expect((await items(store)).find((v) => v.version === before!.version)).toMatchObject({ retired: 'superseded' })
    const search = await familiesOf(store, 'objects')
    expect(search.get('family-a')).toEqual(['a', 'a-copy1'])
    expect([...search.values()].flat()).not.toContain('b-copy1')
    expect((await familiesOf(store, 'vault')).has('family-b')).toBe(false)
  })

  test('ends a version that has answered a question: it answers no other', async () => {
    const heldout = Array.from({ length: 30 }, () => ({ side: 'heldout', required: 3 }) as const)
    const store = await stocked(memory(), [...aWorld({ search: 6, heldout: 300, extra: heldout }), open, sealed])
    const target = aTarget({ scoring: { replayer: 'transcript', questions: 2 } })
    await run(store, { runId: 'q1', target })
    expect((await items(store))[0]).toMatchObject({ used: 1, retired: null })
    await imported(store, [link, other])
    await expect(run(store, { runId: 'q2', target })).rejects.toThrow(
      /1 families of the held-out version sha256:\w+ of support\.refund were linked with search families by copies/,
    )
    expect((await items(store))[0]!.used).toBe(1)
  })

  test('burns it whatever comes first, and later copies of it change nothing', async () => {
    for (const order of [
      [link, other],
      [other, link],
    ]) {
      const store = await stocked(memory(), [open, sealed])
      for (const one of order) await imported(store, [one])
      await imported(store, [{ ...copyOf(sealed, 2), family_id: 'one more' }])
      expect((await familiesOf(store, 'vault')).size).toBe(0)
      expect([...(await familiesOf(store, 'objects')).keys()]).toEqual(['family-a'])
    }
  })

  test('does not move the search set of who is not concerned', async () => {
    const store = await stocked(memory(), aWorld({ search: 3, heldout: 3 }))
    const { digest } = await compileSearch(store, INTENT)
    await imported(store, [aFamily('new', { side: 'heldout' })])
    expect((await compileSearch(store, INTENT)).digest).toBe(digest)
  })
})

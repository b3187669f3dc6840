/** Recorded runs into a store: each family to its side before anything is written, and never twice, never half. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitSide } from '#core/experience/split.ts'
import type { Store } from '#ports'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { compileSearch } from '../../../functions/steps/experience/compile.ts'
import { ingest } from '../../../functions/steps/experience/ingest.ts'
import { addToIndex, readIndex } from '../../../functions/steps/experience/run-index.ts'
import { fixSplit } from '../../../functions/steps/experience/split-rule.ts'
import { aFamily, anOffer, aRun, aWorld, INTENT } from '../../support/builders.ts'
import { contents, imported, items, Killed, killedAtWrite, memory, run, stocked, watched } from '../stores.ts'

const world = aWorld({ search: 3, heldout: 3 })
const HASHED = { by: 'hash', key: 'k', heldout_share: 0.5 } as const
const hashed = (store: Store, runs: readonly ExperienceRun[]) =>
  ingest(
    store,
    async function* () {
      yield* runs
    },
    HASHED,
  )
/** What an import that is refused says; it has written nothing. */
async function refusal(store: Store, runs: readonly ExperienceRun[]): Promise<string> {
  const before = await contents(store)
  const error = await imported(store, runs).then(
    () => null,
    (e: Error) => e,
  )
  expect(error?.name).toBe('UserError')
  expect(await contents(store)).toEqual(before)
  return error!.message
}

describe('ingest', () => {
  test('stores each run once, however often it is imported', async () => {
    const store = memory()
    expect(await imported(store, world)).toEqual({
      stored: 6,
      unchanged: 0,
      restored: 0,
      layout: 'files',
      search_families: 3,
      heldout_families: 3,
      intents: [INTENT],
      copies: { runs: 0, conversations: 0, burned_families: 0 },
      near_copies: { runs: 0, joined: false, example: null },
    })
    const before = await contents(store)
    expect(await imported(store, world)).toMatchObject({ stored: 0, unchanged: 6 })
    expect(await contents(store)).toEqual(before)
  })

  test('adds to what is there', async () => {
    const store = memory()
    await imported(store, world.slice(0, 2))
    expect(await imported(store, world)).toMatchObject({ stored: 4, unchanged: 2 })
    const whole = memory()
    await imported(whole, world)
    const digest = async (s: Store) => (await compileSearch(s, INTENT)).digest
    expect(await digest(store)).toBe(await digest(whole))
  })

  test('keeps every trace of a held-out family out of the open store', async () => {
    const store = memory()
    await hashed(
      store,
      Array.from({ length: 40 }, (_, i) =>
        aRun(`r${i}`, {
          family_id: `family-${i % 20}`,
          steps: [{ kind: 'message', role: 'user', content: `I am family-${i % 20}.`, tokens: null }],
        }),
      ),
    )
    const all = Object.entries(await contents(store))
    for (let i = 0; i < 20; i++) {
      const side = splitSide(HASHED, `family-${i}`) === 'search' ? 'open/' : 'vault/'
      const holding = all.filter(([, text]) => text.includes(`I am family-${i}.`))
      expect(holding).toHaveLength(2)
      for (const [key] of holding) expect(key.startsWith(side)).toBe(true)
    }
  })

  test('gives the same search set and the same sealed version whatever the order of the import', async () => {
    const runs = aWorld({ search: 4, heldout: 100 })
    const version = async (list: readonly ExperienceRun[]) => {
      const store = await stocked(memory(), list)
      const { digest } = await compileSearch(store, INTENT)
      await run(store)
      return [digest, (await items(store))[0]!.version]
    }
    expect(await version(runs.toReversed())).toEqual(await version(runs))
  })

  test('ends the same when it was killed before any of its writes and started again', async () => {
    const whole = memory()
    await imported(whole, world)
    for (let n = 1; ; n++) {
      const store = memory()
      const died = killedAtWrite(store, n)
      const error = await imported(died.store, world).catch((e: unknown) => e)
      if (!(error instanceof Killed)) break
      await imported(store, world)
      expect({ n, ...(await contents(store)) }).toEqual({ n, ...(await contents(whole)) })
    }
  })
})

describe('the journal of an import', () => {
  const many = Array.from({ length: 600 }, (_, i) => aFamily(`r${i}`, { side: i % 2 === 0 ? 'search' : 'heldout' }))

  test('lets a killed import go on where it stopped: what is there is not written again', async () => {
    const store = memory()
    // The split rule, 256 runs of six files, the journal's first segment, and some way into the second.
    const died = killedAtWrite(store, 1 + 256 * 6 + 1 + 700)
    await expect(imported(died.store, many)).rejects.toThrow(Killed)
    const written: string[] = []
    const counting = watched(store, (act, _, key) => {
      if (act === 'write' && key.includes('/runs/')) written.push(key)
    })
    expect(await imported(counting, many)).toMatchObject({ stored: 344, unchanged: 256 })
    expect(written).toHaveLength(344 * 6)
    const whole = memory()
    await imported(whole, many)
    expect(await contents(store)).toEqual(await contents(whole))
  })

  test('names no run, no case and no family', async () => {
    const store = memory()
    await imported(store, many.slice(0, 4))
    const ingests = Object.entries(await contents(store)).filter(([key]) => key.startsWith('open/ingest/'))
    expect(ingests.length).toBeGreaterThan(0)
    for (const [, text] of ingests)
      for (const { run_id, case_id, family_id } of many.slice(0, 4))
        for (const name of [run_id, case_id, family_id]) expect(text).not.toContain(`"${name}"`)
  })

  test('refuses other content under an id that a killed import stored, and lists its run when it comes again', async () => {
    const store = memory()
    const dying = watched(store, (act, _, key) => {
      if (act === 'write' && key.includes('/index/')) throw new Killed()
    })
    await expect(imported(dying, world)).rejects.toThrow(Killed)
    expect((await compileSearch(store, INTENT)).cases).toBe(0)
    const other = { ...world[0]!, outcome: { ...world[0]!.outcome, passed: false } }
    expect(await refusal(store, [other])).toMatch('run s0 is already stored with other content')
    expect(await imported(store, world)).toMatchObject({ stored: 0, unchanged: 6 })
    expect((await compileSearch(store, INTENT)).cases).toBe(3)
  })

  test('claims nothing that was never written: the same ids may come with other content', async () => {
    const store = memory()
    const dying = watched(store, (act, _, key) => {
      if (act === 'write' && key.includes('/journal/')) throw new Killed()
    })
    await expect(imported(dying, world)).rejects.toThrow(Killed)
    const other = { ...world[0]!, outcome: { ...world[0]!.outcome, passed: false } }
    expect(await imported(store, [other])).toMatchObject({ stored: 1 })
  })

  test('lists a run once, whatever segments name it', async () => {
    const store = memory()
    await imported(store, world)
    const [line, ...rest] = await Array.fromAsync(readIndex(store, INTENT))
    await addToIndex(store.objects, INTENT, [line!])
    expect(await Array.fromAsync(readIndex(store, INTENT))).toEqual([line, ...rest])
  })
})

describe('an import is refused, with nothing written, when', () => {
  test('a stored run comes with other content', async () => {
    const store = memory()
    await imported(store, world)
    const other = { ...world[0]!, outcome: { ...world[0]!.outcome, passed: false } }
    expect(await refusal(store, [aRun('fresh', { split: 'search' }), other])).toMatch(
      'run s0 is already stored with other content. Recorded runs never change: give the new one its own run_id',
    )
  })

  test('a stored run comes under another date, intent or side', async () => {
    const store = memory()
    await imported(store, world)
    for (const over of [{ date: '2026-06-01' }, { date: null }, { intent_id: 'support.status' }])
      expect(await refusal(store, [{ ...world[0]!, ...over }])).toMatch('run s0 is already stored')
  })

  test('a run comes twice', async () => {
    expect(await refusal(memory(), [world[0]!, world[1]!, world[0]!])).toMatch('run s0 comes twice in this import')
  })

  test('a family is recorded on both sides of the split', async () => {
    const both = [aFamily('a', { side: 'search', family: 'f' }), aFamily('b', { side: 'heldout', family: 'f' })]
    expect(await refusal(memory(), both)).toMatch('family "f" is recorded on both sides of the split (run b)')
    const store = memory()
    await imported(store, both.slice(0, 1))
    expect(await refusal(store, both.slice(1))).toMatch('family "f" is recorded on both sides of the split (run b)')
  })

  test('a run records no split and the import goes by it', async () => {
    expect(await refusal(memory(), [aRun('r')])).toMatch('run r records no split')
  })

  test('a case belongs to two families', async () => {
    const two = [aFamily('a', { side: 'search' }), aFamily('b', { side: 'search' })].map((r) => ({
      ...r,
      case_id: 'case',
    }))
    expect(await refusal(memory(), two)).toMatch('case "case"')
    const named = [aFamily('a', { side: 'search' }), { ...aFamily('b', { side: 'search' }), case_id: 'a' }]
    for (const order of [named, named.toReversed()]) expect(await refusal(memory(), order)).toMatch('case "a"')
    const store = memory()
    await imported(store, two.slice(0, 1))
    expect(await refusal(store, two.slice(1))).toMatch('case "case"')
  })
})

describe('a store', () => {
  test('keeps the split rule of its first import', async () => {
    const store = memory()
    expect(await fixSplit(store, HASHED)).toEqual(HASHED)
    expect(await fixSplit(store, { ...HASHED, key: 'other' })).toEqual(HASHED)
  })

  test('never moves a family, whatever is imported beside it and in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 10 }), fc.nat(9), async (numbers, cut) => {
        const runs = numbers.map((n) => aRun(`r${n}`, { family_id: `f${n}`, evidence: [anOffer(`e${n}`)] }))
        const at = cut % runs.length
        const [once, twice] = [memory(), memory()]
        await hashed(once, runs)
        await hashed(twice, runs.slice(at).toReversed())
        await hashed(twice, runs.slice(0, at))
        const runFiles = async (s: Store) => Object.keys(await contents(s)).filter((k) => k.includes('/runs/'))
        expect(await runFiles(twice)).toEqual(await runFiles(once))
      }),
      { numRuns: 20 },
    )
  })

  test('takes new runs of a family whose version is retired into the search set', async () => {
    const store = await stocked(memory(), aWorld({ search: 6, heldout: 100 }))
    expect(await run(store)).toMatchObject({ verdict: 'certified' })
    const again = aFamily('again', { side: 'heldout', family: 'family-h7' })
    expect(await imported(store, [again])).toMatchObject({ search_families: 1, heldout_families: 0 })
    expect(Object.keys(await contents(store))).toContain('open/experience/runs/2026-05-12/again/trace.json')
  })
})

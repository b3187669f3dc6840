/** Corrections of stored runs under kills, on every side and in every layout, and judges that people correct later. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { correctedRecording } from '#core/experience/corrections.ts'
import { compileCase } from '#core/replay/compile.ts'
import type { Store } from '#ports'
import type { Correction } from '#schemas/correction.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { compileIntent } from '../../../functions/steps/experience/compile.ts'
import { addCorrections, correctionProblems, readCorrections } from '../../../functions/steps/experience/corrections.ts'
import { packStore } from '../../../functions/steps/experience/pack.ts'
import { waitingCorrections } from '../../../functions/steps/run/waiting-corrections.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { aCase, aFamily, aSuite, aTarget, aWorld, INTENT } from '../../support/builders.ts'
import { erased } from '../erase/support.ts'
import { contents, Killed, killedAtWrite, memory, onDisk, run, stocked } from '../stores.ts'

const said = (run_id: string, what: Partial<Correction>, day = 1): Correction => ({
  run_id,
  at: `2026-11-0${day}T00:00:00.000Z`,
  by: 'ana',
  ...what,
})
const add = (store: Store, ...all: readonly Correction[]) =>
  addCorrections(
    store,
    all.map((correction, i) => ({ at: `f:${i + 1}`, correction })),
    async () => {},
  )
const THREE = [
  said('s0', { label_disputed: true }),
  said('s1', { outcome: { passed: false } }),
  said('h0', { label_disputed: true }),
]
const sideOf = (store: Store, side: 'objects' | 'vault') =>
  Array.fromAsync(compileIntent({ ...store, objects: store[side] }, INTENT))

test('killed at any write, the same again leaves the bytes of one that was not; none is half of both', async () => {
  const whole = await stocked(memory(), aWorld({ search: 3, heldout: 3 }))
  await add(whole, ...THREE)
  const expected = await contents(whole)
  for (let n = 1; ; n++) {
    const store = await stocked(memory(), aWorld({ search: 3, heldout: 3 }))
    const died = killedAtWrite(store, n)
    const ended = await add(died.store, ...THREE).catch((error: unknown) => {
      if (error instanceof Killed) return null
      throw error
    })
    expect(await add(store, ...THREE)).toEqual({ stored: ended ? 0 : 3, unchanged: ended ? 3 : 0, runs: 3 })
    expect(await contents(store)).toEqual(expected)
    expect(await correctionProblems(store)).toEqual([])
    if (ended) break
    expect(n).toBeLessThan(10)
  }
})

test('one that nobody stored, and one that is gone, stop the next run by a count and name no run', async () => {
  const store = await stocked(memory(), aWorld({ search: 6, heldout: 100 }))
  await add(store, ...THREE)
  for await (const key of store.vault.list(keys.corrections())) await store.vault.delete(key)
  const forged = `${JSON.stringify(said('h1', { label_disputed: true }))}\n`
  const { digestOfBytes } = await import('#core/canonical.ts')
  await store.vault.put(keys.correctionSegment(digestOfBytes(forged)), forged)
  const problems = await correctionProblems(store)
  expect(problems).toEqual([
    expect.stringMatching(/^1 corrections of recorded runs are missing/),
    expect.stringMatching(/^1 corrections of recorded runs are on no list/),
  ])
  expect(problems.join()).not.toMatch(/h0|h1/)
  await expect(run(store)).rejects.toThrow(/are missing(.|\n)*are on no list/)
})

test.each(['files', 'segments'] as const)(
  'a case has the same bytes in %s, packed later, and as it is corrected in memory',
  async (layout) => {
    const { store, dispose } = onDisk()
    try {
      const world = aWorld({ search: 3, heldout: 3 })
      await stocked(store, world, { layout })
      const before = await sideOf(store, 'vault')
      await add(store, ...THREE)
      const after = await sideOf(store, 'vault')
      expect(after.filter((line) => !before.includes(line)).map((line) => JSON.parse(line).case_id)).toEqual(['h0'])
      expect(JSON.parse(after[0]!).recordings[0].corrected).toEqual({ label: 'disputed' })
      const search = await sideOf(store, 'objects')
      if (layout === 'files') await packStore(store, async () => {})
      expect(await sideOf(store, 'vault')).toEqual(after)
      expect(await sideOf(store, 'objects')).toEqual(search)
    } finally {
      dispose()
    }
  },
)

test('however corrections are cut into files and in whichever order these come, the same stands', async () => {
  const words: Partial<Correction>[] = [
    { label_disputed: true },
    { label_disputed: false },
    { outcome: { passed: false } },
    { outcome: { score: 0.5 } },
    { evidence: { 's0-e1': { gold: false } } },
    { evidence: { 's0-e1': { gold: true, required: true }, 's0-e3': { gold: true } } },
    { note: 'x' },
  ]
  const plan = fc.record({
    order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
    cuts: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
  })
  await fc.assert(
    fc.asyncProperty(plan, async ({ order, cuts }) => {
      const store = await stocked(memory(), aWorld({ search: 1, heldout: 1 }))
      const all = order.map((i) => said('s0', words[i]!, i + 1))
      let file: Correction[] = []
      for (const [i, one] of all.entries()) {
        file.push(one)
        if (!cuts[i]) continue
        await add(store, ...file)
        file = []
      }
      if (file.length > 0) await add(store, ...file)
      const inTime = all.toSorted((a, b) => (a.at < b.at ? -1 : 1))
      expect((await readCorrections(store.objects)).get('s0')).toEqual(inTime)
      const [line] = await sideOf(store, 'objects')
      const one = aCase(aFamily('s0', { side: 'search', required: 1, gold: 1 })).recordings[0]!
      const { recorded: _, ...expected } = correctedRecording(one, inTime)
      expect(JSON.parse(line!).recordings[0]).toMatchObject(JSON.parse(JSON.stringify(expected)))
    }),
    { numRuns: 30 },
  )
})

describe('a judge that people correct later', () => {
  const judged = (run: ExperienceRun): ExperienceRun => ({ ...run, outcome: { ...run.outcome, score_kind: 'judge' } })
  const world = () => aWorld({ search: 60, heldout: 100 }).map(judged)
  const target = aTarget({ guardrails: { ...aTarget().guardrails, policy: { min: 1, max_violation_rate: 0.001 } } })
  const factsOf = async (store: Store, id: string) =>
    (await readJson<AutotuneRun>(store.objects, keys.autotuneRun(id, 'target.json')))!.heldout_test_set!

  test('is compared with them: agreement, bound and table come into the next sealed version, and kinds are counted', async () => {
    const store = await stocked(memory(), world(), { suite: aSuite() })
    await run(store, { runId: 'a', target })
    expect(await factsOf(store, 'a')).toMatchObject({
      pinned: { judge: { families: 60, overlap: 0, disagreements: 0 } },
      labels: { kinds: { judge: 100, human: 0 }, disputed: 0, missing: 0 },
    })
    const agree = Array.from({ length: 40 }, (_, i) => said(`s${i}`, { outcome: { passed: true } }))
    const differ = [40, 41].map((i) => said(`s${i}`, { outcome: { passed: false } }))
    await add(
      store,
      ...agree,
      ...differ,
      said('h0', { outcome: { passed: true } }),
      said('h1', { label_disputed: true }),
    )
    await run(store, { runId: 'b', target })
    expect(await factsOf(store, 'b')).toMatchObject({
      labelled: 99,
      pinned: {
        judge: {
          families: 60,
          overlap: 42,
          disagreements: 2,
          table: { both_pass: 40, first_only: 2, second_only: 0, both_fail: 0 },
        },
      },
      labels: { kinds: { judge: 98, human: 1 }, disputed: 1, missing: 0 },
    })
  })
})

describe('a correction that is dated before its run', () => {
  const began = '2026-11-20T10:00:00.000+02:00'
  test.each(['files', 'segments'] as const)(
    'is refused by the moment where that is known, on both sides: %s',
    async (layout) => {
      const world = aWorld({ search: 2, heldout: 2 }).map((one) => ({ ...one, started_at: began }))
      const store = await stocked(memory(), world, { layout })
      for (const run_id of ['s0', 'h0']) {
        const early = { ...said(run_id, { label_disputed: true }), at: '2026-11-20T07:59:59.999Z' }
        await expect(add(store, early)).rejects.toThrow(
          `f:1: at: 2026-11-20T07:59:59.999Z lies before run ${run_id} began`,
        )
        expect(await add(store, { ...early, at: '2026-11-20T08:00:00.000Z' })).toMatchObject({ stored: 1 })
      }
    },
  )

  test('is taken where only a day is known that had begun somewhere, and where nothing is', async () => {
    const [one, other] = aWorld({ search: 2, heldout: 0 })
    const store = await stocked(memory(), [
      { ...one!, date: '2026-11-20' },
      { ...other!, date: null },
    ])
    const at = (run_id: string, moment: string) => ({ ...said(run_id, { label_disputed: true }), at: moment })
    await expect(add(store, at('s0', '2026-11-19T09:59:59.000Z'))).rejects.toThrow('lies before run s0 began')
    expect(await add(store, at('s0', '2026-11-19T10:00:00.000Z'))).toMatchObject({ stored: 1 })
    expect(await add(store, at('s1', '1990-01-01T00:00:00.000Z'))).toMatchObject({ stored: 1 })
  })
})

test('gold that was never offered counts once, whether the record or people know of it', () => {
  const recording = compileCase([{ ...aFamily('a', { side: 'search' }), gold_not_offered: 1 }]).recordings[0]!
  const gold = (day: number, ...refs: string[]) =>
    said('a', { evidence: Object.fromEntries(refs.map((ref) => [ref, { gold: true }])) }, day)
  const counted = (...all: Correction[]) => correctedRecording(recording, all).gold_not_offered
  expect(counted(gold(1, 'lost'))).toBe(1)
  expect(counted(gold(1, 'lost'), gold(2, 'lost'))).toBe(1)
  expect(counted(gold(1, 'lost', 'other'))).toBe(2)
  expect(counted(gold(1, 'lost', 'other'), said('a', { evidence: { other: { gold: false } } }, 2))).toBe(1)
  expect(correctedRecording({ ...recording, gold_not_offered: 0 }, [gold(1, 'lost')]).gold_not_offered).toBe(1)
})

test('what an erased run was corrected by does not hide what waits', async () => {
  const { store, dispose } = onDisk()
  const search = async () => (await waitingCorrections(store)).search
  try {
    await stocked(store, aWorld({ search: 6, heldout: 100 }))
    await add(store, said('s0', { label_disputed: true }), said('s1', { outcome: { passed: false } }))
    expect(await search()).toBe(2)
    await run(store, { runId: 'r' })
    expect(await search()).toBe(0)
    await erased(store, { runs: new Set(['s0']) })
    expect(await search()).toBe(0)
    await add(store, said('s2', { label_disputed: true }))
    expect(await search()).toBe(1)
  } finally {
    dispose()
  }
})

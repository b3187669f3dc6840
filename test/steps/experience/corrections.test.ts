/** Corrections of stored runs under kills, on every side and in every layout, and judges that people correct later. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { correctedRecording } from '#core/experience/corrections.ts'
import type { Store } from '#ports'
import type { Correction } from '#schemas/correction.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { compileIntent } from '../../../functions/steps/experience/compile.ts'
import { addCorrections, correctionProblems, readCorrections } from '../../../functions/steps/experience/corrections.ts'
import { packStore } from '../../../functions/steps/experience/pack.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { aCase, aFamily, aSuite, aTarget, aWorld, INTENT } from '../../support/builders.ts'
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

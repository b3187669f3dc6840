/** What a slice holds beside recorded runs: production runs of the arm in force, and what people said later. */
import { describe, expect, test } from 'vitest'
import { judgeDay } from '#core/cadence/daily.ts'
import { dayAfter } from '#core/cadence/days.ts'
import type { Store } from '#ports'
import type { Bands } from '#schemas/bands.ts'
import type { SliceRow } from '#schemas/cadence.ts'
import type { Correction } from '#schemas/correction.ts'
import { keys } from '#schemas/s3-keys.ts'
import { readDay } from '../../../functions/steps/cadence/daily.ts'
import { judgeDays } from '../../../functions/steps/cadence/judge.ts'
import { keptRows } from '../../../functions/steps/cadence/slice-rows.ts'
import { verifyDay } from '../../../functions/steps/cadence/verify.ts'
import { addCorrections } from '../../../functions/steps/experience/corrections.ts'
import { readProduction } from '../../../functions/steps/release/production.ts'
import { aRun } from '../../core/release/builders.ts'
import { DAYS, onDays, theBands } from '../../support/bands.ts'
import { aFamily, INTENT } from '../../support/builders.ts'
import { at, ID, record, releasedStore, rolloutOf } from '../release/support.ts'
import { imported, memory, stocked } from '../stores.ts'

const bands = theBands({ ready_after_hours: 24 })
const rowsOn = async (store: Store, day: string): Promise<SliceRow[]> =>
  (await keptRows(store, day, INTENT, (await readDay(store, day)).intents[0]!.slice.rows))!
const said = (run_id: string, over: Partial<Correction>): Correction => ({
  ...{ run_id, at: `${DAYS[0]}T12:00:00.000Z`, by: 'ana' },
  ...over,
})
const correct = (store: Store, ...all: Correction[]) =>
  addCorrections(
    store,
    all.map((correction, n) => ({ at: `line ${n + 1}`, correction })),
    async () => {},
  )
const holds = async (store: Store, day: string, of: Bands = bands): Promise<void> =>
  expect((await verifyDay(store, day, of)).problems).toEqual([])

describe('production runs', () => {
  const judge = async (store: Store, on: string, of = bands): Promise<void> => {
    await judgeDays(at(store, `${dayAfter(on, 5)}T00:00:00.000Z`), of, on)
  }

  test('of the arm in force are rows beside the recorded ones: the baseline until the release, the candidate from it on', async () => {
    const store = await releasedStore()
    const rollout = await rolloutOf(store)
    const log = await readProduction(store, ID)
    const runs = 'runs' in log ? log.runs : []
    const before = runs.find(({ arm }) => arm === 'candidate')!.started_at!.slice(0, 10)
    const release = rollout.records.find(({ verdict, to_stage }) => verdict === 'advanced' && to_stage === null)!.at
    for (let on = before; on <= dayAfter(release.slice(0, 10)); on = dayAfter(on)) {
      await judge(store, on)
      const rows = (await rowsOn(store, on)).filter(({ production }) => production !== undefined)
      const expected = runs.filter(
        ({ started_at, arm }) =>
          started_at!.startsWith(on) && arm === (started_at! >= release ? 'candidate' : 'baseline'),
      )
      expect(rows.map(({ run_id }) => run_id).sort()).toEqual([...new Set(expected.map(({ run_id }) => run_id))].sort())
      expect((await readDay(store, on)).intents[0]!.slice.production ?? 0).toBe(rows.length)
      await holds(store, on)
    }
    expect((await readDay(store, before)).intents[0]!.slice.production).toBeGreaterThan(0)
  }, 60_000)

  test('are left out as a whole where some of the log were imported: of the others nobody may know on which side they lie', async () => {
    const withRun = async (): Promise<Store> => {
      const store = at(await releasedStore(), '2027-06-01T00:00:00.000Z')
      await record(store, [first, { ...first, run_id: 'foreign', release_tuple_id: 'release.of.another' }])
      return store
    }
    const first = aRun(await rolloutOf(await releasedStore()), 'window', 'candidate', 0)
    const store = await withRun()
    const on = first.started_at!.slice(0, 10)
    await judge(store, on)
    const ids = (await rowsOn(store, on)).map(({ run_id }) => run_id)
    expect(ids).toContain(first.run_id)
    expect(ids, 'a run of another tuple than its arm has').not.toContain('foreign')
    const other = await withRun()
    await imported(other, [aFamily('twin', { side: 'search', over: { run_id: first.run_id, date: on } as never })])
    await judge(other, on)
    const { slice } = (await readDay(other, on)).intents[0]!
    expect([slice.runs, slice.production]).toEqual([1, undefined])
    await holds(other, on)
    // The side on which the import lies makes no difference: sealed ones alone are imported ones, too.
    const sealed = await withRun()
    await imported(sealed, [aFamily('twin', { side: 'heldout', over: { run_id: first.run_id, date: on } as never })])
    await judge(sealed, on)
    expect((await readDay(sealed, on)).intents[0]!.slice.production).toBeUndefined()
    await holds(sealed, on)
  }, 60_000)

  test('a log that was changed refuses the day in words, and a row that left its log is named', async () => {
    const store = await releasedStore()
    const log = await readProduction(store, ID)
    const on = 'runs' in log ? log.runs[0]!.started_at!.slice(0, 10) : ''
    await judge(store, on)
    const [segment] = await Array.fromAsync(store.objects.list('production/'))
    await store.objects.put(segment!, 'x')
    expect((await verifyDay(store, on, bands)).problems[0]).toMatch(/production run \S+ is not in the log of ro_r/)
    await expect(judge(store, dayAfter(on))).rejects.toThrow(/digest is no longer .*No day was judged/)
  }, 60_000)
})

describe('what was said later', () => {
  test('counts from the day on by which it was said, and revises a day that was judged without it', async () => {
    const store = await stocked(memory(), onDays())
    const search = (runs: readonly SliceRow[]) => runs.map(({ run_id }) => run_id)
    const correctionBands = theBands({
      ready_after_hours: 24,
      intents: [{ ...bands.intents[0]!, bands: [{ metric: 'correction_rate', above: 0.5 }] }],
    })
    const judged = at(store, `${dayAfter(DAYS[2]!, 4)}T00:00:00.000Z`)
    await judgeDays(judged, correctionBands, DAYS[0]!)
    const [first, second] = search(await rowsOn(store, DAYS[0]!))
    await correct(
      store,
      said(first!, { outcome: { passed: false }, at: `${DAYS[1]}T12:00:00.000Z` }),
      said(second!, { label_disputed: true, at: `${dayAfter(DAYS[1]!, 3)}T00:00:00.000Z` }),
      said(second!, { note: 'hm' }),
    )
    const [day] = await judgeDays(judged, correctionBands, DAYS[1]!)
    const [revised] = day!.revised
    expect(revised).toMatchObject({
      ...{ date: DAYS[0], was: { corrected: 0 }, now: { corrected: 1, disputed: 0, corrected_later: 1 } },
      series: [{ mean: { was: 0, now: expect.any(Number) } }],
    })
    expect(revised!.series[0]!.mean.now).toBeGreaterThan(0)
    await holds(store, DAYS[0]!, correctionBands)
    await holds(store, DAYS[1]!, correctionBands)
    // Said again on the third day, which is judged with nothing new: nothing is revised again.
    const [third] = await judgeDays(judged, correctionBands, DAYS[2]!)
    expect(third!.revised).toEqual([])
  })

  test('that the label stands after all is no correction, and a word that is gone is named', async () => {
    const store = await stocked(memory(), onDays())
    const clock = at(store, `${dayAfter(DAYS[2]!, 4)}T00:00:00.000Z`)
    const other = await stocked(memory(), onDays())
    await judgeDays(at(other, `${dayAfter(DAYS[2]!, 4)}T00:00:00.000Z`), bands, DAYS[0]!)
    const [first, second] = (await rowsOn(other, DAYS[0]!)).map(({ run_id }) => run_id)
    await correct(
      store,
      said(first!, { label_disputed: true }),
      said(first!, { label_disputed: false, at: `${DAYS[0]}T13:00:00.000Z` }),
      said(second!, { outcome: { passed: false } }),
    )
    await judgeDays(clock, bands, DAYS[0]!)
    const rows = await rowsOn(store, DAYS[0]!)
    expect(rows.filter(({ later }) => later !== undefined).map(({ run_id }) => run_id)).toEqual([second])
    for await (const key of store.objects.list(keys.corrections())) await store.objects.delete(key)
    expect((await verifyDay(store, DAYS[0]!, bands)).problems).toEqual([
      `${INTENT}: what was said later of run ${second} is not in this store any more`,
    ])
  })

  test('a day of the version before verifies as it is, and is not revised by what that version did not count', async () => {
    const store = await stocked(memory(), onDays())
    const clock = at(store, `${dayAfter(DAYS[2]!, 4)}T00:00:00.000Z`)
    await judgeDays(clock, bands, DAYS[0]!)
    const made = await readDay(store, DAYS[0]!)
    const rows = await rowsOn(store, DAYS[0]!)
    const { facts } = made.intents[0]!
    const old = judgeDay(DAYS[0]!, bands, null, DAYS[0]!, () => ({ rows, facts }), [], 'daily.v1')
    expect({ ...old, cadence: 'daily.v2' }).toEqual(made)
    const { heads: _, ...before } = store
    await store.objects.put(keys.dailyCadence(DAYS[0]!), JSON.stringify(old))
    await correct(store, said(rows[0]!.run_id, { outcome: { passed: false } }))
    const [next] = await judgeDays({ ...before, clock: clock.clock } as Store, bands, DAYS[1]!)
    expect([next!.cadence, next!.revised]).toEqual(['daily.v2', []])
    await holds(store, DAYS[0]!)
    await holds(store, DAYS[1]!)
  })
})

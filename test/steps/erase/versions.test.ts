/** What becomes of a sealed version of which a family is erased, and that nobody learns from a plan on which side a family lies. */
import { describe, expect, test } from 'vitest'
import { chainHolds } from '#core/gate/ledger.ts'
import type { Store } from '#ports'
import { planErasure } from '../../../functions/steps/erase/erase.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { aTarget } from '../../support/builders.ts'
import { imported, items, run, stocked } from '../stores.ts'
import { aMarkedRun, aMarkedWorld, erased, familyOf, filesWith, madeOnce, markOf, problemsOf, runs } from './support.ts'

const target = aTarget({ scoring: { replayer: 'transcript', questions: 2, alpha: 0.1 } })
const no = aMarkedRun('x0', { side: 'heldout', required: 3 })
const made = madeOnce({
  async unasked(store: Store) {
    await stocked(store, aMarkedWorld({ heldout: 20 }), { layout: 'segments' })
    expect((await run(store, { runId: 'r' })).verdict).toBe('inconclusive')
  },
  async asked(store: Store) {
    await stocked(store, [...aMarkedWorld({ heldout: 120 }), no], { layout: 'segments' })
    expect((await run(store, { runId: 'r', target })).verdict).toBe('not_certified')
  },
  async passed(store: Store) {
    await stocked(store, aMarkedWorld(), { layout: 'segments' })
    expect((await run(store, { runId: 'r' })).verdict).toBe('certified')
  },
})
const states = async (store: Store) =>
  (await items(store)).map(({ used, retired, families }) => ({ used, retired, families }))

test('one that was not asked makes room: the next run seals what is left', async () => {
  const store = made.copied('unasked')
  expect(await states(store)).toEqual([{ used: 0, retired: null, families: 20 }])
  await erased(store, runs('h7'))
  expect(await states(store)).toEqual([{ used: 0, retired: 'superseded', families: 20 }])
  expect(await problemsOf(store)).toEqual([])
  await run(store, { runId: 'n' })
  const live = (await states(store)).filter(({ retired }) => retired === null)
  expect(live).toEqual([{ used: 0, retired: null, families: 19 }])
  expect([filesWith(store.dir, markOf('h7')), await problemsOf(store)]).toEqual([[], []])
})

test('one that was asked ends: its answers stand, it answers no other, and what is left of it is search data', async () => {
  const store = made.copied('asked')
  expect(await states(store)).toEqual([{ used: 1, retired: null, families: 121 }])
  await erased(store, runs('h7'))
  expect(await states(store)).toEqual([{ used: 1, retired: 'erased', families: 121 }])
  expect((await items(store)).every(chainHolds)).toBe(true)
  expect(await problemsOf(store)).toEqual([])
  expect(await verifyRun(store, 'r', transcriptEngine())).toMatchObject({ reproducible: null, differences: [] })
  await imported(store, aMarkedWorld({ search: 0, heldout: 30, prefix: 'k' }))
  const next = await run(store, { runId: 'n', target })
  expect(next.heldout_families).toBe(30)
  expect(filesWith(store.dir, markOf('h8')).some((file) => file.startsWith('goldens/'))).toBe(true)
  expect(await problemsOf(store)).toEqual([])
})

test('one that was asked keeps its questions where the family is not its own', async () => {
  const store = made.copied('asked')
  await erased(store, runs('s3'))
  expect(await states(store)).toEqual([{ used: 1, retired: null, families: 121 }])
  expect(await problemsOf(store)).toEqual([])
})

test('one that is retired stays as it was decided', async () => {
  const store = made.copied('passed')
  const before = await items(store)
  const plan = await erased(store, runs('h7'))
  expect(plan.retired_versions).toEqual([before[0]!.version])
  expect(await items(store)).toEqual(before)
  expect(await problemsOf(store)).toEqual([])
})

describe('on which side a family lies is told by no plan', () => {
  test.each(['unasked', 'asked'] as const)('of a store whose version was %s', async (name) => {
    const store = made.copied(name)
    const plans = []
    for (const family of ['s3', 'h7']) plans.push((await planErasure(store, { family: familyOf(family) })).plan)
    expect(plans[0]).toEqual(plans[1])
    expect(plans[0]).toMatchObject({ runs: 1, families: 1, segments: 1, past_runs: ['r'], retired_versions: [] })
  })
})

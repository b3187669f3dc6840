/** The walk-through of a store, step by step: what is not done yet says so with its reason, and at the end all is. */
import { expect, test } from 'vitest'
import { doneReport } from '#core/done/report.ts'
import { familyHash } from '#core/experience/index-line.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { keys } from '#schemas/s3-keys.ts'
import { stopRollout } from '../../../functions/steps/release/advance.ts'
import { forget } from '../../../functions/steps/run/forget.ts'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'
import { readLines } from '../../../functions/streams/read-object.ts'
import { aWorld } from '../../support/builders.ts'
import {
  advance,
  approve,
  at,
  certified,
  forward,
  HAND,
  produce,
  releasedStore,
  reviewed,
  START,
  signer,
  standing,
  start,
} from '../release/support.ts'
import { contents, memory, rows, stocked } from '../stores.ts'
import { factsOf, open, probe, reportOf, withMemory } from './support.ts'

test('before a run no check is yes, and no failure mode is measured', async () => {
  const report = await reportOf(await stocked(memory(), aWorld()))
  expect(report.done).toBe(false)
  expect(report.checks.map(({ answer }) => answer)).toEqual(Array(7).fill('no'))
  expect(report.failure_modes.map(({ answer }) => answer)).toEqual(Array(7).fill(null))
  expect(report.checks[0]!.reason).toBe('no run of this intent has ended: nothing was proposed')
})

test('a certified run is not reversible and not measured until it is reviewed, approved, started and watched to the end', async () => {
  const store = await withMemory(at(await certified(), START))
  expect(open(await reportOf(store))).toEqual({
    reversible: 'the proposal was not reviewed, so no tuple is pinned to go back to',
    measured: 'nothing was shipped: no rollout of the proposal was started',
    rollback_theatre: 'no rollout was started, so no way back is pinned that could be attacked',
  })
  await reviewed(store, 'r')
  expect(open(await reportOf(store)).reversible).toBe('its review is open: no tuple is pinned to go back to')
})

test('approved, started, in every stage and released: what is left is told', async () => {
  const store = await withMemory(at(await certified(), START))
  await approve(store, 'r')
  expect(open(await reportOf(store)).reversible).toBe(
    'approved, and its rollout was not started: no tuple is pinned to go back to',
  )
  await start(store)
  for (const stage of ['0%_shadow', '1%_internal', '5%_low_risk', '25%_monitored', '100%']) {
    expect(open(await reportOf(store))).toEqual({
      measured: `running in ${stage}: its production is not measured to the end`,
    })
    await forward(store, 1)
  }
  expect(open(await reportOf(store)).measured).toMatch(/^released, and its window is watched until 20/)
})

test('after the window all fourteen are yes, and looking writes nothing and says the same twice', async () => {
  const store = await withMemory(await releasedStore())
  await produce(store)
  expect((await advance(store)).record?.verdict).toBe('kept')
  const before = [await contents(store), await rows(store)]
  const report = await reportOf(store)
  expect(open(report)).toEqual({})
  expect(report).toMatchObject({ intent: 'support.refund', run: 'r', rollout: 'ro_r', done: true })
  expect(JSON.stringify(await reportOf(store))).toBe(JSON.stringify(report))
  expect([await contents(store), await rows(store)]).toEqual(before)
  for (const { id, evidence, recompute } of [...report.checks, ...report.failure_modes]) {
    expect([id, evidence.length > 0, evidence.every(({ digest }) => digest !== null)]).toEqual([id, true, true])
    expect(recompute.length).toBeGreaterThan(0)
  }
})

test('a rollout that rolled back by itself was measured; one that a person stopped was not', async () => {
  const harmed = await standing(2)
  await produce(harmed, { measure: () => ({ utility_score: 0, utility_passed: false }) })
  expect((await advance(harmed)).record?.verdict).toBe('rolled_back')
  expect(probe(await reportOf(harmed), 'measured')).toMatchObject({
    answer: 'yes',
    reason: expect.stringMatching(/^rolled back on support.refund: sequential.utility/),
  })
  const stopped = await standing(1)
  await stopRollout(stopped, signer, 'ro_r', HAND)
  expect(probe(await reportOf(stopped), 'measured').reason).toBe(
    'it ended stopped before production of support.refund was measured',
  )
})

test('a "no" is respected until somebody lifts it; without one nobody knows', async () => {
  const bare = await certified()
  expect(probe(await reportOf(bare), 'rejectable')).toMatchObject({ answer: null })
  const store = await withMemory(bare)
  expect(probe(await reportOf(store), 'rejectable').answer).toBe('yes')
  const facts = await factsOf(store)
  expect(probe(doneReport({ ...facts, handed: [] }), 'rejectable')).toMatchObject({
    answer: 'no',
    reason: expect.stringContaining('the next run would not be handed rejection'),
  })
  await forget(store, facts.held[0]!.rejection_id, { person: 'ana', reason: 'archived now' })
  expect(probe(await reportOf(store), 'rejectable').answer).toBe(null)
})

test('an intent that was never run is refused by name', async () => {
  await expect(factsOf(await certified(), 'support.other')).rejects.toThrow(
    'no run of intent "support.other" in this store: it has support.refund',
  )
})

test.each([
  ['replayable', 'replay-results.jsonl', 'recomputed, it differs: replay-results.jsonl'],
  ['on_record', 'candidates.jsonl', 'candidates.jsonl is not what the manifest says'],
  ['on_record', 'gate.json', 'gate.json is not what the manifest says'],
] as const)('%s: a changed %s is seen', async (id, file, why) => {
  const store = await certified()
  await store.objects.put(keys.autotuneRun('r', file), '{}\n')
  expect(probe(await reportOf(store), id)).toMatchObject({ answer: 'no', reason: expect.stringContaining(why) })
})

test('sealed cases on the open side are leakage', async () => {
  const store = await certified()
  const { version } = (await factsOf(store)).run!.run.heldout_test_set!
  await store.objects.put(keys.sealed('support.refund', version), '{}\n')
  expect(probe(await reportOf(store), 'test_set_leakage')).toMatchObject({
    answer: 'no',
    reason:
      'went through: reading the sealed cases under their own key; went through: looking for sealed cases in the list of goldens',
  })
})

test('a family that the search saw and the sealed version holds is leakage', async () => {
  const store = await certified()
  const { run } = (await factsOf(store)).run!
  const [seen] = await readLines<ReplayCase>(store.objects, keys.goldensAt('support.refund', run.search_set.digest))
  const claim = rowKeys.claim('support.refund', familyHash(seen!.family_id))
  await store.table.create(...claim, { version: run.heldout_test_set!.version })
  expect(probe(await reportOf(store), 'test_set_leakage')).toMatchObject({
    answer: 'no',
    reason: 'went through: looking for families of the search set in the sealed version',
  })
})

test('production that was measured and is gone since is measured no more', async () => {
  const store = await withMemory(await releasedStore())
  await produce(store)
  await advance(store)
  const [segment] = await Array.fromAsync(store.objects.list('production/'))
  await store.objects.delete(segment!)
  expect(probe(await reportOf(store), 'measured')).toMatchObject({
    answer: 'no',
    reason: expect.stringMatching(/^what was measured cannot be computed again: production log: /),
  })
})

test('a tuple to go back to that was changed is no way back', async () => {
  const store = await standing(0)
  const { rollout } = (await factsOf(store)).rollout!
  await store.releases.put(keys.tuple(rollout.intent, rollout.baseline.release_tuple_id), '{}\n')
  const report = await reportOf(store)
  for (const id of ['reversible', 'rollback_theatre'])
    expect(probe(report, id)).toMatchObject({
      answer: 'no',
      reason: expect.stringContaining('not the tuple of the ledger'),
    })
})

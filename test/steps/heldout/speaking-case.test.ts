/** Whose label counts: drawn by the split's key among labels that stand, on both sides; what was drawn before goes on as it was. */
import { expect, test } from 'vitest'
import { drawOf } from '#core/experience/split.ts'
import type { Store } from '#ports'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { addCorrections } from '../../../functions/steps/experience/corrections.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { aFamily, anEvaluator, aSuite, aTarget, aWorld } from '../../support/builders.ts'
import { items, memory, RECORDED, run, stocked } from '../stores.ts'

const suite = aSuite({
  evaluators: [
    ...aSuite().evaluators,
    anEvaluator({ check: 'operator_corrections', kind: 'human', dimension: 'utility' }),
  ],
})
const disputed = {
  correction_id: 'd',
  kind: 'label_disputed',
  passed: null,
  operator: null,
  notes: null,
} as const

/** Families of three cases, of which one label stands: one is disputed and one is missing. */
const mixtures = (n: number, side: 'search' | 'heldout'): ExperienceRun[] =>
  Array.from({ length: n }, (_, i) =>
    ['disputed', 'missing', 'stands'].map((kind) =>
      aFamily(`${side}-${i}-${kind}`, {
        side,
        family: `${side}-${i}`,
        required: 1,
        gold: 1,
        over: {
          ...(kind === 'disputed' && { operator_corrections: [disputed] }),
          ...(kind === 'missing' && { outcome: { passed: null } }),
        },
      }),
    ),
  ).flat()

const world = () => [...aWorld({ search: 10, heldout: 100 }), ...mixtures(30, 'search'), ...mixtures(40, 'heldout')]
const pinned = async (store: Store, id: string) =>
  (await readJson<Record<string, unknown>>(store.objects, keys.autotuneRun(id, 'target.json')))!

/** A store as version 0.2.0 had it, for runs of that time: it draws by names alone. */
const before = (store: Store): Store => ({
  ...store,
  table: {
    ...store.table,
    get: async (pk, sk) => (pk === rowKeys.split()[0] ? null : await store.table.get(pk, sk)),
  },
})

test('every family with a label that stands is counted, on the sealed side and in the search', async () => {
  const store = await stocked(memory(), world(), { suite })
  const summary = await run(store, { runId: 'r' })

  const [item] = await items(store)
  expect(item).toMatchObject({ families: 140, labelled: 140, draw: drawOf(RECORDED) })
  expect(summary.verdict).toBe('certified')
  expect(await pinned(store, 'r')).toMatchObject({ draw: drawOf(RECORDED) })
  expect(await verifyRun(store, 'r', transcriptEngine())).toMatchObject({ reproducible: true, differences: [] })
})

test('a family of which every label is disputed or missing is sealed, and outside n', async () => {
  const none = mixtures(20, 'heldout').filter((r) => !r.run_id.endsWith('stands'))
  const store = await stocked(memory(), [...aWorld({ search: 10, heldout: 100 }), ...none], { suite })
  await run(store)
  expect((await items(store))[0]).toMatchObject({ families: 120, labelled: 100 })
})

test('a run of version 0.2.0 verifies, byte for byte, beside runs of this one', async () => {
  const store = await stocked(memory(), world(), { suite })
  await run(before(store), { runId: 'old' })
  const [old] = await items(store)
  expect(old).not.toHaveProperty('draw')
  expect(old!.labelled).toBeLessThan(130)
  expect(await pinned(store, 'old')).not.toHaveProperty('draw')
  const verified = { reproducible: true, differences: [] }
  expect(await verifyRun(store, 'old', transcriptEngine())).toMatchObject(verified)

  await run(store, { runId: 'new' })
  expect(await verifyRun(store, 'old', transcriptEngine())).toMatchObject(verified)
  expect(await verifyRun(store, 'new', transcriptEngine())).toMatchObject(verified)
})

test('a version of 0.2.0 that was asked and goes on answers by the draw that it was sealed with, whatever is said of its runs meanwhile', async () => {
  const no = aWorld({ search: 6, heldout: 100, extra: [{ side: 'heldout', required: 3 }] })
  const store = await stocked(memory(), [...no, ...mixtures(20, 'search'), ...mixtures(20, 'heldout')], { suite })
  const target = aTarget({ scoring: { replayer: 'transcript', questions: 2 } })
  expect((await run(before(store), { runId: 'old', target })).verdict).toBe('not_certified')
  const [asked] = await items(store)
  const said = { run_id: 'h0', at: '2026-11-01T00:00:00.000Z', by: 'ana', label_disputed: true }
  await addCorrections(store, [{ at: 'f:1', correction: said }], async () => {})

  // What the gate said no to is remembered, so this list is asked no second time.
  expect((await run(store, { runId: 'new', target })).verdict).toBe('no_candidate')
  const [after] = await items(store)
  const { revision: _, ...facts } = asked!
  expect(after).toMatchObject({ ...facts, used: 1, retired: null })
  expect(await pinned(store, 'new')).toMatchObject({
    heldout_test_set: { version: asked!.version, labelled: asked!.labelled },
  })
  expect(after).not.toHaveProperty('draw')
  expect(await pinned(store, 'new')).toMatchObject({ draw: drawOf(RECORDED) })
  for (const id of ['old', 'new'])
    expect(await verifyRun(store, id, transcriptEngine())).toMatchObject({ reproducible: true, differences: [] })
})

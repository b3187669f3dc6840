/** Rejection memory: what was refused once is not paid for again, until the baseline or the suite changes. */
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { baselineDigest } from '#core/gate/commitment.ts'
import { rejection, underMetric } from '#core/gate/rejections.ts'
import type { Store } from '#ports'
import { RejectionRecord } from '#schemas/proposal.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { publishSuite } from '../../../functions/steps/experience/documents.ts'
import { type MemoryScope, readRejections, writeRejections } from '../../../functions/steps/run/memory.ts'
import { pinnedRun } from '../../../functions/steps/run/verify.ts'
import { aFamily, aSuite, aTarget, aWorld, INTENT } from '../../support/builders.ts'
import { imported, items, memory, run, stocked } from '../stores.ts'

const K = 'evidence.orders.top_k'
const small = { search: 6, heldout: 100 }
const record = (over: Partial<RejectionRecord> = {}): RejectionRecord =>
  RejectionRecord.parse({
    rejection_id: digestOf('r'),
    intent: INTENT,
    patches: [{ [K]: { from: 4, to: 1 } }],
    suite: digestOf('suite'),
    baseline: digestOf('baseline'),
    source: 'reviewer',
    reason: 'too few passages',
    run_id: 'run_1',
    ...over,
  })
const twice = (over: Partial<TuningTarget> = {}) =>
  aTarget({ scoring: { replayer: 'transcript', questions: 2 }, ...over })
const fates = (summary: Awaited<ReturnType<typeof run>>) =>
  Object.fromEntries(summary.candidates.map((c) => [c.patch[K]!.to, c.fate]))
const rows = async (store: Store) => (await Array.fromAsync(store.table.query(`rejection#${INTENT}`))).map((r) => r.sk)
const rejections = async (store: Store) =>
  (await Array.fromAsync(store.table.query<RejectionRecord>(`rejection#${INTENT}`))).map((r) => r.body)

const asked = (over: Partial<MemoryScope> = {}): MemoryScope => ({
  target: resolveTarget(aTarget()),
  searchSet: digestOf('set'),
  version: null,
  baseline: digestOf('baseline'),
  suite: digestOf('suite'),
  runId: 'run_2',
  ...over,
})

describe('readRejections', () => {
  test('holds under the baseline and suite that it was made under, and under no other', async () => {
    const store = memory()
    await writeRejections(store, [record()])
    expect(await readRejections(store, asked())).toEqual([record()])
    expect(await readRejections(store, asked({ baseline: digestOf('other') }))).toEqual([])
    expect(await readRejections(store, asked({ suite: digestOf('other') }))).toEqual([])
    const elsewhere = { ...asked().target, intent: 'support.status' }
    expect(await readRejections(store, asked({ target: elsewhere }))).toEqual([])
  })

  test('leaves out what the run itself wrote, so that starting it again gives the same bytes', async () => {
    const store = memory()
    await writeRejections(store, [record()])
    expect(await readRejections(store, asked({ runId: 'run_1' }))).toEqual([])
  })

  test('comes in the order of ids, and keeps the first word on each', async () => {
    const store = memory()
    const [a, b] = [digestOf('a'), digestOf('b')].toSorted()
    await writeRejections(store, [
      record({ rejection_id: b! }),
      record({ rejection_id: a! }),
      record({ rejection_id: b!, reason: 'later' }),
    ])
    const read = await readRejections(store, asked())
    expect(read.map((r) => [r.rejection_id, r.reason])).toEqual([
      [a, 'too few passages'],
      [b, 'too few passages'],
    ])
  })

  test.each([
    ['search_guardrail', 0],
    ['gate', 0],
    ['reviewer', 1],
    ['rollback', 1],
  ] as const)('reads what an earlier version wrote of a %s, which did not say under what', async (source, holds) => {
    const store = memory()
    await writeRejections(store, [record({ source })])
    expect(await readRejections(store, asked())).toHaveLength(holds)
  })
})

test("a person's no of an earlier version, which was lifted, is not written anew under its new id", async () => {
  const store = memory()
  const of = { patches: record().patches, suite: record().suite, baseline: record().baseline }
  const old = record({ rejection_id: digestOf(of) })
  await writeRejections(store, [old])
  await store.table.create(`rejection#${INTENT}`, `${(await rows(store))[0]}#lifted`, { lifts: old.rejection_id })
  await writeRejections(store, [record({ under: { metric: asked().target.metric, direction: 'decrease' } })])
  expect(await readRejections(store, asked())).toEqual([])
  await writeRejections(store, [record({ run_id: 'run_0' })])
  expect(await readRejections(store, asked())).toHaveLength(1)
})

describe('a second run', () => {
  const blocked = aWorld({ ...small, extra: [{ side: 'search', required: 2, gold: 2 }] })
  // The sealed side says "no" and goes on: the search set stays as it is.
  const refused = aWorld({
    ...small,
    extra: [
      { side: 'search', required: 2, gold: 2 },
      { side: 'heldout', required: 3 },
    ],
  })

  test('does not pay again for what broke a limit on the search set, and lists it as remembered', async () => {
    const store = await stocked(memory(), refused)
    const first = await run(store, { runId: 'run_1', target: twice() })
    expect(fates(first)).toMatchObject({ 1: 'search_guardrail', 2: 'committed' })
    expect((await rejections(store)).map((r) => [r.source, r.patches, r.run_id])).toEqual(
      expect.arrayContaining([['search_guardrail', [{ [K]: { from: 4, to: 1 } }], 'run_1']]),
    )
    const second = await run(store, { runId: 'run_2', target: twice() })
    expect(fates(second)).toMatchObject({ 1: 'remembered' })
    expect(second.candidates.find((c) => c.fate === 'remembered')!.reason).toMatch(
      'search_guardrail rejected it in run_1',
    )
  })

  test('forgets when the suite changes', async () => {
    const store = await stocked(memory(), blocked)
    await run(store, { runId: 'run_1' })
    const suite = aSuite({ suite: 'evals.refund@1.1.0' })
    await publishSuite(store, suite)
    await imported(
      store,
      Array.from({ length: 100 }, (_, i) => aFamily(`n${i}`, { side: 'heldout', required: 1, gold: 1 })),
    )
    const target = aTarget({ baseline_tuple: { ...aTarget().baseline_tuple!, evals: suite.suite } })
    expect(fates(await run(store, { runId: 'run_2', target }))).toMatchObject({ 1: 'search_guardrail', 2: 'won' })
  })

  test('does not ask a list that was answered "no" again, and spends nothing on it', async () => {
    const store = await stocked(memory(), aWorld({ ...small, extra: [{ side: 'heldout', required: 3 }] }))
    const target = aTarget({ scoring: { replayer: 'transcript', questions: 2 } })
    expect((await run(store, { runId: 'run_1', target })).verdict).toBe('not_certified')
    expect((await rejections(store)).map((r) => r.source)).toEqual(['gate'])
    const second = await run(store, { runId: 'run_2', target })
    expect(second).toMatchObject({
      verdict: 'no_candidate',
      reasons: [
        'this very list was answered "no" in run_1: asking again would spend a question on a known answer',
        'tokens estimated as ceil(chars/4): dialogue in 6 of 6 recordings',
      ],
    })
    expect(fates(second)).toMatchObject({ 1: 'committed' })
    expect((await items(store))[0]!.used).toBe(1)
  })

  test('does ask it again on a version that never answered it', async () => {
    const store = await stocked(memory(), aWorld({ ...small, extra: [{ side: 'heldout', required: 3 }] }))
    expect((await run(store, { runId: 'run_1' })).verdict).toBe('not_certified')
    await imported(
      store,
      Array.from({ length: 110 }, (_, i) => aFamily(`n${i}`, { side: 'heldout', required: 1, gold: 1 })),
    )
    const second = await run(store, { runId: 'run_2' })
    // The family that said "no" is search data now, and shows which candidates it stops.
    expect(fates(second)).toMatchObject({ 1: 'search_guardrail', 2: 'search_guardrail', 3: 'won' })
  })
})

describe('a target that asks for less, or for something else', () => {
  // One of seven search families loses its gold passage under top_k 1: a drop of .14. The sealed side says "no" and goes on.
  const dropping = aWorld({
    ...small,
    extra: [
      { side: 'search', required: 1, gold: 2 },
      { side: 'heldout', required: 3 },
    ],
  })
  const dropped = async () => {
    const store = await stocked(memory(), dropping)
    expect(fates(await run(store, { runId: 'run_1', target: twice() }))).toMatchObject({ 1: 'search_guardrail' })
    return store
  }
  const allowing = (min: number, over: Partial<TuningTarget> = {}) =>
    twice({
      guardrails: { ...aTarget().guardrails, utility_delta: { min } },
      blast_radius: { max_fields: 2, max_decision: 0.5 },
      ...over,
    })

  test.each([
    ['looser', allowing(-0.2), 'dominated'],
    ['as tight', allowing(-0.1), 'remembered'],
    ['tighter', allowing(-0.01), 'remembered'],
    [
      'for another metric',
      allowing(-0.1, {
        metric: 'utility',
        direction: 'increase',
        not_measured: { ...aTarget().not_measured, economics: 'not asked here' },
        guardrails: { policy: { min: 1, max_violation_rate: 0.1 }, safety: { min: 1, max_violation_rate: 0.1 } },
      }),
      'no_gain',
    ],
  ])('meets what was refused under a utility limit: %s', async (_, target, fate) => {
    const second = await run(await dropped(), { runId: 'run_2', target })
    const found = fates(second)[1]
    expect(fate === 'dominated' ? ['dominated', 'committed'] : [fate]).toContain(found)
  })

  test('finds it again on other search cases', async () => {
    const store = await dropped()
    await imported(store, [aFamily('late', { side: 'search', required: 1, gold: 1 })])
    expect(fates(await run(store, { runId: 'run_2', target: twice() }))).toMatchObject({ 1: 'search_guardrail' })
  })

  test("keeps a reviewer's word beside a limit that refused the same patch before", async () => {
    const store = await dropped()
    const pinned = (await pinnedRun(store, 'run_1'))!
    const patches = [{ [K]: { from: 4, to: 1 } }]
    const under = underMetric(resolveTarget(pinned.target))
    await writeRejections(store, [rejection(pinned, { patches, source: 'reviewer', reason: 'ben: no', under })])
    const second = await run(store, { runId: 'run_2', target: allowing(-0.2) })
    expect(second.candidates.find((c) => c.patch[K]!.to === 1)).toMatchObject({
      fate: 'remembered',
      reason: 'reviewer rejected it in run_1: ben: no',
    })
  })

  test('is no dead end after a limit that was only not measured', async () => {
    const untimed = aWorld(small).map((r) => ({ ...r, outcome: { ...r.outcome, latency_ms: null } }))
    const store = await stocked(memory(), untimed)
    const { latency: _, ...not_measured } = aTarget().not_measured!
    const guardrails = { ...aTarget().guardrails, p95_latency_delta: { max_ms: 5 } }
    const first = await run(store, { runId: 'run_1', target: aTarget({ guardrails, not_measured }) })
    expect(new Set(Object.values(fates(first)))).toEqual(new Set(['search_guardrail']))
    expect(first.verdict).toBe('no_candidate')
    expect(await rejections(store)).toEqual([])
    expect((await run(store, { runId: 'run_2' })).verdict).toBe('certified')
  })
})

describe('a sealed "no"', () => {
  const asked = async (questions = 2) => {
    const store = await stocked(memory(), aWorld({ ...small, extra: [{ side: 'heldout', required: 3 }] }))
    const target = aTarget({ scoring: { replayer: 'transcript', questions } })
    expect((await run(store, { runId: 'run_1', target })).verdict).toBe('not_certified')
    return { store, target }
  }

  test('is another question where a limit is looser, and the ledger counts it', async () => {
    const { store, target } = await asked()
    const looser = { ...target, guardrails: { ...target.guardrails, utility_delta: { min: -0.2 } } }
    expect((await run(store, { runId: 'run_2', target: looser })).verdict).toBe('not_certified')
    expect((await items(store))[0]!.used).toBe(2)
  })

  test('that an earlier version remembered, without its terms, is read off the ledger: nothing is spent', async () => {
    const { store, target } = await asked()
    for (const row of await Array.fromAsync(store.table.query<RejectionRecord>(`rejection#${INTENT}`))) {
      const { under: _, ...old } = row.body
      expect(await store.table.update(row.pk, row.sk, row.revision, old)).toBe(true)
    }
    expect((await run(store, { runId: 'run_2', target })).verdict).toBe('not_certified')
    expect((await items(store))[0]!.used).toBe(1)
  })
})

describe('an undecided run', () => {
  test('teaches nothing: inconclusive and refused runs leave no rejection', async () => {
    const world = aWorld({ ...small, extra: [{ side: 'search', required: 2 }] })
    const strict = aTarget({ guardrails: { ...aTarget().guardrails, policy: { min: 1, max_violation_rate: 0.001 } } })
    const store = await stocked(memory(), world)
    expect((await run(store, { target: strict })).verdict).toBe('inconclusive')
    expect(await rejections(store)).toEqual([])
    const none = await stocked(
      memory(),
      world.filter((r) => r.split === 'search'),
    )
    expect((await run(none)).verdict).toBe('refused')
    expect(await rejections(none)).toEqual([])
  })
})

test('a baseline is its refs and the settings they resolve to', () => {
  const of = (settings: Record<string, number>) =>
    baselineDigest({ target: aTarget(), pack: { settings }, replayer: { kind: 'transcript' } } as never)
  expect(of({ [K]: 4 })).not.toBe(of({ [K]: 3 }))
})

/** Rejection memory: what was refused once is not paid for again, until the baseline or the suite changes. */
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { baselineDigest } from '#core/gate/commitment.ts'
import type { Store } from '#ports'
import { RejectionRecord } from '#schemas/proposal.ts'
import { publishSuite } from '../../../functions/steps/experience/documents.ts'
import { readRejections, writeRejections } from '../../../functions/steps/run/memory.ts'
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
const fates = (summary: Awaited<ReturnType<typeof run>>) =>
  Object.fromEntries(summary.candidates.map((c) => [c.patch[K]!.to, c.fate]))
const rejections = async (store: Store) =>
  (await Array.fromAsync(store.table.query<RejectionRecord>(`rejection#${INTENT}`))).map((r) => r.body)

describe('readRejections', () => {
  test('holds under the baseline and suite that it was made under, and under no other', async () => {
    const store = memory()
    await writeRejections(store, [record()])
    const read = (baseline: string, suite: string) =>
      readRejections(store, INTENT, digestOf(baseline), digestOf(suite), 'run_2')
    expect(await read('baseline', 'suite')).toEqual([record()])
    expect(await read('other', 'suite')).toEqual([])
    expect(await read('baseline', 'other')).toEqual([])
    expect(await readRejections(store, 'support.status', digestOf('baseline'), digestOf('suite'), 'run_2')).toEqual([])
  })

  test('leaves out what the run itself wrote, so that starting it again gives the same bytes', async () => {
    const store = memory()
    await writeRejections(store, [record()])
    expect(await readRejections(store, INTENT, digestOf('baseline'), digestOf('suite'), 'run_1')).toEqual([])
  })

  test('comes in the order of ids, and keeps the first word on each', async () => {
    const store = memory()
    const [a, b] = [digestOf('a'), digestOf('b')].toSorted()
    await writeRejections(store, [
      record({ rejection_id: b! }),
      record({ rejection_id: a! }),
      record({ rejection_id: b!, reason: 'later' }),
    ])
    const read = await readRejections(store, INTENT, digestOf('baseline'), digestOf('suite'), 'run_2')
    expect(read.map((r) => [r.rejection_id, r.reason])).toEqual([
      [a, 'too few passages'],
      [b, 'too few passages'],
    ])
  })
})

describe('a second run', () => {
  const blocked = aWorld({ ...small, extra: [{ side: 'search', required: 2, gold: 2 }] })

  test('does not pay again for what broke a limit on the search set, and lists it as remembered', async () => {
    const store = await stocked(memory(), blocked)
    const first = await run(store, { runId: 'run_1' })
    expect(fates(first)).toMatchObject({ 1: 'search_guardrail', 2: 'won' })
    expect((await rejections(store)).map((r) => [r.source, r.patches, r.run_id])).toEqual([
      ['search_guardrail', [{ [K]: { from: 4, to: 1 } }], 'run_1'],
    ])
    await imported(
      store,
      Array.from({ length: 100 }, (_, i) => aFamily(`n${i}`, { side: 'heldout', required: 1, gold: 1 })),
    )
    const second = await run(store, { runId: 'run_2' })
    expect(fates(second)).toMatchObject({ 1: 'remembered', 2: 'won' })
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

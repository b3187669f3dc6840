/** `doctor` and `propose` spend nothing: whatever they are asked, in whatever order, every byte of the store stays. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../functions/embedded/open-store.ts'
import { imported } from '../steps/stores.ts'
import { aFamily, aTarget, aWorld } from '../support/builders.ts'
import { bytesOf, ran, ready, type Workplace, workplace } from './command-line.ts'

const K = 'evidence.orders.top_k'

/** Questions of a person: targets that are ready, too small, unanswered and broken; changes within bounds, outside and none. */
const TARGETS = {
  sound: aTarget(),
  'too strict': aTarget({ guardrails: { ...aTarget().guardrails, utility_delta: { min: -0.001 } } }),
  'of five questions': aTarget({ scoring: { replayer: 'transcript', questions: 5 } }),
  unanswered: {},
  'of another share': aTarget({ visible_data: { search_set: 'goldens/support.refund/search', heldout_share: 0.2 } }),
  broken: '{"intent": ',
}
const CHANGES = {
  within: [{ [K]: 3 }],
  'all of them': [1, 2, 3, 5].map((k) => ({ [K]: k })),
  'out of bounds': [{ [K]: 99 }],
  protected: [{ 'policy.bundle': 1 }],
  none: [],
}
const target = fc.constantFrom(...(Object.keys(TARGETS) as (keyof typeof TARGETS)[]))
const asked = fc.record({
  target,
  changes: fc.option(fc.constantFrom(...(Object.keys(CHANGES) as (keyof typeof CHANGES)[]))),
  json: fc.boolean(),
})

describe.each([
  'nothing was ever asked of',
  'with a retired version and fresh families',
  'whose question is open',
] as const)('a store %s', (which) => {
  let place: Workplace
  beforeAll(async () => {
    place = workplace()
    await ready(place, aWorld({ search: 6, heldout: 100 }))
    if (which === 'nothing was ever asked of') return
    await ran(place, 'r')
    const store = openStore(place.store, { durable: false })
    await imported(
      store,
      Array.from({ length: 100 }, (_, i) => aFamily(`fresh${i}`, { side: 'heldout', required: 1, gold: 1 })),
    )
    if (which === 'whose question is open')
      for await (const { pk, sk, revision, body } of store.table.query<object>('heldout#support.refund'))
        await store.table.update(pk, sk, revision, { ...body, retired: null, open: { k: 1, run_id: 'r', commit: 'c' } })
    store.close()
  }, 60_000)
  afterAll(() => place.dispose())

  test('is the same after any sequence of looks', async () => {
    const codes = new Set<number>()
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 4 }), async (looks) => {
        const before = bytesOf(place.store)
        for (const look of looks) {
          const file = place.file('target.json', TARGETS[look.target])
          const lines = CHANGES[look.changes ?? 'none'].map((patch) => `${JSON.stringify({ patch })}\n`)
          const verb = look.changes === null ? ['doctor'] : ['propose', place.file('changes.jsonl', lines.join(''))]
          const { code } = await place.at(...verb, '--target', file, ...(look.json ? ['--json'] : []))
          expect([0, 2, 3]).toContain(code)
          codes.add(code)
        }
        expect(bytesOf(place.store)).toEqual(before)
      }),
      { numRuns: 10 },
    )
    expect(codes.size).toBeGreaterThan(1)
  })
})

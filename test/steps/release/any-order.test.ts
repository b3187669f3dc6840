/** Whatever happens to a rollout, in whatever order, and wherever processes die: records only grow, and all of it verifies. */
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { Store } from '#ports'
import { advanceRollout, resumeRollout, stopRollout } from '../../../functions/steps/release/advance.ts'
import { readInForce } from '../../../functions/steps/release/in-force.ts'
import { verifyRollout } from '../../../functions/steps/release/verify.ts'
import { INTENT } from '../../support/builders.ts'
import { Killed, killedAtWrite, twin } from '../stores.ts'
import { advance, approve, at, certified, HAND, ID, produce, rolloutOf, START, signer, start } from './support.ts'

let base: Store
beforeAll(async () => {
  base = at(await certified(), START)
  await approve(base, 'r')
  await start(base)
})

const ACTS = {
  good: async (store: Store) => {
    if (['running', 'paused', 'released'].includes((await rolloutOf(store)).status)) await produce(store)
    await advance(store)
  },
  empty: (store: Store) => advance(store),
  late: async (store: Store) => advanceRollout(at(store, (await rolloutOf(store)).deadline), signer, ID),
  resume: (store: Store) => resumeRollout(store, signer, ID, HAND),
  stop: (store: Store) => stopRollout(store, signer, ID, HAND),
  twice: (store: Store) => Promise.all([advance(store), resumeRollout(store, signer, ID, HAND)]),
} satisfies Record<string, (store: Store) => Promise<unknown>>

const act = fc.record({
  name: fc.oneof(
    { weight: 6, arbitrary: fc.constant('good' as const) },
    { weight: 4, arbitrary: fc.constantFrom('empty' as const, 'late' as const, 'resume' as const, 'twice' as const) },
    { weight: 1, arbitrary: fc.constant('stop' as const) },
  ),
  /** Write before which the process dies; most acts need fewer, and live. */
  dies: fc.option(fc.integer({ min: 1, max: 8 }), { freq: 2 }),
})

test('records only grow, every revision verifies, and the tuple in force is the one that the status says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 9 }), async (acts) => {
      const store = at(await twin(base), START)
      let before = (await rolloutOf(store)).records
      for (const { name, dies } of acts) {
        const world = dies === null ? store : killedAtWrite(store, dies).store
        await ACTS[name](world).catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error
        })
        const { records } = await rolloutOf(store)
        expect(records.slice(0, before.length)).toEqual(before)
        before = records
      }
      await start(store)
      expect((await verifyRollout(store, signer, ID)).differences).toEqual([])
      const { status, candidate, baseline } = await rolloutOf(store)
      const active = status === 'running' || status === 'paused'
      expect((await readInForce(store, INTENT))!.body).toEqual({
        release_tuple_id: (status === 'released' || status === 'kept' ? candidate : baseline).release_tuple_id,
        rollout_id: active ? ID : null,
      })
    }),
    { numRuns: 15 },
  )
})

/** Two rollouts of one intent: the newer one over the older one, and what goes back with what. */
import { describe, expect, test } from 'vitest'
import { nextTuple } from '#core/release/tuple.ts'
import type { Store } from '#ports'
import type { Routing } from '#schemas/release.ts'
import { advanceRollout, stopRollout } from '../../../functions/steps/release/advance.ts'
import { readInForce } from '../../../functions/steps/release/in-force.ts'
import { statusOfProposal } from '../../../functions/steps/release/lineage.ts'
import { followedRollout } from '../../../functions/steps/release/rollouts.ts'
import { aRun, started } from '../../core/release/builders.ts'
import { aPack, INTENT } from '../../support/builders.ts'
import {
  advance,
  forward,
  goesBack,
  HAND,
  ID,
  inForce,
  record,
  releasedStore,
  rolloutOf,
  START,
  signer,
  TO_RELEASE,
} from './support.ts'

describe('a newer release of the intent', () => {
  /** A released rollout, and another that has just started on the tuple that it released. */
  async function two(): Promise<Store> {
    const store = await releasedStore()
    const { candidate: baseline, rollback_replay } = await rolloutOf(store)
    const candidate = nextTuple(baseline, { ...aPack(), pack: 'ctxpack.support@1.2.0' })
    const rollout = started({
      rollout_id: SECOND,
      baseline,
      candidate,
      rollback_replay: { ...rollback_replay, release_tuple_id: baseline.release_tuple_id },
      at: START,
    })
    const row = (await readInForce(store, INTENT))!
    await store.table.update(row.pk, row.sk, row.revision, { ...row.body, rollout_id: SECOND })
    await store.table.create('rollout', SECOND, { run_id: 'second', rollout })
    return store
  }
  const SECOND = 'ro_second'
  const follows = async (store: Store) => (await followedRollout(store, INTENT))!.rollout.rollout_id
  const verdicts = async (store: Store, id: string) => (await rolloutOf(store, id)).records.at(-1)!.verdict

  test('supersedes the one whose window is open', async () => {
    const store = await two()
    expect((await advance(store)).unchanged).toMatch(/watched until/)
    await forward(store, TO_RELEASE, SECOND)
    expect((await advance(store)).record?.verdict).toBe('superseded')
    expect(await statusOfProposal(store, 'r')).toBe('superseded')
    expect(await follows(store)).toBe(SECOND)
    expect(await inForce(store)).toEqual({
      release_tuple_id: (await rolloutOf(store, SECOND)).candidate.release_tuple_id,
      rollout_id: null,
    })
  })

  test.each([0, TO_RELEASE])('goes back with the one below it, %i steps on', async (steps) => {
    const store = await forward(await two(), steps, SECOND)
    expect(await follows(store)).toBe(SECOND)
    await record(store, [aRun(await rolloutOf(store), 'window', 'candidate', 9999, { policy_violation: true })])
    expect((await advance(store)).record?.verdict).toBe('rolled_back')
    expect(await verdicts(store, SECOND)).toBe('stopped')
    // Not the second one, whose baseline is what has just gone back.
    expect(await follows(store)).toBe(ID)
    await goesBack(store, 'rolled_back')
  })

  /** A store whose published routings are kept; `meanwhile` happens once, while the first is on its way. */
  function publishing(store: Store, meanwhile: () => Promise<unknown> = async () => {}) {
    const published: [rollout: string, revision: number, atOnce: boolean][] = []
    const publish = async ({ rollout_id, revision }: Routing, atOnce: boolean) => {
      published.push([rollout_id, revision, atOnce])
      if (published.length === 1) await meanwhile()
    }
    return { published, store: { ...store, routing: { publish } } }
  }

  test('that is stopped gives everyone the routing of the one below it, at once', async () => {
    const { store, published } = publishing(await two())
    await stopRollout(store, signer, SECOND, HAND)
    expect(published).toEqual([[ID, (await rolloutOf(store)).revision, true]])
  })

  test('that goes back with the one below it never puts that one into force', async () => {
    const { store, published } = publishing(await forward(await two(), TO_RELEASE, SECOND))
    await stopRollout(store, signer, ID, HAND)
    const { revision } = await rolloutOf(store)
    expect(published).toEqual([
      [ID, revision, true],
      [ID, revision, true],
    ])
  })

  test('that is stopped while an older routing is published ends with its own', async () => {
    const stopped = await two()
    const { store, published } = publishing(stopped, () => stopRollout(stopped, signer, SECOND, HAND))
    await advanceRollout(store, signer, SECOND)
    expect(published).toEqual([
      [SECOND, 0, false],
      [ID, (await rolloutOf(store)).revision, true],
    ])
  })

  test('stops when the tuple that it would go back to is no longer in force', async () => {
    const store = await two()
    const row = (await readInForce(store, INTENT))!
    await store.table.update(row.pk, row.sk, row.revision, { ...row.body, release_tuple_id: 'release.other' })
    expect((await advance(store, SECOND)).record).toMatchObject({
      verdict: 'stopped',
      by: 'rollout',
      reasons: [{ note: expect.stringContaining('no longer in force: release.other is') }],
    })
  })
})

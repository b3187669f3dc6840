/** A rollout over a store: on good data to the end, back by itself, by hand, and with several hands at once. */
import { describe, expect, test } from 'vitest'
import type { Signer, Store } from '#ports'
import type { Routing } from '#schemas/release.ts'
import type { SignedRollout } from '#schemas/rollout-artifact.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { STAGES } from '#schemas/stages.ts'
import { advanceRollout, resumeRollout, stopRollout } from '../../../functions/steps/release/advance.ts'
import { statusOfProposal } from '../../../functions/steps/release/lineage.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { aRun } from '../../core/release/builders.ts'
import { aTarget } from '../../support/builders.ts'
import { contents, Killed, killedAtWrite, memoryOf, rows, run, twin, watched } from '../stores.ts'
import {
  advance,
  at,
  goesBack,
  HAND,
  holds,
  ID,
  inForce,
  latest,
  produce,
  record,
  releasedStore,
  rolloutOf,
  START,
  signer,
  standing,
  start,
} from './support.ts'

const remembered = async (store: Store) => {
  const pinned = (await readJson<AutotuneRun>(store.objects, keys.autotuneRun('r', 'target.json')))!
  return await memoryOf(store, pinned)
}
describe('good data', () => {
  test('leads through every stage to the release, and the window keeps it', async () => {
    const store = await releasedStore()
    const { candidate, records } = await rolloutOf(store)
    expect(records.map((r) => r.to_stage)).toEqual([...STAGES, null])
    expect(await inForce(store)).toEqual({ release_tuple_id: candidate.release_tuple_id, rollout_id: null })
    expect(await statusOfProposal(store, 'r')).toBe('released')
    await produce(store)
    expect((await advance(store)).record?.verdict).toBe('kept')
    expect(await advance(store)).toMatchObject({ record: null, unchanged: 'the rollout is kept' })
    expect(await inForce(store)).toEqual({ release_tuple_id: candidate.release_tuple_id, rollout_id: null })
    expect(await statusOfProposal(store, 'r')).toBe('released')
    expect(await remembered(store)).toEqual([])
    await holds(store)
  })

  test('before the dwell is over moves nothing and writes nothing', async () => {
    const store = await standing(0)
    await produce(store)
    const before = await contents(store)
    expect(await advanceRollout(store, signer, ID)).toMatchObject({ record: null, unchanged: /in 0%_shadow until/ })
    expect(await contents(store)).toEqual(before)
  })
})

describe('bad data', () => {
  test('in stage three brings everyone back to the whole prior tuple, and is not proposed again', async () => {
    const store = await standing(2)
    const rollout = await rolloutOf(store)
    await produce(store)
    await record(store, [aRun(rollout, rollout.stage, 'candidate', 9999, { safety_violation: true })])
    expect((await advance(store)).record).toMatchObject({
      verdict: 'rolled_back',
      from_stage: '5%_low_risk',
      by: 'rollout',
    })
    await goesBack(store, 'rolled_back')
    expect(await statusOfProposal(store, 'r')).toBe('rolled_back')
    expect(await remembered(store)).toMatchObject([
      {
        source: 'rollback',
        run_id: 'r',
        reason: expect.stringMatching(/^rolled_back in 5%_low_risk: floor\.safety: 1 runs/),
      },
    ])
    const again = await run(store, { target: aTarget(), runId: 'again' })
    expect(again.winner).not.toEqual({ 'evidence.orders.top_k': { from: 4, to: 1 } })
    expect(again.candidates).toContainEqual(
      expect.objectContaining({ patch: { 'evidence.orders.top_k': { from: 4, to: 1 } }, fate: 'remembered' }),
    )
    expect(await advance(store)).toMatchObject({ unchanged: 'the rollout is rolled_back' })
  })

  test('in the window takes the release back', async () => {
    const store = await releasedStore()
    await record(store, [aRun(await rolloutOf(store), 'window', 'candidate', 9999, { policy_violation: true })])
    expect((await advance(store)).record).toMatchObject({ verdict: 'rolled_back', from_stage: null })
    await goesBack(store, 'rolled_back')
  })

  test('a gain that is not there retires it in an orderly way', async () => {
    const store = await releasedStore()
    await produce(store, { measure: () => ({ economics_cents: 0.79 }) })
    expect((await advance(store)).record?.verdict).toBe('retired')
    await goesBack(store, 'retired')
    expect(await statusOfProposal(store, 'r')).toBe('retired')
  })
})

describe('missing data', () => {
  test('pauses and says what is missing; what comes later goes on', async () => {
    const store = await standing(1)
    await produce(store, { count: 20 })
    const { record: paused } = await advance(store)
    expect(paused).toMatchObject({ verdict: 'paused', to_stage: '1%_internal' })
    expect(paused!.reasons.map((r) => r.rule)).toEqual(['min_runs.baseline', 'min_runs.candidate'])
    expect(await advance(store)).toMatchObject({ record: null, unchanged: /paused already/ })
    const routing = await latest<Routing>(store, 'routing.json')
    expect(routing.cohorts.map((c) => c.stage)).toEqual(['0%_shadow', '1%_internal'])
    await produce(store)
    expect((await advance(store)).record?.verdict).toBe('advanced')
    await holds(store)
  })

  test('past the deadline waits for a person, who resumes it', async () => {
    const store = await standing(0)
    await produce(store)
    const late = at(store, (await rolloutOf(store)).deadline)
    expect((await advanceRollout(late, signer, ID)).record?.reasons.map((r) => r.rule)).toEqual(['deadline'])
    expect((await advanceRollout(late, signer, ID)).record).toBeNull()
    expect((await resumeRollout(late, signer, ID, HAND)).record).toMatchObject({ verdict: 'resumed', by: 'fay@acme' })
    expect((await resumeRollout(late, signer, ID, HAND)).unchanged).toMatch(/not paused/)
    expect((await advanceRollout(late, signer, ID)).record?.verdict).toBe('advanced')
    await holds(store)
  })

  test('because a segment of the log was changed pauses, and names it', async () => {
    const store = await standing(0)
    await produce(store)
    const [key] = await Array.fromAsync(store.objects.list('production/'))
    const whole = (await store.objects.get(key!))!
    await store.objects.put(key!, Buffer.from(whole).toString().replace('"utility_score":1', '"utility_score":0'))
    expect((await advance(store)).record).toMatchObject({
      verdict: 'paused',
      reasons: [{ rule: 'log', note: expect.stringContaining(key!) }],
    })
    await store.objects.put(key!, whole)
    expect((await advance(store)).record?.verdict).toBe('advanced')
  })
})

describe('the kill switch', () => {
  test.each(STAGES.map((stage, i) => [stage, i] as const))(
    'in %s restores the whole prior tuple, once',
    async (stage, i) => {
      const store = await standing(i)
      const first = await stopRollout(store, signer, ID, HAND)
      expect(first.record).toMatchObject({ verdict: 'stopped', from_stage: stage, by: 'fay@acme' })
      await goesBack(store, 'stopped')
      const after = await contents(store)
      expect(await stopRollout(store, signer, ID, HAND)).toMatchObject({ record: null, unchanged: /stopped already/ })
      expect(await advance(store)).toMatchObject({ record: null })
      expect(await contents(store)).toEqual(after)
    },
  )

  test('after the window too', async () => {
    const store = await releasedStore()
    await produce(store)
    expect((await advance(store)).record?.verdict).toBe('kept')
    await stopRollout(store, signer, ID, HAND)
    await goesBack(store, 'stopped')
  })

  test('in the window, and remembers the person’s words', async () => {
    const store = await releasedStore()
    await stopRollout(store, signer, ID, HAND)
    await goesBack(store, 'stopped')
    expect((await remembered(store))[0]!.reason).toBe('stopped in the window: person: fay@acme: enough')
    await expect(stopRollout(store, signer, 'ro_nope', HAND)).rejects.toThrow('no rollout "ro_nope"')
  })
})

describe('a signing key that is out of reach', () => {
  const broken: Signer = {
    ...signer,
    sign: async () => {
      throw new Error('KMS is down')
    },
  }

  test('holds up no stop: state and routing go back at once, signatures follow', async () => {
    const store = await standing(2)
    await expect(stopRollout(store, broken, ID, HAND)).rejects.toThrow('KMS is down')
    const { status, baseline, revision } = await rolloutOf(store)
    expect([status, (await inForce(store)).rollout_id]).toEqual(['stopped', null])
    expect(await latest<Routing>(store, 'routing.json')).toMatchObject({ revision, cohorts: [] })
    await stopRollout(store, signer, ID, HAND)
    expect((await latest<SignedRollout>(store, 'artifact.json')).artifact.rollback_target).toEqual(baseline)
    await goesBack(store, 'stopped')
  })

  test('loses no revision: whoever signs next signs all that are missing', async () => {
    const store = await standing(0)
    const dwelt = at(store, '2026-11-26T00:00:00.000Z')
    await expect(advanceRollout(dwelt, broken, ID)).rejects.toThrow('KMS is down')
    await expect(stopRollout(dwelt, broken, ID, HAND)).rejects.toThrow('KMS is down')
    expect((await rolloutOf(store)).records.map((r) => r.verdict)).toEqual(['advanced', 'paused', 'stopped'])
    await stopRollout(store, signer, ID, HAND)
    await goesBack(store, 'stopped')
  })
})

describe('several at once', () => {
  /** A store that does something else just before the rollout's item is written for the first time. */
  const interrupted = (store: Store, act: () => Promise<unknown>): Store => {
    let done = false
    const update: Store['table']['update'] = async (pk, sk, revision, body) => {
      if (pk === 'rollout' && !done) {
        done = true
        await act()
      }
      return await store.table.update(pk, sk, revision, body)
    }
    return { ...store, table: { ...store.table, update } }
  }

  test('a stop during an advance: stopped, with every record', async () => {
    const store = await standing(1)
    await produce(store)
    const racing = interrupted(store, () => stopRollout(store, signer, ID, HAND))
    expect(await advance(racing)).toMatchObject({ record: null, unchanged: 'the rollout is stopped' })
    expect((await rolloutOf(store)).records.map((r) => r.verdict)).toEqual(['advanced', 'advanced', 'stopped'])
    await goesBack(store, 'stopped')
  })

  test('an advance during a stop: stopped, with every record', async () => {
    const store = await standing(1)
    await produce(store)
    await stopRollout(
      interrupted(store, () => advance(store)),
      signer,
      ID,
      HAND,
    )
    expect((await rolloutOf(store)).records.map((r) => r.verdict)).toEqual([
      'advanced',
      'advanced',
      'advanced',
      'stopped',
    ])
    await goesBack(store, 'stopped')
  })

  test('two advances: one step, one record', async () => {
    const store = await standing(1)
    await produce(store)
    const [a, b] = await Promise.all([advance(store), advance(store)])
    expect([a, b].filter((moved) => moved.record !== null)).toHaveLength(1)
    expect(await rolloutOf(store)).toMatchObject({ stage: '5%_low_risk', revision: 2 })
    await holds(store)
  })

  test('two stops: one record', async () => {
    const store = await standing(3)
    await Promise.all([
      stopRollout(store, signer, ID, HAND),
      stopRollout(store, signer, ID, { ...HAND, by: 'gil@acme' }),
    ])
    expect((await rolloutOf(store)).records.filter((r) => r.verdict === 'stopped')).toHaveLength(1)
    await goesBack(store, 'stopped')
  })
})

test.each([
  ['an advance', (store: Store) => advance(store)],
  ['a stop', (store: Store) => stopRollout(store, signer, ID, HAND)],
])('%s killed at any write leaves nothing that the next call does not repair', async (_, act) => {
  const begun = await standing(4)
  await produce(begun)
  const before = (await rolloutOf(begun)).revision
  const fresh = async () => at(await twin(begun), START)
  const whole = await fresh()
  await act(whole)
  const expected = { files: await contents(whole), rows: await rows(whole) }
  let writes = 0
  await act(
    watched(await fresh(), (kind) => {
      if (kind === 'write') writes++
    }),
  )
  expect(writes).toBeGreaterThanOrEqual(5)
  for (let n = 1; n <= writes; n++) {
    const store = await fresh()
    await expect(act(killedAtWrite(store, n).store)).rejects.toThrow(Killed)
    // Whoever comes next repairs first: here a start again, which moves nothing.
    await start(store)
    if ((await rolloutOf(store)).revision === before) await act(store)
    expect({ n, files: await contents(store), rows: await rows(store) }).toEqual({ n, ...expected })
  }
})

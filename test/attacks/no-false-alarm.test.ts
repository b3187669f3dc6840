/** What people do with a store, and what kills leave, is no attack: `verify` without a run finds nothing after any of it. */
import { expect, test } from 'vitest'
import type { Store } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { publishPack } from '../../functions/steps/experience/documents.ts'
import { importAlone } from '../../functions/steps/experience/import-lock.ts'
import { packStore } from '../../functions/steps/experience/pack.ts'
import { decideAtTerminal } from '../../functions/steps/review/answer.ts'
import { settleReview } from '../../functions/steps/review/reviews.ts'
import { abandonRun } from '../../functions/steps/run/abandon.ts'
import { aRun } from '../core/release/builders.ts'
import {
  advance,
  approve,
  at,
  forward,
  produce,
  record,
  reviewed,
  rolloutOf,
  start,
  TO_RELEASE,
} from '../steps/release/support.ts'
import { holder, imported, Killed, run, watched } from '../steps/stores.ts'
import { aFamily, aPack, aTarget, aWorld, REFS } from '../support/builders.ts'
import { copied, found, open, type stages, stop, withStages } from './written-store.ts'

withStages()

const LATER = '2030-01-01T00:00:00.000Z'
const again = (store: Store, over: Parameters<typeof run>[1] = {}) => run(store, { runId: 'again', ...over })
const more = (from: number, count = 8) =>
  Array.from({ length: count }, (_, i) => aFamily(`m${from + i}`, { side: 'heldout', required: 1, gold: 1 }))
/** A run that dies before its first write to a place, with all that it would have written after it. */
async function diesAt(store: Store, place: RegExp): Promise<void> {
  let dead = false
  const dying = watched(store, (act, side, key) => {
    dead ||= act === 'write' && place.test(`${side} ${key}`)
    if (dead) throw new Killed(key)
  })
  await imported(store, more(0))
  await expect(again(dying, { holder: holder('dead') })).rejects.toThrow(Killed)
}
const MANIFEST = /again\/manifest\.json$/

const DONE: readonly (readonly [what: string, stage: keyof typeof stages, act: (store: Store) => Promise<unknown>])[] =
  [
    ['the same import twice', 'certified', (store) => imported(store, aWorld({ search: 6, heldout: 100 }))],
    [
      'an import of further runs into segments, and another one',
      'certified',
      async (store) => {
        for (const from of [0, 100]) await imported(store, more(from))
      },
    ],
    ['packing what lay in folders', 'certified', (store) => packStore(store, async () => {})],
    [
      'a run on a version whose predecessor is retired',
      'certified',
      (store) => imported(store, more(0, 100)).then(() => again(store)),
    ],
    ['a run that has nothing left to ask', 'certified', (store) => again(store)],
    [
      'a run of a second intent',
      'certified',
      async (store) => {
        const intent = 'support.status'
        const pack = aPack({ pack: 'ctxpack.status@1.0.0' })
        const surfaces = pack.tunable_surfaces.map((surface) => ({ ...surface, intents: [intent] }))
        await publishPack(store, { ...pack, tunable_surfaces: surfaces })
        const runs = aWorld({ search: 6, heldout: 100 }).map((r) => ({
          ...r,
          run_id: `status_${r.run_id}`,
          family_id: `status-${r.family_id}`,
          intent_id: intent,
        }))
        await imported(store, runs)
        await again(store, {
          target: aTarget({
            intent,
            baseline_tuple: { ...REFS, pack: pack.pack },
            visible_data: { search_set: `goldens/${intent}/search` },
            release_path: {
              requires_reviewers: ['reliability', 'policy'],
              rollout_stage: '0%_shadow',
              rollback_target: pack.pack,
            },
          }),
        })
      },
    ],
    ['a run that was killed before its manifest', 'certified', (store) => diesAt(store, MANIFEST)],
    [
      'a run that was killed before its manifest, and went on',
      'certified',
      (store) => diesAt(store, MANIFEST).then(() => again(store)),
    ],
    [
      'a run that was killed before its manifest, and was given up',
      'certified',
      (store) => diesAt(store, MANIFEST).then(() => abandonRun(store, 'again', holder())),
    ],
    [
      'a run that was killed before its manifest, was given up, and was started again under its name',
      'certified',
      async (store) => {
        await diesAt(store, MANIFEST)
        await abandonRun(store, 'again', holder())
        await again(store)
      },
    ],
    ['a run that was killed while it claimed families', 'certified', (store) => diesAt(store, /table family#/)],
    [
      'a run that was killed while it claimed families, and went on',
      'certified',
      (store) => diesAt(store, /table family#/).then(() => again(store)),
    ],
    [
      'a run that was killed before it opened its question, and was given up',
      'certified',
      (store) => diesAt(store, /again\/target\.json$/).then(() => abandonRun(store, 'again', holder())),
    ],
    [
      'the lock of an import that nobody gave back',
      'certified',
      async (store) => {
        await store.table.create('import', 'lock', { holder: 'dead', since: LATER })
        await importAlone(store, holder(), () => imported(store, more(0)))
      },
    ],
    ['a review that was opened twice', 'opened', (store) => reviewed(store, 'r')],
    ['a review that expired', 'opened', (store) => settleReview(at(store, LATER), 'rv_r_1')],
    [
      'a review that expired, the next one, and its approval',
      'opened',
      (store) => approve(at(store, LATER), 'r').catch(() => approve(store, 'r')),
    ],
    [
      'a rejection, and a run that remembers it',
      'opened',
      async (store) => {
        await decideAtTerminal(store, 'r', {
          role: 'policy',
          reviewer: 'ben',
          decision: 'rejected',
          reason: 'too risky',
          shown: null,
        })
        await imported(store, more(0))
        await again(store)
      },
    ],
    ['a rollout that was started twice', 'started', (store) => start(store)],
    [
      'a rollout that was released and kept',
      'started',
      async (store) => {
        await forward(store, TO_RELEASE)
        await produce(store)
        await advance(store)
      },
    ],
    [
      'a rollout that was rolled back',
      'started',
      async (store) => {
        await produce(store)
        const rollout = await rolloutOf(store)
        await record(store, [aRun(rollout, rollout.stage, 'candidate', 9999, { safety_violation: true })])
        await advance(store)
      },
    ],
    ['a rollout that was stopped twice', 'stopped', (store) => stop(store as never)],
  ]

test.each(DONE)('%s', async (_, stage, act) => {
  const dir = copied(stage)
  const store = open(dir)
  await act(store).finally(() => store.close())
  expect(await found(dir)).toEqual([])
})

test('and what a killed run leaves of its name is no run that is missing', async () => {
  const dir = copied('certified')
  const store = open(dir)
  await diesAt(store, MANIFEST)
  await abandonRun(store, 'again', holder())
  const { lines } = await store.heads!.journal.read()
  expect(lines.at(-1)!.head).toEqual({ kind: 'given_up', run: 'again' })
  expect(await store.objects.get(keys.autotuneRun('again', 'target.json'))).toBeNull()
  store.close()
})

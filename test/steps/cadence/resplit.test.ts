/** A re-split: which families move and which never do, what becomes of sealed versions, and what a kill leaves. */
import { beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { familyHash } from '#core/experience/index-line.ts'
import { splitSide } from '#core/experience/split.ts'
import { chainHolds, openQuestion } from '#core/gate/ledger.ts'
import type { Store } from '#ports'
import { LedgerItem } from '#schemas/heldout.ts'
import { Resplit } from '#schemas/resplit.ts'
import { keys } from '#schemas/s3-keys.ts'
import { waitingFamilies } from '../../../functions/steps/cadence/refresh.ts'
import { resplitIntent, verifyResplit } from '../../../functions/steps/cadence/resplit.ts'
import { publishPack, publishSuite } from '../../../functions/steps/experience/documents.ts'
import { versionsOf } from '../../../functions/steps/experience/families.ts'
import { ingest } from '../../../functions/steps/experience/ingest.ts'
import { recordedFamilies } from '../../../functions/steps/experience/run-index.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { aFamily, aPack, aSuite, aTarget, INTENT } from '../../support/builders.ts'
import { journaled } from '../../support/journaled.ts'
import { contents, items, Killed, killedAtWrite, memory, rows, run, stocked, twin } from '../stores.ts'

const RULE = { by: 'hash', key: 'first', heldout_share: 0.5 } as const
const NEW_KEY = 'a key of the new epoch'
const familiesAt = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => aFamily(`n${from + i}`, { side: 'heldout', required: 1, gold: 1 }))
/** A sealed family that a smaller context would leave without what it needs, and one that failed: the answer is "no". */
const withHarm = (runs: ReturnType<typeof familiesAt>) => {
  const [harmed, failed] = runs.filter(({ family_id }) => splitSide(RULE, family_id) === 'heldout')
  return runs.map((run) => {
    const name = run.run_id
    if (run === harmed) return aFamily(name, { side: 'heldout', required: 3 })
    return run === failed ? aFamily(name, { side: 'heldout', required: 1, gold: 1, passed: false }) : run
  })
}
const taken = (store: Store, runs: ReturnType<typeof familiesAt>) =>
  ingest(
    store,
    async function* () {
      yield* runs
    },
    RULE,
  )
const at = (store: Store, day: string): Store => ({ ...store, clock: { now: () => `${day}T10:00:00.000Z` } })
const split = (store: Store, day = '2026-12-31', key = NEW_KEY) =>
  resplitIntent(at(store, day), INTENT, 'ana@example.com', () => key)
const familyNames = async (store: Store, side: 'objects' | 'vault') => {
  const found = new Set<string>()
  for await (const { family } of recordedFamilies(store[side], INTENT)) found.add(family)
  return found
}
const names = familiesAt(0, 240).map(({ family_id }) => family_id)
const under = (key: string, family: string) => splitSide({ ...RULE, key }, family)
const sealedBefore = names.filter((name) => splitSide(RULE, name) === 'heldout')

/** Asked nothing yet; and with one question asked and answered "no". */
let unasked: Store
let asked: Store
beforeAll(async () => {
  unasked = journaled(memory())
  await publishPack(unasked, aPack())
  await publishSuite(unasked, aSuite())
  await taken(unasked, withHarm(familiesAt(0, 240)))
  asked = await twin(unasked)
  await run(asked, { runId: 'first', target: aTarget({ scoring: { replayer: 'transcript', questions: 2 } }) })
})

describe('a re-split of what nobody asked', () => {
  test('moves what the new key does not hold out, and never a family that the search saw', async () => {
    const store = await twin(unasked)
    const resplit = await split(store)
    const toSearch = sealedBefore.filter((name) => under(NEW_KEY, familyHash(name)) === 'search')
    const search = names.filter((name) => splitSide(RULE, name) === 'search')
    expect(Resplit.parse(resplit)).toMatchObject({
      intent: INTENT,
      epoch: 1,
      date: '2026-12-31',
      by: 'ana@example.com',
      was: digestOf(RULE.key),
      key: digestOf(NEW_KEY),
      prior: null,
      retired: [],
      families: {
        to_search: toSearch.length,
        spent: 0,
        stay_sealed: sealedBefore.length - toSearch.length,
        seen: search.filter((name) => under(NEW_KEY, familyHash(name)) === 'heldout').length,
      },
    })
    expect(await familyNames(store, 'objects')).toEqual(new Set([...search, ...toSearch].map(familyHash)))
    expect((await waitingFamilies(store, INTENT, [])).waiting).toHaveLength(resplit.families.stay_sealed)
    const open = Object.entries(await contents(store)).filter(([key]) => key.startsWith('open/'))
    for (const [key, text] of open) expect([key, text.includes(NEW_KEY)]).toEqual([key, false])
    expect(await verifyResplit(store, INTENT, '2026-12-31')).toEqual([])
  })

  test('lets new families fall by the new key, leaves known ones where they are, and takes no other rule', async () => {
    const store = await twin(unasked)
    await split(store)
    await taken(store, withHarm(familiesAt(0, 300)))
    const fresh = familiesAt(240, 300).map(({ family_id }) => family_id)
    const vault = await familyNames(store, 'vault')
    for (const name of fresh)
      expect([name, vault.has(familyHash(name))]).toEqual([name, under(NEW_KEY, familyHash(name)) === 'heldout'])
    const search = await familyNames(store, 'objects')
    for (const name of names) if (splitSide(RULE, name) === 'search') expect(vault.has(familyHash(name))).toBe(false)
    expect(search.size + (await waitingFamilies(store, INTENT, [])).waiting.length).toBe(300)
  })

  test('is sealed anew by the next run, from what stays sealed', async () => {
    const store = await twin(unasked)
    const { families } = await split(store)
    await run(store, { runId: 'next', target: aTarget() })
    expect((await items(store)).map((v) => v.families)).toEqual([families.stay_sealed])
  })
})

describe('a version that was asked', () => {
  test('is retired, its families are search data, and the run before it verifies', async () => {
    const store = await twin(asked)
    const [before] = await items(store)
    expect(before).toMatchObject({ used: 1, retired: null })
    const resplit = await split(store)
    expect(resplit).toMatchObject({ retired: [before!.version], families: { to_search: 0, stay_sealed: 0 } })
    expect(resplit.families.spent).toBe(sealedBefore.length)
    const [item] = await items(store)
    expect([item!.retired, LedgerItem.parse(item), chainHolds(item!)]).toEqual(['resplit', item, true])
    expect((await familyNames(store, 'objects')).size).toBe(240)
    expect(await verifyRun(store, 'first', transcriptEngine())).toMatchObject({ reproducible: true })
    const again = await run(store, { runId: 'second', target: aTarget() })
    expect(again).toMatchObject({ verdict: 'refused', heldout_families: null })
  })

  test('adds to the year as before: a re-split buys no budget', async () => {
    const store = await twin(asked)
    await split(store)
    await taken(store, familiesAt(300, 560))
    await run(store, { runId: 'second', target: aTarget({ scoring: { replayer: 'transcript', questions: 2 } }) })
    expect((await versionsOf(store, INTENT)).map(({ body }) => body.used)).toEqual([1, 1])
  })

  test('keeps its question while that is open', async () => {
    const store = await twin(asked)
    const [row] = await versionsOf(store, INTENT)
    const opened = openQuestion(row!.body, 'commit', 'other')
    if (!('next' in opened)) throw new Error(opened.refused)
    await store.table.update(row!.pk, row!.sk, row!.revision, opened.next)
    const was = await rows(store)
    await expect(split(store)).rejects.toThrow(/question 2 .* is open for run other/)
    expect(await rows(store)).toEqual(was)
  })
})

test.each([
  [
    'an intent that no pack has',
    async (store: Store) => resplitIntent(store, 'order.change', 'ana', () => 'k'),
    /no pack in this store has the intent order\.change/,
  ],
  [
    'a run that is open',
    async (store: Store) => {
      await store.table.create('lock', `${INTENT}#r1`, {
        run_id: 'open',
        about: 'x',
        holder: 'h',
        since: '2026-11-23T00:00:00.000Z',
      })
      return await split(store)
    },
    /run open is open on support\.refund/,
  ],
  [
    'a second one in a quarter',
    async (store: Store) => {
      await split(store)
      return await split(store, '2027-01-05')
    },
    /was split anew on 2026-12-31: the next re-split may be on 2027-04-01/,
  ],
])('is refused: %s', async (_, act, says) => {
  await expect(act(await twin(unasked))).rejects.toThrow(says)
})

test('is refused where records say the side', async () => {
  await expect(split(await stocked(memory()))).rejects.toThrow(/from its record/)
})

test('a second epoch follows the first, and what one took never comes back', async () => {
  const store = await twin(unasked)
  const first = await split(store)
  const again = await split(store, '2027-04-01', 'a third key')
  expect(again).toMatchObject({ epoch: 2, was: first.key })
  expect(again.prior).not.toBeNull()
  const waiting = sealedBefore.filter((name) =>
    [NEW_KEY, 'a third key'].every((key) => under(key, familyHash(name)) === 'heldout'),
  )
  expect((await waitingFamilies(store, INTENT, [])).waiting).toHaveLength(waiting.length)
  for (const day of ['2026-12-31', '2027-04-01']) expect(await verifyResplit(store, INTENT, day)).toEqual([])
})

test('verification names a key, an artifact or an epoch that was changed', async () => {
  const store = await twin(unasked)
  await split(store)
  const key = keys.resplit(INTENT, '2026-12-31')
  const text = Buffer.from((await store.objects.get(key))!).toString()
  await store.objects.put(key, text.replace('ana@example.com', 'bob@example.com'))
  expect(await verifyResplit(store, INTENT, '2026-12-31')).toEqual(['it is not what the ledger has of its epoch'])
  await store.objects.put(key, text)
  await store.table.update(`epochkey#${INTENT}`, '0001', 0, { key: 'another' })
  expect(await verifyResplit(store, INTENT, '2026-12-31')).toEqual([
    expect.stringContaining('not the one that was drawn'),
  ])
  await expect(taken(store, familiesAt(600, 601))).rejects.toThrow(/not the one that was drawn/)
})

test.each(['unasked', 'asked'] as const)(
  'killed before any write and started again it leaves the same bytes: %s',
  async (which) => {
    const base = which === 'asked' ? asked : unasked
    const whole = await twin(base)
    await split(whole)
    const left = async (store: Store) => {
      const files = Object.entries(await contents(store)).filter(([key]) => !key.includes('heads/'))
      return { files: Object.fromEntries(files), rows: await rows(store) }
    }
    const expected = await left(whole)
    let kills = 0
    for (let n = 1; ; n = n < 6 ? n + 1 : 3 * n) {
      const store = await twin(base)
      const died = await split(killedAtWrite(store, n).store).catch((error: unknown) => error)
      if (!(died instanceof Killed)) break
      kills++
      // Started again under another key: the one that was drawn stands.
      await split(store, '2026-12-31', 'another key')
      // Before the first write nothing was drawn.
      if (n > 1) expect(await left(store)).toEqual(expected)
    }
    expect(kills).toBeGreaterThan(5)
  },
  120_000,
)

/** A change of the evaluator suite: what nobody asked is sealed again, what was asked goes to the search and buys no fresh budget. */
import { describe, expect, test } from 'vitest'
import { chainHolds, endOutgrown, openQuestion } from '#core/gate/ledger.ts'
import type { Store } from '#ports'
import { LedgerItem } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { publishSuite } from '../../../functions/steps/experience/documents.ts'
import { outgrown, outgrownLine, retireOutgrown } from '../../../functions/steps/heldout/outgrown.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { aFamily, aRoughTarget, aSuite, aWorld, INTENT } from '../../support/builders.ts'
import {
  contents,
  copied,
  holder,
  imported,
  items,
  Killed,
  killedAtWrite,
  memory,
  rows,
  run,
  stocked,
} from '../stores.ts'

const OLD = 'evals.refund@1.0.0'
const NEW = 'evals.refund@1.1.0'
const SAME = 'evals.refund@1.0.1'
const small = { search: 6, heldout: 30 }
const no = aWorld({
  ...small,
  extra: [
    { side: 'heldout', required: 3 },
    // Failed by its recorded outcome alone.
    { side: 'heldout', required: 1, gold: 1, passed: false },
  ],
})
const under = (evals: string, over: Partial<TuningTarget> = {}) =>
  aRoughTarget({
    baseline_tuple: { ...aRoughTarget().baseline_tuple!, evals },
    scoring: { replayer: 'transcript', questions: 2 },
    ...over,
  })
/** Asks no question: the policy rate that it wants to exclude needs more families than there are. */
const unasked = (evals: string) =>
  under(evals, { guardrails: { ...aRoughTarget().guardrails, policy: { min: 1, max_violation_rate: 0.001 } } })
const fresh = (n: number) =>
  Array.from({ length: n }, (_, i) => aFamily(`n${i}`, { side: 'heldout', required: 1, gold: 1 }))

async function stored(runs = no): Promise<Store> {
  const store = await stocked(memory(), runs)
  // Without the recorded outcome a case shows something else than under the suite before.
  const evaluators = aSuite().evaluators.filter(({ check }) => check !== 'recorded_outcome')
  await publishSuite(store, aSuite({ suite: NEW, evaluators }))
  // What differs in nothing but its name seals the same content.
  await publishSuite(store, aSuite({ suite: SAME }))
  return store
}
async function asked(): Promise<Store> {
  const store = await stored()
  expect((await run(store, { runId: 'first', target: under(OLD) })).verdict).toBe('not_certified')
  return store
}
const casesOf = async (store: Store, id: string) =>
  (await readJson<AutotuneRun>(store.objects, keys.autotuneRun(id, 'target.json')))!.search_set.cases

describe('a version that nobody asked', () => {
  test('is superseded, its families are sealed again, and the suite may go back and forth', async () => {
    const store = await stored()
    const seen: LedgerItem[] = []
    for (const suite of [OLD, NEW, OLD, NEW]) {
      expect((await run(store, { target: unasked(suite) })).verdict).toBe('inconclusive')
      const live = (await items(store)).filter((v) => v.retired === null)
      expect(live).toEqual([expect.objectContaining({ suite, used: 0, families: small.heldout + 2 })])
      seen.push(live[0]!)
    }
    expect(seen[2]).toEqual({ ...seen[0]!, revision: seen[2]!.revision })
    expect(seen[3]).toEqual({ ...seen[1]!, revision: seen[3]!.revision })
    expect((await run(store, { runId: 'asking', target: under(NEW) })).verdict).toBe('not_certified')
    expect((await items(store)).map((v) => [v.suite, v.used]).sort()).toContainEqual([NEW, 1])
  })

  test.each([NEW, SAME])('that is asked while %s would take over keeps its families', async (suite) => {
    const store = await stored()
    await run(store, { target: unasked(OLD) })
    const racing: Store = {
      ...store,
      table: {
        ...store.table,
        async update(pk, sk, revision, body) {
          const row = await store.table.get<LedgerItem>(pk, sk)
          if (row?.body.used === 0 && (body as LedgerItem).used === 0) {
            const opened = openQuestion(row.body, 'commit', 'other')
            if ('next' in opened) await store.table.update(pk, sk, revision, opened.next)
          }
          return await store.table.update(pk, sk, revision, body)
        },
      },
    }
    await expect(run(racing, { target: unasked(suite) })).rejects.toThrow(/was asked meanwhile. Start the run again/)
    expect(await items(store)).toEqual([expect.objectContaining({ suite: OLD, used: 1, retired: null })])
  })
})

describe('a version that was asked', () => {
  test('is retired for good, its families are search data, and the run before it verifies', async () => {
    const store = await asked()
    const second = await run(store, { runId: 'second', target: under(NEW) })
    expect(second).toMatchObject({ verdict: 'refused', heldout_families: null })
    const [item] = await items(store)
    expect(item).toMatchObject({ suite: OLD, used: 1, questions: 2, open: null, retired: 'suite_changed' })
    expect([LedgerItem.parse(item), chainHolds(item!)]).toEqual([item, true])
    expect([await casesOf(store, 'first'), await casesOf(store, 'second')]).toEqual([6, 6 + small.heldout + 2])
    for (const id of ['first', 'second'])
      expect(await verifyRun(store, id, transcriptEngine())).toMatchObject({ reproducible: true })
  })

  test('buys no fresh budget, whatever the suite goes back to', async () => {
    const store = await asked()
    await run(store, { runId: 'second', target: under(NEW) })
    for (const [id, suite] of [
      ['third', OLD],
      ['fourth', NEW],
    ] as const)
      expect((await run(store, { runId: id, target: under(suite) })).verdict).toBe('refused')
    expect(await items(store)).toEqual([expect.objectContaining({ suite: OLD, used: 1, retired: 'suite_changed' })])
  })

  test('leaves room for families that were never sealed', async () => {
    const store = await asked()
    await imported(store, fresh(110))
    const second = await run(store, { runId: 'second', target: under(NEW) })
    expect(second.heldout_families).toBe(110)
    expect((await items(store)).map((v) => [v.suite, v.retired]).sort()).toEqual([
      [OLD, 'suite_changed'],
      [NEW, second.verdict === 'certified' ? 'passed' : null],
    ])
  })

  test('keeps its question while that is open, and names the way out', async () => {
    const store = await asked()
    const [row] = await Array.fromAsync(store.table.query<LedgerItem>(`heldout#${INTENT}`))
    const opened = openQuestion(row!.body, 'commit', 'other')
    if (!('next' in opened)) throw new Error(opened.refused)
    await store.table.update(row!.pk, row!.sk, row!.revision, opened.next)
    await expect(run(store, { runId: 'second', target: under(NEW) })).rejects.toThrow(
      /was sealed for evals.refund@1.0.0, and question 2 is open for run other. .*run --abandon other/,
    )
    expect(outgrownLine((await outgrown(store, INTENT, NEW))[0]!)).toMatch(/question open for run other/)
    expect((await items(store))[0]).toMatchObject({ used: 2, retired: null })
  })

  test('that is asked at the same moment is not retired', async () => {
    const store = await asked()
    const racing = { ...store, table: { ...store.table, update: async () => false } }
    await expect(retireOutgrown(racing, INTENT, NEW)).rejects.toThrow(/was asked meanwhile. Start the run again/)
    expect((await items(store))[0]).toMatchObject({ retired: null })
  })

  test('ends in the same bytes wherever the run under the new suite was killed', async () => {
    const base = await asked()
    await imported(base, fresh(20))
    const again = (store: Store, by = 'first') =>
      run(store, { runId: 'second', target: under(NEW), holder: holder(by) })
    const left = async (store: Store) => ({
      files: Object.fromEntries(
        Object.entries(await contents(store)).filter(
          ([key]) => !key.endsWith('manifest.json') && !key.includes('newest'),
        ),
      ),
      versions: await items(store),
    })
    const fork = async () => {
      const store = await copied(base)
      for (const pk of [`heldout#${INTENT}`, ...rowKeys.claims(INTENT), `rejection#${INTENT}`])
        for await (const row of base.table.query(pk)) {
          await store.table.create(row.pk, row.sk, row.body)
          for (let r = 0; r < row.revision; r++) await store.table.update(row.pk, row.sk, r, row.body)
        }
      return store
    }
    const whole = await fork()
    await again(whole)
    const undisturbed = await left(whole)
    let kills = 0
    for (let n = 1; ; n = n < 12 ? n + 1 : n + 37) {
      const store = await fork()
      const died = await again(killedAtWrite(store, n).store).catch((error) => error)
      if (!(died instanceof Killed)) break
      kills++
      await again(store, 'second').catch((error: Error) => {
        if (!/exists already/.test(error.message)) throw error
      })
      expect(await left(store)).toEqual(undisturbed)
    }
    expect(kills).toBeGreaterThan(12)
  }, 120_000)
})

test('an item that was never asked, was retired or has a question open is not ended by a suite', async () => {
  const store = await asked()
  const [item] = await items(store)
  expect(endOutgrown({ ...item!, used: 0 })).toHaveProperty('refused')
  expect(endOutgrown({ ...item!, retired: 'exhausted' })).toHaveProperty('refused')
  expect(endOutgrown({ ...item!, open: { k: 2, commit: 'c', run_id: 'r' } })).toHaveProperty('refused')
  const ended = endOutgrown(item!)
  if (!('next' in ended)) throw new Error(ended.refused)
  for (const forged of [{ used: 0, history: [] }, { retired: 'erased' as const }, { retired: 'exhausted' as const }])
    expect(chainHolds({ ...ended.next, ...forged })).toBe(false)
  expect(await rows(store)).toBeTruthy()
})
